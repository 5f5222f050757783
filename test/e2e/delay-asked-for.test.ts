import { expect, test } from 'vitest'
import { delayAskedFor } from '../../e2e/delay-asked-for.ts'
import type { PodTruth, TruthVerdict } from '../../src/lab/index.ts'

const policy = { quantile: 0.95, confidence: 0.95 }

function truths(count: number, answeredMs: number, verdict: TruthVerdict = 'known'): PodTruth[] {
  const truth = { deletedMs: 0, nodes: [], verdict, propagationMs: 900, answeredMs, resolutionMs: 50 }
  return Array.from({ length: count }, (_, index) => ({ ...truth, pod: `${answeredMs}-${index}` }))
}

test('a quiet machine justifies 3 s, and not more for three pods that had to wait', () => {
  expect(delayAskedFor([...truths(173, 1050), ...truths(3, 2500)], policy)).toEqual({
    boundMs: 1150,
    drainDelaySeconds: 3,
  })
})

test('a machine on which the last connections wait for seconds justifies what covers them', () => {
  expect(delayAskedFor([...truths(163, 1050), ...truths(13, 2450)], policy)).toEqual({
    boundMs: 2550,
    drainDelaySeconds: 6,
  })
})

test('pods that nobody probed say nothing, and too few justify nothing', () => {
  expect(delayAskedFor([...truths(58, 1000), ...truths(100, 2000, 'unprobed')], policy)).toBeUndefined()
})

test('pods that ended before routing let go may have needed any time', () => {
  expect(delayAskedFor([...truths(100, 1000), ...truths(20, 1000, 'cut-short')], policy)).toBeUndefined()
})
