import { expect, test } from 'vitest'
import { outlasted } from '../../e2e/outlasted.ts'
import type { PodTruth } from '../../src/lab/index.ts'

const truth = (change: Partial<PodTruth>): PodTruth => ({
  pod: 'pod',
  deletedMs: 0,
  nodes: [],
  verdict: 'known',
  propagationMs: 1000,
  answeredMs: 1000,
  resolutionMs: 400,
  ...change,
})

test.each([
  ['routing let go', {}, 0],
  ['routing let go late, and the pod saw it', { propagationMs: 14_000 }, 0],
  ['it was sent connections until the delay was over', { verdict: 'cut-short', propagationMs: 14_700 }, 1],
  ['it ended before its delay was over, which is no excuse', { verdict: 'cut-short', propagationMs: 3000 }, 0],
  ['nobody knows', { verdict: 'unprobed', propagationMs: 14_900, resolutionMs: Number.POSITIVE_INFINITY }, 0],
] as const)('%s', (_, change, count) => {
  expect(outlasted([truth({}), truth(change)], 15)).toBe(count)
})
