import { array, assert, boolean, integer, option, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TargetStatus } from '../../src/api/index.ts'
import { Measurements, measurementOf, measurementStatus, withDrain } from '../../src/operator/measurement.ts'
import type { Drain } from '../../src/operator/termination-observer.ts'
import type { Propagation, Sample } from '../../src/propagation/index.ts'

const policy = { uid: 'policy-1', namespace: 'shop' }

function drain(propagation: Propagation, sample: Partial<Sample> = {}, outcome = 'clean'): Drain {
  return {
    namespace: 'shop',
    deployment: 'checkout',
    podName: 'checkout-1',
    podUid: 'pod-1',
    sample: { podUid: 'pod-1', podName: 'checkout-1', propagation, apiToSliceMs: {}, ...sample },
    outcome: { outcome: outcome as 'clean', message: '' },
  }
}

const measured = (valueMs: number, sample: Partial<Sample> = {}): Drain => drain({ kind: 'measured', valueMs }, sample)
const silent: Propagation = { kind: 'uninformative', reason: 'noReport', message: '' }

const statusOf = (measurement: ReturnType<typeof measurementOf>): TargetStatus => {
  const { propagation, ...rest } = measurementStatus(measurement)
  return { name: 'checkout', ...rest, propagation: { samples: 0, bound: '1s', ...propagation } }
}

describe('one more drain', () => {
  test('that is informative enters the window, and the oldest leaves it', () => {
    const known = [1, 2, 3].reduce((before, ms) => withDrain(before, measured(ms), 2), measurementOf(undefined))
    expect(known.propagation.map(({ ms }) => ms)).toEqual([2, 3])
    expect(known.drains.clean).toBe(3)
  })

  test('that says nothing is counted, and never taken for fast', () => {
    const known = withDrain(measurementOf(undefined), drain(silent, {}, 'unknown'), 10)
    expect(known).toMatchObject({ propagation: [], uninformative: 1 })
    expect(known.drains).toMatchObject({ clean: 0, unknown: 1 })
  })

  test('that was reached to its end is beyond', () => {
    const known = withDrain(measurementOf(undefined), drain({ kind: 'beyond', atLeastMs: 900 }), 10)
    expect(known.propagation).toEqual([{ ms: 900, beyond: true }])
  })

  test('keeps the latest request, the longest requests, and how fast slices were', () => {
    const sample = { lateRequestMs: 700, longestRequest: { ms: 50, beyond: false }, apiToSliceMs: { checkout: 12 } }
    const known = [measured(1, sample), measured(1, { lateRequestMs: 300, apiToSliceMs: { checkout: 14 } })].reduce(
      (before, next) => withDrain(before, next, 10),
      measurementOf(undefined),
    )
    expect(known).toMatchObject({
      lateRequestMs: 700,
      longestRequests: [{ ms: 50 }],
      apiToSliceMs: { checkout: [12, 14] },
    })
  })
})

describe('status remembers', () => {
  test('everything that counts, through any number of restarts', () => {
    const entry = record({ ms: integer({ min: 0, max: 900_000 }), beyond: boolean() })
    const drains = array(
      record({
        entry: option(entry),
        request: option(entry),
        late: option(integer({ min: 1, max: 9999 })),
      }),
      { maxLength: 20 },
    )
    assert(
      property(drains, (seen) => {
        let known = measurementOf(undefined)
        let restarted = known
        for (const { entry: found, request, late } of seen) {
          const propagation: Propagation =
            found === null
              ? silent
              : found.beyond
                ? { kind: 'beyond', atLeastMs: found.ms }
                : { kind: 'measured', valueMs: found.ms }
          const next = drain(propagation, {
            ...(request === null ? {} : { longestRequest: request }),
            // Status keeps hundredths of a second.
            ...(late === null ? {} : { lateRequestMs: late * 10 }),
          })
          known = withDrain(known, next, 12)
          restarted = withDrain(measurementOf(statusOf(restarted)), next, 12)
        }
        expect(measurementStatus(restarted)).toMatchObject({
          ...measurementStatus(known),
          propagation: { uninformative: known.uninformative },
        })
        expect(restarted.propagation).toEqual(known.propagation)
        expect(restarted.longestRequests).toEqual(known.longestRequests)
      }),
    )
  })

  test('nothing of garbage', () => {
    const status = {
      name: 'checkout',
      propagation: { samples: 1, uninformative: 2, bound: '1s', history: 'x 400 -3', lateRequests: 'soon' },
    }
    expect(measurementOf(status)).toMatchObject({
      propagation: [{ ms: 400, beyond: false }],
      uninformative: 2,
      lateRequestMs: 0,
    })
  })
})

describe('measurements', () => {
  const status: TargetStatus = {
    name: 'checkout',
    propagation: { samples: 2, uninformative: 0, bound: '1s', history: '400 480' },
    drains: { clean: 2, forced: 0, killed: 0, hookFailed: 0, outOfMemory: 0, unknown: 0 },
  }

  test('begin with what status remembers', () => {
    expect(new Measurements().settle(policy, 'checkout', status, 10).drains.clean).toBe(2)
  })

  test('count each drain once, however often they are settled and whatever status says meanwhile', () => {
    const measurements = new Measurements()
    measurements.add(measured(500))
    for (let round = 0; round < 3; round += 1) {
      // A status that is late: it does not have the drain yet.
      const { propagation, drains } = measurements.settle(policy, 'checkout', status, 10)
      expect(propagation.map(({ ms }) => ms)).toEqual([400, 480, 500])
      expect(drains.clean).toBe(3)
    }
  })

  test('keep a drain for the policy that looks next, and for that one only', () => {
    const measurements = new Measurements()
    measurements.add(measured(500))
    expect(measurements.settle(policy, 'cart', undefined, 10).propagation).toEqual([])
    expect(measurements.settle({ ...policy, namespace: 'other' }, 'checkout', undefined, 10).propagation).toEqual([])
    expect(measurements.settle(policy, 'checkout', undefined, 10).propagation).toHaveLength(1)
    expect(measurements.settle({ ...policy, uid: 'policy-2' }, 'checkout', undefined, 10).propagation).toEqual([])
  })

  test('are forgotten with their policy', () => {
    const measurements = new Measurements()
    measurements.add(measured(500))
    measurements.settle(policy, 'checkout', undefined, 10)
    measurements.forget(policy.uid)
    expect(measurements.settle(policy, 'checkout', undefined, 10).propagation).toEqual([])
  })
})
