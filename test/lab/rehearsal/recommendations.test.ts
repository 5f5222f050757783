import { describe, expect, test } from 'vitest'
import { recommendationsOf } from '../../../src/lab/rehearsal/recommendations.ts'
import { podTimeline } from '../../../src/lab/rehearsal/pod-timeline.ts'
import type { PodTimeline, VariantResult } from '../../../src/lab/result.ts'
import type { LoadShape } from '../../../src/lab/scenario.ts'
import { observedPod } from './pods.ts'
import { countsOf, propagationOf, resultOf, scenarioOf, variantOf } from './results.ts'

const advice = (change: Partial<VariantResult>, load: Partial<LoadShape> = {}): string[] =>
  recommendationsOf(scenarioOf({ load: { protocol: 'http', ratePerSecond: 100, ...load } }), resultOf(change))

const pod = (fields: Partial<PodTimeline> = {}): PodTimeline => ({ ...podTimeline(observedPod(), 0), ...fields })
const sleeping = (seconds: number) => variantOf({ preStopSleepSeconds: seconds })
const propagation = [propagationOf({ maxMs: 400 }), propagationOf({ node: 'node-2', maxMs: 2400 })]

test('nothing to say where nothing was measured and nothing was lost', () => {
  expect(advice({})).toEqual([])
})

describe('the sleep', () => {
  test('over before a node had heard, by a little or by so much that nothing could be measured', () => {
    const cut = propagationOf({ node: 'node-2', samples: 1, cutShort: 3, maxMs: 800 })
    expect(advice({ variant: sleeping(1), propagation: [propagationOf(), cut] })).toEqual([
      'The preStop sleep of 1 s is too short for node-2: 3 pods of 4 had ended when it may still have sent to them.',
    ])
    const told = { ...cut, setMs: { p50Ms: 2210, maxMs: 2300 } }
    expect(advice({ variant: sleeping(1), propagation: [told] })).toEqual([
      expect.stringContaining('sent to them; it takes 2.21 s at the median.'),
    ])
  })
  test('too short for the slowest node', () => {
    expect(advice({ variant: sleeping(2), propagation })).toEqual([
      'The preStop sleep of 2 s is 400 ms too short: node-2 took up to 2.40 s to let go of a pod.',
    ])
  })
  test('longer than it need be', () => {
    expect(advice({ variant: sleeping(15), propagation })).toEqual([
      'The preStop sleep of 15 s could be 4 s: node-2 took up to 2.40 s to let go of a pod. Each pod waits 11 s for nothing.',
    ])
    expect(advice({ variant: sleeping(4), propagation })).toEqual([])
  })
  test('long enough, and requests were lost all the same', () => {
    expect(advice({ variant: sleeping(4), propagation, total: countsOf(1000, 3) })).toEqual([
      expect.stringContaining('and 3 requests were lost all the same: the server cuts off'),
    ])
  })
})

describe('the end of the server', () => {
  test('at SIGTERM itself', () => {
    expect(advice({ pods: [pod({ exitCode: 143 }), pod(), pod({ deletedMs: null, exitCode: 143 })] })).toEqual([
      expect.stringContaining('1 of 2 pods ended at SIGTERM itself (exit code 143)'),
    ])
  })
  test('while it was still routed to', () => {
    const requests = [
      [10_500, 3, 'ECONNREFUSED', -1],
      [9000, 3, 'ECONNRESET', -1],
      [11_000, 3, null, 0],
      [12_001, 3, 'ECONNRESET', -1],
    ] as const
    const lost = { pods: [pod()], requests, total: countsOf(1000, 3) }
    expect(advice(lost)).toEqual([
      expect.stringContaining("1 of 3 lost requests began within 2.00 s of a pod's deletion"),
    ])
    expect(advice({ ...lost, propagation: [propagationOf({ maxMs: 2100 })] })).toEqual([
      expect.stringContaining("2 of 3 lost requests began within 2.10 s of a pod's deletion"),
    ])
  })
})

describe('the grace period', () => {
  const killed = pod({ exitCode: 137, ending: 'killed at grace' })
  test('pods that were killed, with what they would have needed', () => {
    const variant = variantOf({ terminationGracePeriodSeconds: 3, preStopSleepSeconds: 1 })
    expect(advice({ variant, pods: [killed] }, { workMs: 2500 })).toContain(
      '1 pod was killed when the grace period of 3 s was over (exit code 137): a request here takes up to 2.5 s, so at least 5 s are needed.',
    )
  })
  test('killed for their memory is another matter', () => {
    expect(advice({ pods: [pod({ exitCode: 137, ending: 'OOMKilled' })] })).toEqual([])
  })
  test('too short for what has to fit in, though nobody was killed yet', () => {
    const variant = variantOf({ terminationGracePeriodSeconds: 3, preStopSleepSeconds: 1 })
    expect(advice({ variant }, { workMs: 2500 })).toEqual([
      'The grace period of 3 s is shorter than 5 s: propagation, sleep and the longest work together.',
    ])
    expect(advice({ variant }, { workMs: 1000 })).toEqual([])
  })
  test('streams live longer than their messages', () => {
    const variant = variantOf({ terminationGracePeriodSeconds: 3 })
    expect(advice({ variant }, { protocol: 'websocket', workMs: 200, streamSeconds: 6 })).toEqual([
      expect.stringContaining('shorter than 7 s'),
    ])
  })
})

describe('retries', () => {
  const total = countsOf(1000, 5, 300)
  test('without a budget', () => {
    expect(advice({ total }, { retries: { attempts: 4, backoffMs: 20 } })).toContain(
      'Clients repeated 300 attempts: the servers saw 1.30 times the load. Give the retries a budget, such as a tenth of the requests.',
    )
  })
  test('that come together', () => {
    const perSecond = [
      { requests: 100, lost: 0 },
      { requests: 100, lost: 20, attempts: 320 },
    ]
    expect(advice({ total, perSecond }, { retries: { attempts: 4, backoffMs: 20 } })).toContainEqual(
      expect.stringContaining('1.30 times the load, and 3.20 times in the worst second.'),
    )
  })
  test('with one', () => {
    expect(advice({ total }, { retries: { attempts: 4, backoffMs: 20, budgetRatio: 0.1 } })).toContain(
      'Clients repeated 300 attempts: the servers saw 1.30 times the load.',
    )
  })
})

describe('the contract', () => {
  const contract = { drainDelaySeconds: 4, terminationGracePeriodSeconds: 30, because: 'P ...' }
  test('against what people guess', () => {
    expect(advice({ contract, propagation })).toEqual([
      'A drain delay of 4 s was enough: routing took up to 2.40 s. The usual advice of 15 s would hold each pod 11 s longer.',
    ])
  })
  test('that did not hold', () => {
    expect(advice({ contract, propagation, total: countsOf(1000, 2) })).toEqual([
      '2 requests were lost under the contract (D 4 s): see the timeline of their pods.',
    ])
  })
})
