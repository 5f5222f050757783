import { expect, test } from 'vitest'
import type { Condition, DrainPolicyStatus } from '../../src/api/index.ts'
import { KubeError } from '../../src/kube/index.ts'
import { refusal } from '../../src/operator/refusal.ts'

const condition = (type: string, more: Partial<Condition> = {}): Condition => ({
  type,
  status: 'True',
  reason: 'Delivered',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
  ...more,
})
const decided: DrainPolicyStatus = {
  conditions: [condition('Ready'), condition('ContractDelivered'), condition('PropagationMeasured')],
}
const refusedBy = (status: number, words: string): KubeError =>
  new KubeError('Forbidden', `apply deployments shop/web: ${status} ${words}`, { status })
const messages = ({ conditions = [] }: DrainPolicyStatus): (string | undefined)[] =>
  conditions.map(({ reason, message }) => (reason === 'Refused' ? message : undefined))

const first = refusal(decided, {}, refusedBy(500, 'webhook said no, request 17, from 10.0.0.1:52314'))

test('is told in the words of the server, without the request', () => {
  const told = 'the contract could not be written: 500 webhook said no, request 17, from 10.0.0.1:52314'
  expect(messages(first)).toEqual([told, told, undefined])
})

test.each(['webhook said no, request 18, from 10.0.0.1:41200', 'webhook said no, request 9f3b, from 10.0.0.12:1'])(
  'is not told again for a number that differs: %s',
  (words) => {
    expect(refusal(decided, first, refusedBy(500, words))).toEqual(first)
  },
)

test('that carries the id of a request is told once', () => {
  const one = refusal(decided, {}, refusedBy(403, 'denied (9f3b2c1d-abcd-4e5f-8a9b-0c1d2e3f4a5b)'))
  expect(refusal(decided, one, refusedBy(403, 'denied (1a2b3c4d-5e6f-4a1b-9c8d-abcdefabcdef)'))).toEqual(one)
})

test.each([
  [500, 'webhook said maybe, request 18'],
  [403, 'webhook said no, request 17, from 10.0.0.1:52314'],
])('is told anew in other words, or with another code: %i %s', (status, words) => {
  const told = `the contract could not be written: ${status} ${words}`
  expect(messages(refusal(decided, first, refusedBy(status, words)))).toEqual([told, told, undefined])
})
