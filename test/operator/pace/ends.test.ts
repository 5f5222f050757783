import { describe, expect, test } from 'vitest'
import { Ends, type PodEnded } from '../../../src/operator/pace/ends.ts'
import type { Reading } from '../../../src/pacing/index.ts'

const ended = (outcome: PodEnded['outcome'], podUid = 'a'): PodEnded => ({
  namespace: 'shop',
  deployment: 'checkout',
  podUid,
  outcome,
})
const none = { requests: 0, errors: 0 }
const apart: Reading = {
  kind: 'counts',
  counts: { draining: { requests: 10, errors: 1 }, newVersion: none, background: none },
}
const together: Reading = { kind: 'counts', counts: { service: { requests: 100, errors: 1 } } }
const nothing = (): number => 0

function ends(...all: [PodEnded['outcome'], number][]): Ends {
  const known = new Ends()
  for (const [outcome, atMs] of all) known.add(ended(outcome), atMs)
  known.settle(nothing)
  return known
}

test.each<[PodEnded['outcome'], number]>([
  [{ outcome: 'killed' }, 1],
  [{ outcome: 'outOfMemory' }, 1],
  [{ outcome: 'hookFailed' }, 1],
  [{ outcome: 'forced', forced: { requests: 3, connections: 7 } }, 7],
  [{ outcome: 'clean' }, 0],
  [{ outcome: 'unknown' }, 0],
])('%j costs %i', (outcome, errors) => {
  expect(ends([outcome, 5]).addTo(apart, 0)).toMatchObject({
    counts: { draining: { requests: 10 + errors, errors: 1 + errors }, newVersion: none, background: none },
  })
  expect(ends([outcome, 5]).addTo(together, 0)).toEqual({
    kind: 'counts',
    counts: { service: { requests: 100 + errors, errors: 1 + errors } },
  })
})

test('what ended before is not counted', () => {
  const known = ends([{ outcome: 'killed' }, 5], [{ outcome: 'killed' }, 8])
  const errorsSince = (ms: number) => (known.addTo(together, ms) as typeof together & { kind: 'counts' }).counts.service
  expect([5, 6, 8, 9].map((ms) => errorsSince(ms)?.errors)).toEqual([3, 2, 2, 1])
  known.forgetBefore(8)
  expect(errorsSince(0)?.errors).toBe(2)
})

test('silence stays silence: of ends alone every request has failed', () => {
  const silent: Reading = { kind: 'silent', reason: 'Timeout', message: 'slow' }
  expect(ends([{ outcome: 'killed' }, 5]).addTo(silent, 0)).toBe(silent)
})

describe('what the source has counted itself', () => {
  const forced = { outcome: 'forced', forced: { requests: 5, connections: 2 } } as const

  test.each([
    [0, 5],
    [2, 3],
    [5, 0],
    [9, 0],
  ])('%i of five: %i are left', (counted, left) => {
    const known = new Ends()
    known.add(ended(forced), 5)
    known.settle((uid) => (uid === 'a' ? counted : 100))
    expect(known.addTo(apart, 0)).toMatchObject({ counts: { draining: { errors: 1 + left } } })
  })

  test('is asked once, after the listening that follows', () => {
    const known = new Ends()
    known.add(ended(forced), 5)
    expect(known.addTo(apart, 0)).toBe(apart)
    known.settle(() => 2)
    known.settle(() => 0)
    expect(known.addTo(apart, 0)).toMatchObject({ counts: { draining: { errors: 4 } } })
  })
})
