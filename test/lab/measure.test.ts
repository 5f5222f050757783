import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  judge,
  measureRun,
  mergeRuns,
  quantile,
  requestOutcome,
  type RunEvidence,
  splitByIntervals,
} from '../../src/lab/index.ts'
import { every, lostAt, recordAt } from './record-builder.ts'

describe('quantile by nearest rank', () => {
  test.each([
    ['nothing has none', [], 0.5, null],
    ['one value is each of them', [7], 0.99, 7],
    ['half of four values is the second', [40, 10, 30, 20], 0.5, 20],
    ['p95 of twenty is the nineteenth', every(1, 1, 21), 0.95, 19],
    ['p99 of twenty is the largest', every(1, 1, 21), 0.99, 20],
    ['0 is the smallest', [3, 1, 2], 0, 1],
    ['numbers are sorted as numbers', [9, 10, 100], 0.5, 10],
  ])('%s', (_sentence, values, q, expected) => {
    expect(quantile(values, q)).toBe(expected)
  })

  test('at least a share q of the values does not exceed it, and less than q is below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (values, q) => {
          const value = quantile(values, q)!
          expect(values.filter((other) => other <= value).length).toBeGreaterThanOrEqual(q * values.length)
          expect(values.filter((other) => other < value).length).toBeLessThan(q * values.length)
        },
      ),
    )
  })
})

describe('the outcome of requests', () => {
  test('counts as lost whatever is not a 2xx answer, and what has no record', () => {
    const records = [
      recordAt(0),
      recordAt(1, { status: 204 }),
      recordAt(2, { status: 302 }),
      recordAt(3, { status: 503 }),
      lostAt(4, 'EOF'),
      lostAt(5, 'ECONNRESET'),
      lostAt(6, 'ECONNRESET'),
    ]
    expect(requestOutcome(records, 3)).toMatchObject({ requests: 10, ok: 2, lost: 8 })
    expect(Object.entries(requestOutcome(records, 3).lostByKind)).toEqual([
      ['302', 1],
      ['503', 1],
      ['UNRECORDED', 3],
      ['ECONNRESET', 2],
      ['EOF', 1],
    ])
  })

  test('has latencies from the schedule, of 2xx answers only', () => {
    const records = every(1, 0, 100).map((atMs) => recordAt(atMs, { sentMs: atMs + 5, doneMs: atMs + 10 + atMs }))
    records.push(recordAt(100, { status: 503, doneMs: 9000 }), lostAt(101, 'TIMEOUT'))
    expect(requestOutcome(records)).toMatchObject({
      latency: { p50Ms: 59, p95Ms: 104, p99Ms: 108, maxMs: 109 },
      maxSendDelayMs: 5,
    })
  })

  test('has no latency without an answer', () => {
    expect(requestOutcome([lostAt(0, 'EOF')]).latency).toBeNull()
  })

  test('always adds up', () => {
    const record = fc.oneof(
      fc.constantFrom(200, 299, 300, 199, 500).map((status) => recordAt(0, { status })),
      fc.constantFrom('EOF', 'TIMEOUT').map((code) => lostAt(0, code)),
    )
    fc.assert(
      fc.property(fc.array(record), fc.nat({ max: 5 }), (records, unrecorded) => {
        const { requests, ok, lost, lostByKind } = requestOutcome(records, unrecorded)
        expect(requests).toBe(records.length + unrecorded)
        expect(ok + lost).toBe(requests)
        expect(Object.values(lostByKind).reduce((sum, count) => sum + count, 0)).toBe(lost)
      }),
    )
  })
})

test('a request belongs to the interval that it was scheduled in, ends excluded', () => {
  const records = [10, 19.9, 20, 30, 39, 40].map((atMs) => recordAt(atMs, { doneMs: 35 }))
  const { inside, outside } = splitByIntervals(records, [
    { startMs: 10, endMs: 20 },
    { startMs: 30, endMs: 40 },
  ])
  expect(inside.map(({ scheduledMs }) => scheduledMs)).toEqual([10, 19.9, 30, 39])
  expect(outside.map(({ scheduledMs }) => scheduledMs)).toEqual([20, 40])
})

test('several agents come together on the controller’s clock, with what has no record', () => {
  const { records, unrecorded } = mergeRuns([
    { node: 'a', scheduled: 3, offsetMs: 100, records: [recordAt(0), recordAt(20, { sentMs: null })] },
    { node: 'b', scheduled: 1, offsetMs: -5, records: [recordAt(110)] },
  ])
  expect(unrecorded).toBe(1)
  expect(records).toEqual([recordAt(100), recordAt(105), recordAt(120, { sentMs: null })])
})

const evidence: RunEvidence = {
  name: 'drained',
  loads: [{ node: 'a', scheduled: 1002, offsetMs: 0, records: every(10, 0, 10_010).map((atMs) => recordAt(atMs)) }],
  probes: [],
  rollouts: [
    { startMs: 2000, endMs: 3000 },
    { startMs: 5000, endMs: 6000 },
  ],
  deletions: [],
}

test('a run is its total, its quiet time and its rollouts', () => {
  const run = measureRun(evidence)
  expect(run).toMatchObject({ name: 'drained', restarts: 2, seconds: 10, ratePerSecond: 100 })
  expect(run.total).toMatchObject({ requests: 1002, lost: 1, lostByKind: { UNRECORDED: 1 } })
  expect(run.quiet).toMatchObject({ requests: 801, lost: 0 })
  expect(run.rollouts).toMatchObject({ requests: 200, lost: 0 })
})

describe('the verdict', () => {
  const run = measureRun({ ...evidence, loads: [{ ...evidence.loads[0]!, scheduled: 1001 }] })
  const asked = { minRequests: 1001, minRatePerSecond: 100, minRestarts: 2, maxLost: 0 }

  test('passes when everything asked for was found', () => {
    expect(judge(run, asked)).toMatchObject({
      passed: true,
      sentence: 'drained lost 0 of 1,001 requests in 2 rolling restarts',
    })
  })

  test.each([
    ['a lost request', { maxLost: -1 }, 'lost: 0, at most -1 allowed'],
    ['too few requests', { minRequests: 1002 }, 'requests: 1,001, at least 1,002 asked for'],
    ['too low a rate', { minRatePerSecond: 101 }, 'requests per second: 100, at least 101 asked for'],
    ['too few restarts', { minRestarts: 3 }, 'rolling restarts: 2, at least 3 asked for'],
  ])('fails for %s, and says so', (_sentence, expectation, sentence) => {
    const { passed, checks } = judge(run, { ...asked, ...expectation })
    expect(passed).toBe(false)
    expect(checks.filter((check) => !check.passed)).toEqual([{ passed: false, sentence }])
  })

  test('names the baseline', () => {
    const naive = measureRun({ ...evidence, name: 'naive' })
    expect(judge(run, asked, naive).sentence).toBe(
      'drained lost 0 of 1,001 requests in 2 rolling restarts; naive lost 1 of 1,002 requests',
    )
  })
})
