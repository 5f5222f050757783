import { describe, expect, test } from 'vitest'
import { agreement, type AgentRun, groundTruth, type PodTruth } from '../../src/lab/index.ts'
import { httpServer, records as recordsOf, startLoad } from './loopback.ts'
import { every, lostAt, recordAt } from './record-builder.ts'

/** Probes each 5 ms from 0 to 30 s; each fourth reaches `old` until routing ends, the others `new`. */
const probed = (
  routedUntilMs: number,
  change: (records: AgentRun['records']) => AgentRun['records'] = (same) => same,
) => {
  const records = every(5, 0, 30_000).map((atMs, index) =>
    recordAt(atMs, { pod: index % 4 === 0 && atMs < routedUntilMs ? 'old' : 'new' }),
  )
  return { scheduled: records.length, offsetMs: 0, records: change(records) }
}

const deletion = { pod: 'old', deletedMs: 10_000, endedMs: null }
const truth = (runs: readonly AgentRun[], endedMs: number | null = null): PodTruth =>
  groundTruth(runs, [{ ...deletion, endedMs }])[0]!

describe('the truth of a deleted pod', () => {
  test('is the last new connection that it answered, on the slowest node', () => {
    const found = truth([
      { node: 'a', ...probed(10_100) },
      { node: 'b', ...probed(10_481) },
    ])
    expect(found).toMatchObject({ pod: 'old', deletedMs: 10_000, verdict: 'known', propagationMs: 480 })
    expect(found.nodes).toMatchObject([
      { node: 'a', verdict: 'known', propagationMs: 80 },
      { node: 'b', verdict: 'known', propagationMs: 480 },
    ])
  })

  test('is known to ln(20) mean gaps of the pod’s answers, and the probes’ own gap', () => {
    expect(truth([{ node: 'a', ...probed(10_100) }]).resolutionMs).toBeCloseTo(Math.log(20) * 20 + 5, 6)
  })

  test('is on the controller’s clock', () => {
    const { records, scheduled } = probed(9_481)
    expect(truth([{ node: 'a', scheduled, records, offsetMs: 1000 }])).toMatchObject({ propagationMs: 480 })
  })

  test('is 0 when no connection reached it after its deletion', () => {
    expect(truth([{ node: 'a', ...probed(9_990) }])).toMatchObject({ verdict: 'known', propagationMs: 0 })
  })

  test('takes when a connection was opened, not when it was answered', () => {
    const late = probed(10_100, (records) => records.map((record) => ({ ...record, doneMs: record.doneMs + 3000 })))
    expect(truth([{ node: 'a', ...late }])).toMatchObject({ propagationMs: 80, answeredMs: 3081 })
  })

  test('counts the probes that failed from the deletion to the end of the pod', () => {
    const failing = probed(10_100, (records) =>
      records.map((record) => (record.scheduledMs % 1000 === 0 ? lostAt(record.scheduledMs, 'ECONNREFUSED') : record)),
    )
    expect(truth([{ node: 'a', ...failing }], 13_000).nodes[0]).toMatchObject({ failedProbes: 4 })
  })

  test.each([
    ['the pod was never seen', probed(0), null, 'unprobed'],
    [
      'the pod was seen nine times before',
      probed(10_100, (all) => all.filter(({ scheduledMs }) => scheduledMs > 9800)),
      null,
      'unprobed',
    ],
    [
      'the pod was seen ten times before',
      probed(10_100, (all) => all.filter(({ scheduledMs }) => scheduledMs > 9780)),
      null,
      'known',
    ],
    [
      'probing ended with it',
      probed(10_100, (all) => all.filter(({ scheduledMs }) => scheduledMs < 10_120)),
      null,
      'unprobed',
    ],
    ['the pod ended while it was routed to', probed(10_481), 10_490, 'cut-short'],
    ['the pod ended well after', probed(10_481), 12_000, 'known'],
  ] as const)('when %s, it is told', (_sentence, run, endedMs, verdict) => {
    expect(truth([{ node: 'a', ...run }], endedMs).verdict).toBe(verdict)
  })

  test('is as uncertain as its worst node', () => {
    const found = truth([
      { node: 'a', ...probed(10_100) },
      { node: 'b', ...probed(0) },
    ])
    expect(found).toMatchObject({ verdict: 'unprobed', propagationMs: 80, resolutionMs: Number.POSITIVE_INFINITY })
    expect(truth([]).verdict).toBe('unprobed')
  })

  test('is less certain by a stall of the probes', () => {
    const stalled = probed(10_100, (all) =>
      all.filter(({ scheduledMs }) => scheduledMs <= 10_080 || scheduledMs >= 10_380),
    )
    expect(truth([{ node: 'a', ...stalled }]).resolutionMs).toBeCloseTo(Math.log(20) * 20 + 300, 6)
  })
})

test('probes of a switch that stops routing at a known time give that time', async () => {
  const nowMs = () => performance.timeOrigin + performance.now()
  let connections = 0
  let deletedMs = Number.NaN
  let lastRoutedMs = Number.NaN
  const port = await httpServer((_request, response) => {
    connections++
    if (connections === 80) deletedMs = nowMs()
    const old = connections % 2 === 0 && connections <= 120
    if (old) lastRoutedMs = nowMs()
    response.setHeader('x-pod', old ? 'old' : 'new')
    response.end()
  })
  const probe = startLoad(port, { mode: 'connection-per-request', ratePerSecond: 200, maxRequests: 260 })
  await probe.finished
  const found = groundTruth(
    [{ node: 'a', scheduled: 260, offsetMs: 0, records: recordsOf(probe) }],
    [{ pod: 'old', deletedMs, endedMs: null }],
  )[0]!
  expect(found.verdict).toBe('known')
  expect(found.propagationMs).toBeLessThanOrEqual(lastRoutedMs - deletedMs)
  expect(found.propagationMs).toBeGreaterThan(lastRoutedMs - deletedMs - 20)
})

describe('agreement of the operator with the truth', () => {
  const known = (pod: string, propagationMs: number, answeredMs = propagationMs): PodTruth => ({
    pod,
    deletedMs: 0,
    nodes: [],
    verdict: 'known',
    propagationMs,
    answeredMs,
    resolutionMs: 60,
  })

  test.each([
    ['within 100 ms of a short truth', 200, 300, 1],
    ['more than 100 ms from a short truth', 200, 301, 0],
    ['within 10 % of a long truth', 5000, 4500, 1],
    ['more than 10 % from a long truth', 5000, 4499, 0],
  ])('%s', (_sentence, truthMs, sampleMs, share) => {
    const samples = [{ pod: 'a', propagationMs: sampleMs }]
    expect(agreement([known('a', truthMs)], samples, { boundMs: 1, q: 0.99 })).toMatchObject({ compared: 1, share })
  })

  test.each([
    ['between the last connection’s start and its answer', 550, 0, 1],
    ['within 100 ms of its answer', 700, 100, 1],
    ['more than 100 ms after its answer', 701, 101, 0],
    ['more than 100 ms before its start', 99, -101, 0],
  ])('%s', (_sentence, sampleMs, differenceMs, share) => {
    const samples = [{ pod: 'a', propagationMs: sampleMs }]
    const found = agreement([known('a', 200, 600)], samples, { boundMs: 1, q: 0.99 })
    expect(found).toMatchObject({ share, worst: { pod: 'a', sampleMs, startedMs: 200, answeredMs: 600, differenceMs } })
  })

  test('looks at pods with a known truth and a sample, and names the worst', () => {
    const truths = [
      known('a', 100),
      known('b', 400),
      known('c', 300),
      { ...known('d', 9000), verdict: 'unprobed' as const },
    ]
    const samples = [
      { pod: 'a', propagationMs: 90 },
      { pod: 'b', propagationMs: 150 },
      { pod: 'd', propagationMs: 1 },
    ]
    const worst = { pod: 'b', sampleMs: 150, startedMs: 400, answeredMs: 400, differenceMs: -250 }
    expect(agreement(truths, samples, { boundMs: 400, q: 0.99 })).toEqual({
      known: 3,
      compared: 2,
      agreeing: 1,
      share: 0.5,
      worst,
      differences: [worst, { pod: 'a', sampleMs: 90, startedMs: 100, answeredMs: 100, differenceMs: -10 }],
      truthQuantileMs: 400,
      boundCovers: true,
    })
    expect(agreement(truths, samples, { boundMs: 399, q: 0.99 }).boundCovers).toBe(false)
  })

  test('leaves out a pod that took more than a second to answer: any sample would agree', () => {
    const samples = [{ pod: 'a', propagationMs: 900 }]
    const share = (answeredMs: number) =>
      agreement([known('a', 200, answeredMs)], samples, { boundMs: 1, q: 0.99 }).share
    expect(share(1200)).toBe(1)
    expect(share(1201)).toBeNull()
  })

  test('says nothing about nothing', () => {
    expect(agreement([], [], { boundMs: 1, q: 0.99 })).toMatchObject({ share: null, worst: null, boundCovers: null })
  })
})
