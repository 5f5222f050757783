import { describe, expect, test } from 'vitest'
import { intervalOf } from '../../../src/pacing/index.ts'
import { evidenceAbove, evidenceBelow, sinceAnyStep } from '../../../src/pacing/sequential.ts'

/** The expectation of the evidence after some requests that each fail with `rate`: summed, not sampled. */
function expected(evidence: (counts: { requests: number; errors: number }) => number, requests: number, rate: number) {
  let sum = 0
  let logChoose = 0
  for (let errors = 0; errors <= requests; errors += 1) {
    if (errors > 0) logChoose += Math.log((requests - errors + 1) / errors)
    const log = logChoose + errors * Math.log(rate) + (requests - errors) * Math.log1p(-rate)
    sum += Math.exp(log + evidence({ requests, errors }))
  }
  return sum
}

describe('evidence', () => {
  test.each([0.001, 0.01, 0.2, 0.6])('is expected to stay at 1 at the limit of %d, and below it within', (limit) => {
    for (const requests of [1, 7, 200]) {
      expect(expected(evidenceAbove(limit), requests, limit)).toBeLessThanOrEqual(1 + 1e-9)
      expect(expected(evidenceAbove(limit), requests, limit / 3)).toBeLessThanOrEqual(1 + 1e-9)
      expect(expected(evidenceBelow(limit), requests, limit)).toBeLessThanOrEqual(1 + 1e-9)
      expect(expected(evidenceBelow(limit), requests, (1 + limit) / 2)).toBeLessThanOrEqual(1 + 1e-9)
    }
  })

  test('starts at 1, so that no stake is lost at a low limit', () => {
    expect(evidenceAbove(0.0001)({ requests: 0, errors: 0 })).toBeCloseTo(0)
    expect(evidenceBelow(0.0002)({ requests: 0, errors: 0 })).toBeCloseTo(0)
  })

  test('grows where the hypothesis is wrong', () => {
    expect(expected(evidenceAbove(0.001), 200, 0.05)).toBeGreaterThan(1000)
    expect(expected(evidenceBelow(0.2), 200, 0.05)).toBeGreaterThan(1000)
  })

  test('since any step: the stakes before, in and after the steps are one', () => {
    const none = { requests: 0, errors: 0 }
    for (const steps of [[], [none], [none, none, none]]) {
      expect(sinceAnyStep(evidenceAbove(0.0001), steps)(none)).toBeCloseTo(0)
    }
  })

  test('does not overflow', () => {
    expect(evidenceAbove(0.001)({ requests: 1e9, errors: 1e9 })).toBeGreaterThan(1e6)
    expect(evidenceBelow(0.001)({ requests: 1e9, errors: 1e9 })).toBeLessThan(0)
  })
})

describe('the interval', () => {
  test.each([
    [0, 0],
    [0, 1000],
    [5, 1000],
    [1000, 1000],
    [500, 1_000_000],
  ])('of %d errors in %d requests is where the test refutes nothing', (errors, requests) => {
    const counts = { requests, errors }
    const { lower, upper } = intervalOf(counts, 0.01, 0.05, 1)
    const rate = requests === 0 ? 0.5 : errors / requests
    expect(lower).toBeLessThanOrEqual(rate)
    expect(upper).toBeGreaterThanOrEqual(rate - 1e-6)
    expect(lower > 0).toBe(errors > 0)
    expect(upper < 0.999).toBe(errors < requests)
    if (lower > 0) {
      expect(evidenceAbove(lower * 0.999)(counts)).toBeGreaterThan(Math.log(100))
      expect(evidenceAbove(lower * 1.001)(counts)).toBeLessThan(Math.log(100))
    }
    if (upper < 0.999) {
      expect(evidenceBelow(upper * 1.001)(counts)).toBeGreaterThan(Math.log(20))
      expect(evidenceBelow(upper * 0.999)(counts)).toBeLessThan(Math.log(20))
    }
  })

  test('knows nothing without requests', () => {
    expect(intervalOf({ requests: 0, errors: 0 }, 0.01, 0.05, 1)).toMatchObject({ lower: 0, upper: 1 })
  })
})
