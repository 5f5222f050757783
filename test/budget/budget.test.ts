import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetInput, budgetDefaults, type ContractSeconds, computeBudget } from '../../src/budget/index.ts'
import type { Estimate } from '../../src/propagation/index.ts'

function measured(boundMs: number, part: Partial<Estimate> = {}): Estimate {
  return {
    state: 'Measured',
    boundMs,
    basis: 'orderStatistic',
    samples: 88,
    beyond: 0,
    needed: 0,
    quantile: 0.95,
    confidence: 0.95,
    ...part,
  }
}

function measuring(boundMs: number, part: Partial<Estimate> = {}): Estimate {
  return { ...measured(boundMs), state: 'Measuring', basis: 'initial', samples: 12, needed: 47, ...part }
}

function input(part: Partial<BudgetInput> = {}): BudgetInput {
  return {
    estimate: measured(520),
    requestTime: { seconds: 3, because: '1.5 x longest request 1.84 s' },
    ...budgetDefaults,
    ...part,
  }
}

const inForce = (drainDelaySeconds: number, gracePeriodSeconds: number): ContractSeconds => ({
  drainDelaySeconds,
  gracePeriodSeconds,
})
const range = (min: number, max: number) => ({ min, max })
const wide = { drainDelay: range(1, 1000), gracePeriod: range(1, 9999) }

describe('the sentence is', () => {
  it.each<[string, BudgetInput, string]>([
    [
      'every figure of a measured contract',
      input(),
      'P 0.52 s (p95, 95 % confident, 88 drains) + D 1 s (1.5 x P, rounded up) + W 3 s (1.5 x longest request 1.84 s) + S 5 s = 9.52 s; grace 30 s (never below bounds.gracePeriod.min)',
    ],
    [
      'how many drains are missing',
      input({ estimate: measuring(15_000), requestTime: { seconds: 60, because: 'requestTime.max' } }),
      'P 15 s (not measured yet: 12 of 59 drains needed; initial) + D 15 s (P, rounded up) + W 60 s (requestTime.max) + S 5 s = 95 s; grace 95 s (the sum, rounded up)',
    ],
    [
      'the slow drain that P was taken from',
      input({ estimate: measuring(30_000, { basis: 'largestSeen', largestMs: 20_000 }) }),
      'P 30 s (not measured yet: 12 of 59 drains needed; from the largest seen, 20 s) + D 30 s (P, rounded up) + W 3 s (1.5 x longest request 1.84 s) + S 5 s = 68 s; grace 68 s (the sum, rounded up)',
    ],
    [
      'what is kept against noise, and what a bound cuts',
      input({
        estimate: measured(1900.1, { quantile: 0.999 }),
        bounds: { drainDelay: range(1, 4), gracePeriod: range(1, 10) },
        previous: inForce(4, 10),
      }),
      'P 1.91 s (p99.9, 95 % confident, 88 drains) + D 4 s (1.5 x P is 2.87 s; up to a third more is kept against noise) + W 3 s (1.5 x longest request 1.84 s) + S 5 s = 13.91 s; grace 10 s (not above bounds.gracePeriod.max)',
    ],
  ])('%s', (_, given, because) => {
    expect(computeBudget(given).because).toBe(because)
  })
})

it('the sentence says so when grace leaves no room for the drain delay', () => {
  const bounds = { ...wide, gracePeriod: range(1, 10) }
  const { because } = computeBudget(input({ estimate: measured(9000), bounds }))
  expect(because).toContain('+ D 9 s (has to be below the grace period) +')
})

describe('the figures', () => {
  it.each<[string, Partial<BudgetInput>, ContractSeconds]>([
    ['the defaults never shorten grace below 30 s', {}, inForce(1, 30)],
    ['grace is the sum, rounded up', { bounds: wide }, inForce(1, 10)],
    ['a sum that is whole needs no more', { bounds: wide, estimate: measured(1000) }, inForce(2, 11)],
    ['1.5 x P that is whole needs no more', { bounds: wide, estimate: measured(2000) }, inForce(3, 13)],
    ['P is rounded up to hundredths', { bounds: wide, estimate: measured(2000.1) }, inForce(4, 15)],
    ['an assumed P has no headroom', { bounds: wide, estimate: measuring(14_200) }, inForce(15, 38)],
    [
      'a binary fraction adds no second of its own',
      {
        bounds: wide,
        estimate: measured(1000),
        requestTime: { seconds: 2.007, because: 'a test' },
        safetyMarginSeconds: 0.993,
      },
      inForce(2, 6),
    ],
    [
      'the drain delay has a least',
      { estimate: measured(10), bounds: { ...wide, drainDelay: range(3, 60) } },
      inForce(3, 12),
    ],
    [
      'the drain delay is below grace, whatever the bounds',
      { estimate: measured(9000), bounds: { ...wide, gracePeriod: range(1, 10) } },
      inForce(9, 10),
    ],
  ])('%s', (_, part, expected) => {
    expect(computeBudget(input(part))).toMatchObject(expected)
  })
})

describe('hysteresis', () => {
  it.each<[string, number, ContractSeconds | undefined, ContractSeconds, string]>([
    ['takes the figures as they are the first time', 2000, undefined, inForce(3, 13), 'first'],
    ['keeps what is right', 2000, inForce(3, 13), inForce(3, 13), 'none'],
    ['rises at once', 2001, inForce(3, 13), inForce(4, 15), 'raise'],
    ['keeps a third too much', 2000, inForce(4, 17), inForce(4, 17), 'none'],
    ['comes down to a third too much', 2000, inForce(15, 95), inForce(4, 19), 'lower'],
    ['comes down by grace alone', 2000, inForce(3, 95), inForce(3, 18), 'lower'],
    ['calls it a raise when one rises and the other falls', 2000, inForce(2, 95), inForce(3, 18), 'raise'],
  ])('%s', (_, boundMs, previous, expected, change) => {
    const budget = computeBudget(input({ estimate: measured(boundMs), bounds: wide, previous }))
    expect(budget).toMatchObject({ ...expected, change })
  })

  it('obeys bounds that were narrowed under what is in force', () => {
    const bounds = { drainDelay: range(1, 5), gracePeriod: range(1, 20) }
    expect(computeBudget(input({ bounds, previous: inForce(30, 90) }))).toMatchObject({
      ...inForce(2, 15),
      change: 'lower',
    })
    const raised = { drainDelay: range(7, 60), gracePeriod: range(45, 600) }
    expect(computeBudget(input({ bounds: raised, previous: inForce(1, 30) }))).toMatchObject(inForce(7, 45))
  })
})

describe('a shortfall', () => {
  it('is told when the bounds forbid what the formula demands', () => {
    const bounds = { drainDelay: range(1, 5), gracePeriod: range(10, 12) }
    expect(computeBudget(input({ estimate: measured(7130), bounds })).shortfalls).toEqual([
      { code: 'DrainDelayMax', message: 'drain delay 5 s does not cover P 7.13 s: raise bounds.drainDelay.max' },
      {
        code: 'GracePeriodMax',
        message: 'grace period 12 s is less than P + D + W + S = 20.13 s: raise bounds.gracePeriod.max',
      },
    ])
  })

  it.each<[string, Partial<BudgetInput>]>([
    ['the headroom alone is cut', { estimate: measured(4000), bounds: { ...wide, drainDelay: range(1, 4) } }],
    ['grace is exactly the sum', { estimate: measured(1000), bounds: { ...wide, gracePeriod: range(1, 11) } }],
  ])('is none when %s', (_, part) => {
    expect(computeBudget(input(part)).shortfalls).toEqual([])
  })
})

const positive = (max: number) => fc.double({ min: 0, max, noNaN: true })
const ranges = (max: number) =>
  fc.tuple(fc.integer({ min: 1, max }), fc.nat(max)).map(([min, more]) => range(min, min + more))
const contracts = fc.record({ drainDelaySeconds: fc.nat(200), gracePeriodSeconds: fc.integer({ min: 1, max: 900 }) })
const inputs = fc.record({
  estimate: fc.tuple(fc.boolean(), positive(90_000)).map(([sure, ms]) => (sure ? measured(ms) : measuring(ms))),
  requestTime: positive(120).map((seconds) => ({ seconds, because: 'a test' })),
  safetyMarginSeconds: positive(30),
  bounds: fc.record({ drainDelay: ranges(90), gracePeriod: ranges(600) }),
  previous: fc.option(contracts, { nil: undefined }),
})

describe('for any input', () => {
  it('G >= P + D + W + S and D >= P, unless a shortfall says otherwise; D is always below G', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const budget = computeBudget(given)
        const { propagationSeconds, drainDelaySeconds, requestTimeSeconds, safetyMarginSeconds } = budget
        const sum = propagationSeconds + drainDelaySeconds + requestTimeSeconds + safetyMarginSeconds
        const codes = budget.shortfalls.map(({ code }) => code)
        expect(propagationSeconds).toBeGreaterThanOrEqual(given.estimate.boundMs / 1000 - 1e-9)
        expect(drainDelaySeconds).toBeLessThan(budget.gracePeriodSeconds)
        expect(codes.includes('DrainDelayMax')).toBe(drainDelaySeconds < propagationSeconds)
        if (budget.shortfalls.length === 0) expect(budget.gracePeriodSeconds).toBeGreaterThanOrEqual(sum - 1e-9)
        expect(Number.isInteger(drainDelaySeconds) && Number.isInteger(budget.gracePeriodSeconds)).toBe(true)
        expect(budget.because).not.toMatch(/NaN|undefined|Infinity|e-/)
      }),
      { numRuns: 5000 },
    )
  })

  it('stays within the bounds, but for D below G', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { drainDelaySeconds, gracePeriodSeconds } = computeBudget(given)
        const { drainDelay, gracePeriod } = given.bounds
        expect(gracePeriodSeconds).toBeGreaterThanOrEqual(gracePeriod.min)
        expect(gracePeriodSeconds).toBeLessThanOrEqual(gracePeriod.max)
        expect(drainDelaySeconds).toBeLessThanOrEqual(drainDelay.max)
        expect(drainDelaySeconds).toBeGreaterThanOrEqual(Math.min(drainDelay.min, gracePeriodSeconds - 1))
      }),
    )
  })

  it('is idempotent: its own result as previous changes nothing', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const previous = computeBudget(given)
        const again = computeBudget({ ...given, previous })
        expect(again.change).toBe('none')
        expect(again).toMatchObject(inForce(previous.drainDelaySeconds, previous.gracePeriodSeconds))
      }),
      { numRuns: 5000 },
    )
  })

  it('never falls when P, W, S, a bound, or what is in force rises', () => {
    const rises = fc.record({
      bound: positive(9000),
      request: positive(9),
      margin: positive(9),
      least: fc.nat(9),
      most: fc.nat(9),
    })
    fc.assert(
      fc.property(inputs, rises, contracts, (given, rise, more) => {
        const { drainDelay, gracePeriod } = given.bounds
        const up = (least: number, value: { min: number; max: number }) => range(value.min, value.max + least)
        const { previous } = given
        const higher: BudgetInput = {
          estimate: { ...given.estimate, boundMs: given.estimate.boundMs + rise.bound },
          requestTime: { ...given.requestTime, seconds: given.requestTime.seconds + rise.request },
          safetyMarginSeconds: given.safetyMarginSeconds + rise.margin,
          bounds: { drainDelay: up(rise.least, drainDelay), gracePeriod: up(rise.most, gracePeriod) },
          previous: previous && {
            drainDelaySeconds: previous.drainDelaySeconds + more.drainDelaySeconds,
            gracePeriodSeconds: previous.gracePeriodSeconds + more.gracePeriodSeconds,
          },
        }
        const [low, high] = [computeBudget(given), computeBudget(higher)]
        expect(high.drainDelaySeconds).toBeGreaterThanOrEqual(low.drainDelaySeconds)
        expect(high.gracePeriodSeconds).toBeGreaterThanOrEqual(low.gracePeriodSeconds)
      }),
      { numRuns: 5000 },
    )
  })

  it('never oscillates: after noise of a quarter has lowered a figure, it does not raise it again', () => {
    const noise = fc.array(positive(1), { minLength: 2, maxLength: 40, size: 'max' })
    fc.assert(
      fc.property(inputs, noise, positive(60), (given, shakes, requestSeconds) => {
        let previous = given.previous ?? inForce(100, 800)
        const moves: Record<keyof ContractSeconds, string> = { drainDelaySeconds: '', gracePeriodSeconds: '' }
        for (const shake of shakes) {
          const factor = 1 + 0.25 * shake
          const next = computeBudget({
            ...given,
            estimate: measured(given.estimate.boundMs * factor + 100),
            requestTime: { seconds: requestSeconds * factor, because: 'a test' },
            bounds: wide,
            previous,
          })
          for (const figure of ['drainDelaySeconds', 'gracePeriodSeconds'] as const) {
            moves[figure] += next[figure] > previous[figure] ? 'u' : next[figure] < previous[figure] ? 'd' : ''
          }
          previous = next
        }
        expect(moves.drainDelaySeconds).not.toMatch(/du/)
        expect(moves.drainDelaySeconds).not.toMatch(/ud/)
        // Grace holds the whole seconds of D, which may move once.
        expect(moves.gracePeriodSeconds).not.toMatch(/udu|dud/)
      }),
      { numRuns: 2000 },
    )
  })
})
