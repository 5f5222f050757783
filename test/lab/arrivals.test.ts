import { expect, test } from 'vitest'
import { seededRandom } from '../../src/cluster/seeded-random.ts'
import { arrivalsOf } from '../../src/lab/agent/arrivals.ts'

const take = (count: number, next: () => number) => Array.from({ length: count }, next)

test('fixed arrivals are multiples of the gap, without a drift', () => {
  const arrivals = take(30_001, arrivalsOf('fixed', 300, Math.random))
  expect(arrivals.slice(0, 3)).toEqual([0, 1000 / 300, 2000 / 300])
  expect(arrivals.at(-1)).toBeCloseTo(100_000, 6)
})

test('poisson arrivals ascend, keep the rate, and vary like exponential gaps', () => {
  const arrivals = take(20_000, arrivalsOf('poisson', 100, seededRandom(7)))
  const gaps = arrivals.map((atMs, index) => atMs - (arrivals[index - 1] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(Math.min(...gaps)).toBeGreaterThan(0)
  expect(mean).toBeCloseTo(10, 0)
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1)
})

test('a seed gives the same schedule again, another seed another one', () => {
  const schedule = (seed: number) => take(50, arrivalsOf('poisson', 100, seededRandom(seed)))
  expect(schedule(1)).toEqual(schedule(1))
  expect(schedule(1)).not.toEqual(schedule(2))
})
