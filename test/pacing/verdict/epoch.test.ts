import { describe, expect, test } from 'vitest'
import {
  defaultTerms as terms,
  type Epoch,
  type EpochMemory,
  judgeEpoch,
  judgeOf,
  observeFromMs,
  type Origin,
  type Reading,
} from '../../../src/pacing/index.ts'

const epoch: Epoch = { blameFromMs: 1000 }
const silent: Reading = { kind: 'silent', reason: 'Timeout', message: 'slow' }
type Counted = readonly [requests: number, errors: number]

const of = (counts: Partial<Record<Origin, Counted>>): Reading => ({
  kind: 'counts',
  counts: Object.fromEntries(
    Object.entries(counts).map(([origin, [requests, errors]]) => [origin, { requests, errors }]),
  ),
})
/** All origins told apart, as the Pods signal does. */
const pods = (newVersion: Counted, draining: Counted = [0, 0], background: Counted = [0, 0]): Reading =>
  of({ draining, newVersion, background })

function look(sinceBlame: Reading, sinceObserved = sinceBlame, known?: EpochMemory, of = epoch) {
  return judgeEpoch(known, of, { sinceBlame, sinceObserved }, terms)
}

test.each<[Epoch, number]>([
  [{ blameFromMs: 5 }, 5],
  [{ blameFromMs: 5, settledMs: 8 }, 8],
  [{ blameFromMs: 5, settledMs: 3 }, 5],
])('%j is observed from %i on', (of, ms) => expect(observeFromMs(of)).toBe(ms))

describe('a breach', () => {
  test.each<[string, Reading, Origin]>([
    ['the new version', pods([200, 20]), 'newVersion'],
    ['draining pods', pods([200, 0], [200, 20]), 'draining'],
    ['the background', pods([200, 0], [0, 0], [200, 20]), 'background'],
    ['nobody who can be told', of({ service: [200, 20] }), 'service'],
    ['both, and the version has the stronger cure', pods([200, 20], [200, 20], [200, 20]), 'newVersion'],
    ['pods that fail anyway, also while they drain', pods([200, 0], [200, 20], [200, 20]), 'background'],
  ])('is blamed on %s', (_, reading, blame) => {
    expect(look(reading).pace).toEqual({ outcome: 'Breached', blame, sinceMs: 1000 })
  })

  test('goes before Healthy', () => {
    const settled = { ...epoch, settledMs: 2000 }
    expect(look(pods([10_200, 60]), pods([10_000, 0]), undefined, settled).pace.outcome).toBe('Breached')
    expect(look(pods([10_200, 0]), pods([10_000, 0]), undefined, settled).pace.outcome).toBe('Healthy')
  })

  test.each<[Origin, Reading, Reading]>([
    ['newVersion', pods([200, 20]), pods([9_000_000, 20])],
    ['draining', pods([200, 0], [200, 20]), pods([9_000_000, 0], [9_000_000, 20])],
    ['service', of({ service: [200, 20] }), of({ service: [9_000_000, 20] })],
  ])('of %s stays, with what was told', (_, bad, diluted) => {
    const first = look(bad)
    const later = look(diluted, diluted, first.memory)
    expect(later.pace).toEqual(first.pace)
    expect(later.verdict).toBe(first.verdict)
    expect(look(silent, silent, later.memory).verdict).toBe(first.verdict)
  })

  test('of the background lasts as long as its counts say so: nothing was done that has to be remembered', () => {
    const background = look(pods([200, 0], [0, 0], [200, 20]))
    const unheard = look(silent, silent, background.memory)
    expect(unheard.pace).toEqual(background.pace)
    const better = look(pods([10_000, 0], [0, 0], [9_000_000, 20]), undefined, unheard.memory)
    expect(better.pace.outcome).toBe('Healthy')
    expect(better.memory).not.toHaveProperty('breach')
  })

  test('of the background does not hold up the version that is its cure', () => {
    const settled = { ...epoch, settledMs: 2000 }
    const failing: Counted = [1000, 300]
    const unproven = look(pods([200, 0], failing, failing), undefined, undefined, settled)
    expect(unproven.pace).toMatchObject({ outcome: 'Breached', blame: 'background' })
    const cure = look(
      pods([10_200, 0], failing, failing),
      pods([10_000, 0], failing, failing),
      unproven.memory,
      settled,
    )
    expect(cure.pace).toEqual({ outcome: 'Healthy', sinceMs: 2000 })
    expect(cure.verdict.because).toMatch(/^newVersion failed 0 of 10200/)
    const asBad = look(pods([10_200, 3060], failing, failing), undefined, cure.memory, settled)
    expect(asBad.pace).toMatchObject({ outcome: 'Breached', blame: 'newVersion' })
  })

  test('only grows worse', () => {
    const background = look(pods([200, 0], [0, 0], [200, 20]))
    const worse = look(pods([400, 40], [0, 0], [200, 20]), silent, background.memory)
    expect(worse.pace.blame).toBe('newVersion')
    expect(worse.verdict.because).toMatch(/newVersion failed 40 of 400/)
    const again = look(pods([9_000_000, 40], [0, 0], [400, 40]), silent, worse.memory)
    expect(again.pace.blame).toBe('newVersion')
    expect(again.verdict).toBe(worse.verdict)
  })

  test('ends with its epoch', () => {
    const { memory } = look(pods([200, 20]))
    const next = look(pods([0, 0]), pods([0, 0]), memory, { blameFromMs: 3000 })
    expect(next.pace).toEqual({ outcome: 'Inconclusive', sinceMs: 3000 })
    expect(next.memory).toEqual({ blameFromMs: 3000, steps: [] })
  })
})

describe('the steps', () => {
  const at = (settledMs: number): Epoch => ({ ...epoch, settledMs })

  test('are what had been reached when each one was complete, noted once', () => {
    const first = look(pods([500, 1]), pods([0, 0]), undefined, at(2000))
    expect(first.memory.steps).toMatchObject([
      { settledMs: 2000, counts: { newVersion: { requests: 500, errors: 1 } } },
    ])
    const later = look(pods([800, 1]), pods([300, 0]), first.memory, at(2000))
    expect(later.memory.steps).toEqual(first.memory.steps)
    const second = look(pods([900, 2]), pods([10, 0]), later.memory, at(5000))
    expect(second.memory.steps).toMatchObject([
      { settledMs: 2000 },
      { counts: { newVersion: { requests: 890, errors: 2 } } },
    ])
    expect(look(pods([950, 2]), pods([950, 2]), second.memory).memory.steps).toHaveLength(2)
  })

  test('wait for something to be heard', () => {
    const { memory } = look(pods([500, 0]), silent, undefined, at(2000))
    expect(memory.steps).toEqual([])
    expect(look(pods([600, 0]), pods([50, 0]), memory, at(2000)).memory.steps).toMatchObject([
      { counts: { newVersion: { requests: 550 } } },
    ])
  })

  test('let a fault be seen that began with one of them, and was fine for long before', () => {
    const before = look(pods([1_000_000, 0]), pods([0, 0]), undefined, at(2000))
    const late = pods([1_000_100, 12])
    expect(look(late, pods([100, 12]), before.memory, at(2000)).pace.outcome).toBe('Breached')
    expect(look(late).pace.outcome).not.toBe('Breached')
  })

  test('are no more than there is, when a source goes back on what it said', () => {
    const { memory } = look(of({ service: [500, 5] }), of({ service: [0, 0] }), undefined, at(2000))
    const { pace, verdict } = look(of({ service: [400, 0] }), of({ service: [10, 0] }), memory, at(2000))
    expect(pace.outcome).toBe('Inconclusive')
    expect(verdict).toMatchObject({ reason: 'TooFewRequests' })
  })
})

describe('a version that was found healthy over its steps', () => {
  const settled = { ...epoch, settledMs: 2000 }
  const outcome = (whole: Reading, step: Reading) => look(whole, step, undefined, settled).pace.outcome

  test.each<[string, Reading, Reading, string]>([
    ['has only to be confirmed by a step', pods([10_000, 0]), pods([100, 0]), 'Healthy'],
    ['is not confirmed by less than minRequests', pods([10_000, 0]), pods([99, 0]), 'Inconclusive'],
    ['is not confirmed by a step that looks worse', pods([10_000, 1]), pods([100, 1]), 'Inconclusive'],
    ['is not confirmed by requests of others', pods([10_000, 0]), pods([0, 0], [0, 0], [5000, 0]), 'Inconclusive'],
    [
      'is proven by each step where nobody can tell whose requests they are',
      of({ service: [10_000, 0] }),
      of({ service: [100, 0] }),
      'Inconclusive',
    ],
  ])('%s', (_, whole, step, expected) => expect(outcome(whole, step)).toBe(expected))

  test('is not taken for one that was never found so', () => {
    expect(outcome(pods([500, 0]), pods([100, 0]))).toBe('Inconclusive')
  })

  test('is not confirmed by silence', () => expect(outcome(pods([10_000, 0]), silent)).toBe('Inconclusive'))
})

describe('what is not concluded', () => {
  test('silence is neither, and is told with its reason', () => {
    const { pace, verdict } = look(silent)
    expect(pace).toEqual({ outcome: 'Inconclusive', sinceMs: 1000 })
    expect(verdict).toMatchObject({ kind: 'Inconclusive', reason: 'Timeout' })
  })

  test('health is of the new version, not of the others', () => {
    expect(look(pods([0, 0], [0, 0], [100_000, 0])).pace.outcome).toBe('Inconclusive')
    expect(look(pods([10_000, 0])).pace.outcome).toBe('Healthy')
  })

  test('a step alone is never Breached, and nothing healthy is told of it', () => {
    const settled = { ...epoch, settledMs: 2000 }
    const known: EpochMemory = {
      blameFromMs: 1000,
      steps: Array.from({ length: 60 }, (_, step) => ({ settledMs: step, counts: {} })),
    }
    const heard = { sinceBlame: pods([10_000, 5]), sinceObserved: pods([100, 4]) }
    expect(judgeOf(terms)(heard.sinceObserved).kind).toBe('Breached')
    const { pace, verdict } = judgeEpoch(known, settled, heard, terms)
    expect(pace).toEqual({ outcome: 'Inconclusive', sinceMs: 2000 })
    expect(verdict.kind).toBe('Inconclusive')
  })
})
