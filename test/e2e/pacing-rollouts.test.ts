import { describe, expect, test } from 'vitest'
import { isOver, isPausedByUs, isReleased, pausedWithoutReason } from '../../e2e/pacing/rollouts.ts'
import { tableLines } from '../../e2e/pacing/section.ts'
import type { Moment } from '../../e2e/pacing/timeline.ts'

const calm: Moment = {
  atMs: 0,
  generation: 1,
  revision: 2,
  desired: 3,
  total: 3,
  updated: 3,
  available: 3,
  observed: true,
  paused: false,
  minReadySeconds: 0,
  pace: { phase: 'AtRest', message: 'no rollout in progress' },
  healthy: { status: 'True', reason: 'AtRest', message: 'no rollout in progress' },
  deadlineExceeded: false,
  managers: ['drainkeeper', 'kubectl-client-side-apply'],
}
const paused: Moment = {
  ...calm,
  paused: true,
  pace: { phase: 'Paused', message: 'requests failed' },
  healthy: { status: 'False', reason: 'Paused', message: 'requests failed' },
}

describe('a rollout', () => {
  test.each<[string, Partial<Moment>]>([
    ['of an earlier revision', { revision: 1 }],
    ['that the controller has not seen', { observed: false }],
    ['with old pods', { total: 4 }],
    ['with pods that do not count yet', { available: 2 }],
    ['that is not everywhere', { updated: 2 }],
  ])('%s is not over', (_, change) => expect(isOver(2)({ ...calm, ...change })).toBe(false))

  test('is over when one template is left and serves', () => expect(isOver(2)(calm)).toBe(true))

  test('is released when nothing of ours is stated, and nothing is paused', () => {
    expect(isReleased(calm)).toBe(true)
    expect(isReleased({ ...calm, managers: [...calm.managers, 'drainkeeper-pace'] })).toBe(false)
    expect(isReleased(paused)).toBe(false)
  })

  test('is paused by us only where the policy says so', () => {
    expect(isPausedByUs(paused)).toBe(true)
    expect(isPausedByUs({ ...paused, pace: calm.pace })).toBe(false)
    expect(isPausedByUs({ ...paused, healthy: calm.healthy })).toBe(false)
  })
})

test('a pause without a reason is one that lasts longer than a watch may lag', () => {
  const bare = { ...paused, pace: calm.pace }
  const of = (...moments: Moment[]) => pausedWithoutReason({ since: () => moments }, 0).length
  expect(of({ ...bare, atMs: 1000 }, { ...paused, atMs: 4000 })).toBe(0)
  expect(of({ ...bare, atMs: 1000 }, { ...paused, atMs: 4001 })).toBe(1)
  expect(of({ ...bare, atMs: 1000 }, { ...bare, atMs: 2000, total: 4 }, { ...calm, atMs: 4001 })).toBe(1)
  expect(of({ ...bare, atMs: 1000 })).toBe(1)
  expect(of({ ...bare, pace: { phase: 'PausedByUser', message: '' } })).toBe(0)
})

test('a table has its columns below each other', () => {
  expect(
    tableLines({
      heads: ['rollout', 'harmed'],
      rows: [
        ['plain', '1000'],
        ['paced', '7'],
      ],
    }),
  ).toEqual(['rollout  harmed', '-------  ------', 'plain      1000', 'paced         7'])
})
