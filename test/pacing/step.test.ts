import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grownStep, resolveBounds, shrunkStep, splitStep, stepLimit } from '../../src/pacing/index.ts'

const percent = fc.integer({ min: 0, max: 100 }).map((value) => `${value}%`)
const value = fc.oneof(fc.integer({ min: 0, max: 30 }), percent)
const strategies = fc.record({ maxSurge: value, maxUnavailable: value })
const sizes = fc.integer({ min: 0, max: 300 })

describe('a strategy in pods', () => {
  test.each([
    ['25%', '25%', 20, 5, 5],
    ['25%', '25%', 10, 3, 2],
    ['25%', '25%', 1, 1, 0],
    ['0%', '25%', 3, 0, 1],
    [0, 0, 5, 0, 1],
    [3, 50, 5, 3, 5],
    ['1%', '99%', 1, 1, 0],
    [2, '100%', 4, 2, 4],
  ])('maxSurge %s and maxUnavailable %s of %i pods', (maxSurge, maxUnavailable, desired, surge, unavailable) => {
    expect(resolveBounds({ maxSurge, maxUnavailable }, desired)).toEqual({ surge, unavailable })
  })

  test('is never nothing', () => {
    fc.assert(fc.property(strategies, sizes, (strategy, desired) => stepLimit(resolveBounds(strategy, desired)) >= 1))
  })
})

describe('a step', () => {
  test('grows by the same number of pods each time, and halves', () => {
    const bounds = { surge: 5, unavailable: 5 }
    const grown = [1]
    for (let i = 0; i < 4; i++) grown.push(grownStep(grown.at(-1) ?? 0, bounds))
    expect(grown).toEqual([1, 4, 7, 10, 10])
    expect([10, 5, 3, 2, 1].map((step) => shrunkStep(step, bounds))).toEqual([5, 2, 1, 1, 1])
  })

  test('is as large as the plain Deployment after four healthy ones, whatever the size', () => {
    fc.assert(
      fc.property(strategies, sizes, (strategy, desired) => {
        const bounds = resolveBounds(strategy, desired)
        let step = 1
        for (let i = 0; i < 4; i++) step = grownStep(step, bounds)
        expect(step).toBe(stepLimit(bounds))
      }),
    )
  })

  test('needs at most four batches more than the plain Deployment, and none once it has grown', () => {
    fc.assert(
      fc.property(strategies, fc.integer({ min: 1, max: 300 }), (strategy, desired) => {
        const bounds = resolveBounds(strategy, desired)
        const plain = Math.ceil(desired / stepLimit(bounds))
        const batches = (first: number): number => {
          let count = 0
          for (let done = 0, step = first; done < desired; step = grownStep(step, bounds)) {
            done += step
            count++
          }
          return count
        }
        expect(batches(stepLimit(bounds))).toBe(plain)
        expect(batches(1)).toBeLessThanOrEqual(plain + 4)
      }),
    )
  })

  test('stays within the bounds, uses surge first, and is a strategy that the API accepts', () => {
    fc.assert(
      fc.property(
        strategies,
        sizes,
        fc.integer({ min: -5, max: 400 }),
        fc.boolean(),
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
        (strategy, desired, step, surge, unavailable, allowed) => {
          const bounds = resolveBounds(strategy, desired)
          const split = splitStep(step, bounds, { surge, unavailable }, allowed)
          expect(split.surge).toBeLessThanOrEqual(bounds.surge)
          expect(split.unavailable).toBeLessThanOrEqual(bounds.unavailable)
          expect(stepLimit(split)).toBeGreaterThanOrEqual(1)
          if (surge) expect(split.surge).toBe(bounds.surge)
          if (unavailable) expect(split.unavailable).toBe(bounds.unavailable)
          if (!surge && !unavailable) {
            expect(stepLimit(split)).toBeLessThanOrEqual(Math.max(1, step))
            if (split.unavailable > 0) expect(split.surge).toBe(bounds.surge)
            if (allowed !== undefined)
              expect(split.unavailable).toBeLessThanOrEqual(split.surge === 0 ? Math.max(1, allowed) : allowed)
          }
        },
      ),
    )
  })
})
