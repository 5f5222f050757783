import type { Counts, MeasuredPropagation, PodTimeline, VariantResult } from '../../../src/lab/result.ts'
import type { Scenario, Variant } from '../../../src/lab/scenario.ts'

export const scenarioOf = (change: Partial<Scenario> = {}): Scenario => ({
  name: 'http',
  title: 'HTTP',
  about: '',
  replicas: 4,
  disruption: 'restart',
  disruptions: 2,
  load: { protocol: 'http', ratePerSecond: 100 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [],
  ...change,
})

export const variantOf = (change: Partial<Variant> = {}): Variant => ({
  name: 'v',
  title: 'V',
  server: 'close-at-once',
  expect: 'any',
  ...change,
})

export const countsOf = (requests: number, lost: number, retries = 0): Counts => ({
  requests,
  ok: requests - lost,
  lost,
  lostByKind: lost === 0 ? {} : { ECONNRESET: lost },
  latency: null,
  retries,
  moved: 0,
})

export const propagationOf = (change: Partial<MeasuredPropagation> = {}): MeasuredPropagation => ({
  service: 'rehearsed',
  node: 'node-1',
  samples: 8,
  cutShort: 0,
  p50Ms: 310,
  maxMs: 400,
  setMs: null,
  operatorBoundMs: null,
  ...change,
})

const podOf = (deletedMs: number): PodTimeline => ({
  name: `pod-${deletedMs}`,
  node: 'node-1',
  readyMs: 0,
  deletedMs,
  sliceFlippedMs: null,
  drainStartMs: null,
  lastLateMs: null,
  listenerClosedMs: null,
  exitedMs: deletedMs + 100,
  exitCode: 0,
  ending: null,
})

/** Ten seconds of 100 requests a second with two disruptions and nothing lost, unless said otherwise. */
export const resultOf = (change: Partial<VariantResult> = {}): VariantResult => ({
  variant: variantOf(),
  maxSendDelayMs: 1,
  total: countsOf(1000, 0),
  before: countsOf(200, 0),
  during: countsOf(600, 0),
  after: countsOf(200, 0),
  seconds: 10,
  learning: null,
  disruptions: [
    { startMs: 2000, endMs: 4000 },
    { startMs: 4000, endMs: 8000 },
  ],
  pods: [podOf(2100), podOf(5000)],
  requests: [],
  perSecond: [],
  propagation: [],
  contract: null,
  recommendations: [],
  ...change,
})
