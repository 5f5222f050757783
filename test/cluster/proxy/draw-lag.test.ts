import { describe, expect, test } from 'vitest'
import { drawLagMs, type Lag, lagOf, lagQuantileMs } from '../../../src/cluster/proxy/index.ts'

describe('a draw of the lag', () => {
  test.each<[string, Lag, number, number]>([
    ['fixed is always the same', { kind: 'fixed', ms: 500 }, 0.9, 500],
    ['uniform starts at its start', { kind: 'uniform', fromMs: 100, toMs: 300 }, 0, 100],
    ['uniform is even', { kind: 'uniform', fromMs: 100, toMs: 300 }, 0.5, 200],
    ['exponential starts at its floor', { kind: 'exponential', floorMs: 50, meanMs: 100, maxMs: 1000 }, 0, 50],
    ['exponential has its median', { kind: 'exponential', floorMs: 0, meanMs: 100, maxMs: 1000 }, 0.5, 100 * Math.LN2],
    ['exponential is cut off', { kind: 'exponential', floorMs: 50, meanMs: 100, maxMs: 120 }, 0.99, 120],
  ])('%s', (_, lag, random, expectedMs) => {
    expect(drawLagMs(lag, () => random)).toBeCloseTo(expectedMs)
    expect(lagQuantileMs(lag, random)).toBeCloseTo(expectedMs)
  })

  test('the largest is known, even of an exponential', () => {
    expect(lagQuantileMs({ kind: 'exponential', floorMs: 50, meanMs: 100, maxMs: 900 }, 1)).toBe(900)
    expect(lagQuantileMs({ kind: 'uniform', fromMs: 100, toMs: 300 }, 1)).toBeCloseTo(300)
  })
})

test('a node that differs has its own lag', () => {
  const model = { default: { kind: 'fixed', ms: 1 }, nodes: { slow: { kind: 'fixed', ms: 9 } } } as const
  expect([lagOf(model, 'any'), lagOf(model, 'slow')]).toEqual([
    { kind: 'fixed', ms: 1 },
    { kind: 'fixed', ms: 9 },
  ])
})
