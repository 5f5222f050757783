import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addSample, estimate, estimateDefaults, type WindowEntry } from '../../src/propagation/index.ts'

const upTo = (count: number): WindowEntry[] => Array.from({ length: count }, (_, at) => ({ ms: at + 1, beyond: false }))
const beyond = (...values: number[]): WindowEntry[] => values.map((ms) => ({ ms, beyond: true }))
/** One in thirty is beyond. */
const entry = fc.record({ ms: fc.nat(60_000), beyond: fc.nat(29).map((die) => die === 29) })
const entries = (maxLength: number) => fc.array(entry, { maxLength, size: 'max' })

describe('an estimate', () => {
  it.each<[string, WindowEntry[], object]>([
    ['nothing seen: initial', [], { state: 'Measuring', boundMs: 15_000, basis: 'initial', needed: 59, samples: 0 }],
    ['12 fast ones: still initial', upTo(12), { state: 'Measuring', boundMs: 15_000, basis: 'initial', needed: 47 }],
    [
      'a slow one among few: half as much again',
      [...upTo(12), { ms: 20_000, beyond: false }],
      { state: 'Measuring', boundMs: 30_000, basis: 'largestSeen', largestMs: 20_000, needed: 46 },
    ],
    [
      'one beyond among few: twice as much, and more drains are needed',
      [...upTo(12), ...beyond(9000)],
      { state: 'Measuring', boundMs: 18_000, basis: 'largestSeen', samples: 13, beyond: 1, needed: 80 },
    ],
    ['58 are too few', upTo(58), { state: 'Measuring', needed: 1 }],
    ['the largest of 59', upTo(59), { state: 'Measured', boundMs: 59, basis: 'orderStatistic', needed: 0 }],
    ['the 92nd of 93, one beyond after it', [...beyond(7), ...upTo(92)], { state: 'Measured', boundMs: 92, beyond: 1 }],
    ['92 with one beyond are too few', [...beyond(7), ...upTo(91)], { state: 'Measuring', needed: 1 }],
    [
      'only the last 200 count',
      [...beyond(...upTo(99).map(({ ms }) => ms)), ...upTo(200)],
      { samples: 200, beyond: 0 },
    ],
  ])('%s', (_, window, expected) => {
    expect(estimate(window, estimateDefaults)).toMatchObject(expected)
  })

  it('tells a quantile only where n is large enough, and where it is known', () => {
    const quantiles = (window: WindowEntry[]) => {
      const { p50Ms, p95Ms, p99Ms } = estimate(window, estimateDefaults)
      return [p50Ms, p95Ms, p99Ms]
    }
    expect(quantiles(upTo(1))).toEqual([undefined, undefined, undefined])
    expect(quantiles(upTo(2))).toEqual([1, undefined, undefined])
    expect(quantiles(upTo(19))).toEqual([10, undefined, undefined])
    expect(quantiles(upTo(20))).toEqual([10, 19, undefined])
    expect(quantiles(upTo(99))).toEqual([50, 95, undefined])
    expect(quantiles(upTo(100))).toEqual([50, 95, 99])
    expect(quantiles([...upTo(18), ...beyond(1, 1)])).toEqual([10, undefined, undefined])
  })

  it('says what is needed when the window is too small for the quantile', () => {
    const options = { ...estimateDefaults, quantile: 0.99 }
    expect(estimate(upTo(200), options)).toMatchObject({ state: 'Measuring', needed: 99 })
    expect(estimate(upTo(400), { ...options, window: 298 })).toMatchObject({ state: 'Measuring', needed: 1 })
  })

  it('needs exactly as many drains as it says, in any window', () => {
    fc.assert(
      fc.property(entries(250), fc.integer({ min: 59, max: 220 }), (seen, window) => {
        const options = { ...estimateDefaults, window }
        let current = seen.slice(-window)
        const { needed } = estimate(current, options)
        for (let added = 1; added <= needed; added += 1) {
          expect(estimate(current, options).state).toBe('Measuring')
          current = addSample(current, { ms: 5, beyond: false }, window)
        }
        expect(estimate(current, options).state).toBe('Measured')
      }),
      { numRuns: 60 },
    )
  })

  it('does not depend on the order, and never falls when a sample rises or becomes beyond', () => {
    const worse = fc.tuple(entries(220), fc.nat(219), fc.nat(60_000), fc.boolean())
    fc.assert(
      fc.property(worse, ([window, at, more, lost]) => {
        const { boundMs } = estimate(window, { ...estimateDefaults, initialMs: 60_000 })
        const risen = window.map((entry, index) =>
          index === at ? { ms: entry.ms + more, beyond: entry.beyond || lost } : entry,
        )
        expect(estimate(risen, { ...estimateDefaults, initialMs: 60_000 }).boundMs).toBeGreaterThanOrEqual(boundMs)
        const sorted = window.slice(-200).sort((left, right) => left.ms - right.ms)
        expect(estimate(sorted, { ...estimateDefaults, initialMs: 60_000 }).boundMs).toBe(boundMs)
      }),
    )
  })
})
