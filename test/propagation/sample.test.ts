import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  containerTerminated,
  gone,
  longestResolutionMs,
  newTimeline,
  type Propagation,
  resolutionMs,
  type Sample,
  sampleOf,
  sliceFlipped,
  type UninformativeReason,
  windowEntryOf,
} from '../../src/propagation/index.ts'
import { deletedAtMs, type Ending, ended, report } from './fixtures.ts'

const busy = { windowMs: 10_000, newConnections: 1000, requests: 4000 }
const none = { count: 0, lastMs: null }
const silence = resolutionMs(busy)
const startedAfter = (ms: number): string => new Date(deletedAtMs + ms).toISOString()
const lateConnection = (lastMs: number) => ({ connections: { count: 1, lastMs }, requests: none })
const silent = { connections: none, requests: none }

describe('the silence that counts as proof', () => {
  it.each<[string, number, number, number]>([
    ['is 3 / rate at much traffic', 60_000, 60_000, 3],
    ['is 3 % more than that for 50 connections', 10_000, 50, 618],
    ['is 1.7 times as much for three', 10_000, 3, 17_183],
  ])('%s', (_, windowMs, newConnections, expected) => {
    expect(Math.round(resolutionMs({ windowMs, newConnections }))).toBe(expected)
  })

  it('never comes without traffic', () => {
    expect(resolutionMs({ windowMs: 60_000, newConnections: 0 })).toBe(Infinity)
  })
})

describe('a drain tells about P', () => {
  it.each<[string, Ending, Propagation]>([
    [
      'offset + last late connection + silence',
      { report: report({ late: lateConnection(400) }) },
      { kind: 'measured', valueMs: 50 + 400 + silence },
    ],
    [
      'without late connections: over by the first one that was to be expected',
      { report: report({ late: silent }) },
      { kind: 'measured', valueMs: 50 + silence },
    ],
    [
      'late requests on old connections say nothing',
      { report: report({ late: { connections: none, requests: { count: 9, lastMs: 1900 } } }) },
      { kind: 'measured', valueMs: 50 + silence },
    ],
    [
      'connections up to the close: at least the last one',
      { report: report({ late: lateConnection(1990) }) },
      { kind: 'beyond', atLeastMs: 2040 },
    ],
    [
      'one silence before the close is enough',
      { report: report({ late: lateConnection(2000 - silence) }) },
      { kind: 'measured', valueMs: 2050 },
    ],
    [
      'up to the end when the listener was never closed',
      { report: report({ listenerClosedMs: null, late: lateConnection(2490) }) },
      { kind: 'beyond', atLeastMs: 2540 },
    ],
    [
      'beyond a deletion that was reconstructed: without the second that may not be real',
      {
        exact: false,
        report: report({ drainStartedAt: startedAfter(1300), late: lateConnection(1990) }),
        endSeenMs: 9000,
      },
      { kind: 'beyond', atLeastMs: 300 + 1990 },
    ],
    [
      'a late drain start that still saw connections',
      { report: report({ drainStartedAt: startedAfter(3000), late: lateConnection(400) }), endSeenMs: 9000 },
      { kind: 'measured', valueMs: 3400 + silence },
    ],
  ])('%s', (_, ending, propagation) => {
    expect(sampleOf(ended(ending)).propagation).toEqual(propagation)
  })

  it.each<[string, UninformativeReason, Ending]>([
    ['there is no report', 'noReport', { message: '' }],
    ['the report cannot be true', 'noReport', { message: '{"schema":"drainkeeper.dev/drain-report/v1"}' }],
    ['the grace was over when it was seen', 'deletionUnknown', { graceSeconds: 0 }],
    ['the container ended before', 'endedBeforeDeletion', { endSeenMs: 0 }],
    ['the container ended before a start-up', 'endedBeforeDeletion', { exact: false, endSeenMs: -3000 }],
    ['somebody called the drain', 'notTriggeredByDeletion', { report: report({ trigger: 'call' }) }],
    ['the process was too young', 'windowTooShort', { report: report({ before: { ...busy, windowMs: 900 } }) }],
    [
      'there was no traffic',
      'lowTraffic',
      { report: report({ before: { ...busy, newConnections: 0 }, late: silent }) },
    ],
    ['there was little traffic', 'lowTraffic', { report: report({ before: { ...busy, newConnections: 7 } }) }],
    ['it closed too early', 'closedTooEarly', { report: report({ listenerClosedMs: silence - 1, late: silent }) }],
    [
      'it was cut off while it waited for routing',
      'cutOff',
      { report: report({ converged: { by: 'cutOff', atMs: 4000 }, listenerClosedMs: null }) },
    ],
    [
      'it began late and then saw nothing',
      'drainBeganLate',
      { report: report({ drainStartedAt: startedAfter(1001), late: silent }), endSeenMs: 9000 },
    ],
  ])('nothing when %s', (_, reason, ending) => {
    const { propagation } = sampleOf(ended(ending))
    expect(propagation).toMatchObject({ kind: 'uninformative', reason })
    expect(windowEntryOf(propagation)).toBeUndefined()
  })

  it('nothing when the deletion was never seen', () => {
    const seen = ended()
    const timeline = containerTerminated(newTimeline(seen), seen.containers['app'] as never)
    expect(sampleOf(timeline).propagation).toMatchObject({ reason: 'deletionUnknown' })
    expect(sampleOf(timeline).longestRequest).toEqual({ ms: 1840, beyond: false })
  })

  it('never a value below the silence, never with a silence above the limit', () => {
    const reports = fc.record({
      before: fc.record({ windowMs: fc.nat(90_000), newConnections: fc.nat(2000), requests: fc.nat(9) }),
      late: fc.option(fc.nat(2000)).map((ms) => (ms === null ? silent : lateConnection(ms))),
      listenerClosedMs: fc.option(fc.integer({ min: 0, max: 2500 })),
      drainStartedAt: fc.integer({ min: -5000, max: 9000 }).map(startedAfter),
    })
    fc.assert(
      fc.property(reports, (part) => {
        const { propagation } = sampleOf(ended({ report: report(part) }))
        if (propagation.kind !== 'measured') return
        const proof = resolutionMs(part.before)
        expect(proof).toBeLessThanOrEqual(longestResolutionMs)
        expect(propagation.valueMs).toBeGreaterThanOrEqual((part.late.connections.lastMs ?? 0) + proof)
        expect(part.before.newConnections).toBeGreaterThan(0)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('clock skew between operator and pod', () => {
  // The pod's own end is at 2500 ms after drain start, and the operator saw it 2590 ms after the deletion.
  it.each<[string, number, Partial<Sample>]>([
    ['plausible: nothing is cut', 50, { offsetMs: 50, clockSkewMs: 0 }],
    ['pod behind: no drain begins before the deletion', -700, { offsetMs: 0, clockSkewMs: -700 }],
    ['pod ahead: no drain ends after the operator saw the end', 1790, { offsetMs: 90, clockSkewMs: 1700 }],
  ])('%s', (_, startedMs, expected) => {
    const left = report({ drainStartedAt: startedAfter(startedMs), late: lateConnection(400) })
    const sample = sampleOf(ended({ report: left, endSeenMs: 2590 }))
    expect(sample).toMatchObject(expected)
    expect(sample.propagation).toMatchObject({ valueMs: (expected.offsetMs ?? 0) + 400 + silence })
  })

  it('counts from the pod being gone when that was seen first', () => {
    const left = report({ drainStartedAt: startedAfter(1790) })
    expect(sampleOf(gone(ended({ report: left, endSeenMs: 9000 }), deletedAtMs + 2520)).offsetMs).toBe(20)
  })
})

describe('a sample also tells', () => {
  it('the API to slice time of each Service, never below 0', () => {
    const flips = sliceFlipped(sliceFlipped(ended(), 'web', deletedAtMs + 30), 'grpc', deletedAtMs - 4)
    expect(sampleOf(flips).apiToSliceMs).toEqual({ web: 30, grpc: 0 })
  })

  it('the last late request, from the deletion on', () => {
    expect(sampleOf(ended()).lateRequestMs).toBe(950)
    expect(sampleOf(ended({ report: report({ late: silent }) }))).not.toHaveProperty('lateRequestMs')
  })

  it('the longest request, as a minimum when the deadline cut requests off', () => {
    const forced = report({ forced: { connections: 1, requests: 1 }, verdict: 'forced' })
    expect(sampleOf(ended()).longestRequest).toEqual({ ms: 1840, beyond: false })
    expect(sampleOf(ended({ report: forced })).longestRequest).toEqual({ ms: 1840, beyond: true })
  })

  it('what the named container left, not another one', () => {
    const app = ended().containers['app']
    if (app === undefined) throw new Error('the fixture has a container')
    const other = { ...app, container: 'aaa', message: JSON.stringify(report({ longestRequestMs: 7 })) }
    const both = containerTerminated(ended(), other)
    expect(sampleOf(both, 'app').longestRequest?.ms).toBe(1840)
    expect(sampleOf(both).longestRequest?.ms).toBe(7)
    expect(sampleOf(both, 'nobody').propagation).toMatchObject({ reason: 'noReport' })
  })
})
