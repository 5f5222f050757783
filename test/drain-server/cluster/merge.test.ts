import { describe, expect, test } from 'vitest'
import { mergeMetrics } from '../../../src/drain-server/cluster/merge-metrics.ts'
import { mergeReports } from '../../../src/drain-server/cluster/merge-reports.ts'
import { drainReportSchema } from '../../../src/drain-server/index.ts'
import type { DrainReport } from '../../../src/drain-server/index.ts'

const primary = {
  schema: drainReportSchema,
  trigger: 'signal',
  drainStartedAt: '2026-01-01T00:00:00.000Z',
  drainDelayMs: 1000,
  deadlineMs: 28_000,
  finishedMs: 5000,
  verdict: 'clean',
  exitCode: 0,
} as const

const one: DrainReport = {
  ...primary,
  finishedMs: 2000,
  drainDelayMs: 900,
  listenerClosedMs: 1010,
  converged: { by: 'delay', atMs: 1000 },
  before: { windowMs: 60_000, newConnections: 1, requests: 2 },
  late: {
    connections: { count: 3, lastMs: 500 },
    requests: { count: 0, lastMs: null },
    peers: [{ address: '10.0.0.1', connections: 3, requests: 0, lastMs: 500 }],
  },
  inFlight: { atDrainStart: 4, atListenerClose: 5, atDeadline: 6 },
  longestRequestMs: 70,
  forced: { connections: 0, requests: 0 },
  hooks: [{ name: 'pool', phase: 'drain', durationMs: 5, outcome: 'ok' }],
  errors: { count: 1, first: null },
}

const other: DrainReport = {
  ...one,
  drainDelayMs: 1100,
  listenerClosedMs: 1500,
  converged: { by: 'quiet', atMs: 1490 },
  before: { windowMs: 50_000, newConnections: 10, requests: 20 },
  late: {
    connections: { count: 30, lastMs: 400 },
    requests: { count: 40, lastMs: 800 },
    peers: [
      { address: '10.0.0.1', connections: 20, requests: 40, lastMs: 400 },
      { address: '10.0.0.2', connections: 10, requests: 0, lastMs: 800 },
    ],
  },
  inFlight: { atDrainStart: 40, atListenerClose: 50, atDeadline: 60 },
  longestRequestMs: 60,
  forced: { connections: 7, requests: 8 },
  errors: { count: 2, first: 'Error: boom' },
  verdict: 'forced',
}

describe('reports of workers', () => {
  test('are counted from the drain start of the primary, and end when it ends', () => {
    const earlier = { ...one, drainStartedAt: '2025-12-31T23:59:59.400Z' }
    const { listenerClosedMs, converged, late } = mergeReports(primary, [earlier])
    expect({ listenerClosedMs, converged, late }).toEqual({
      listenerClosedMs: 410,
      converged: { by: 'delay', atMs: 400 },
      late: {
        connections: { count: 3, lastMs: 0 },
        requests: { count: 0, lastMs: null },
        peers: [{ address: '10.0.0.1', connections: 3, requests: 0, lastMs: 0 }],
      },
    })
    const later = { ...other, drainStartedAt: '2026-01-01T00:00:04.300Z' }
    expect(mergeReports(primary, [later])).toMatchObject({
      listenerClosedMs: 5000,
      late: { connections: { lastMs: 4700 }, requests: { lastMs: 5000 } },
    })
  })

  test('are added up; of times the latest counts, of verdicts the worst', () => {
    expect(mergeReports(primary, [one, other])).toEqual({
      ...primary,
      drainDelayMs: 1100,
      listenerClosedMs: 1500,
      converged: { by: 'quiet', atMs: 1490 },
      before: { windowMs: 60_000, newConnections: 11, requests: 22 },
      late: {
        connections: { count: 33, lastMs: 500 },
        requests: { count: 40, lastMs: 800 },
        peers: [
          { address: '10.0.0.2', connections: 10, requests: 0, lastMs: 800 },
          { address: '10.0.0.1', connections: 23, requests: 40, lastMs: 500 },
        ],
      },
      inFlight: { atDrainStart: 44, atListenerClose: 55, atDeadline: 66 },
      longestRequestMs: 70,
      forced: { connections: 7, requests: 8 },
      hooks: [one.hooks?.[0], one.hooks?.[0]],
      errors: { count: 3, first: 'Error: boom' },
      verdict: 'forced',
    })
  })

  test('without what is optional make one without it', () => {
    const { converged: _converged, hooks: _hooks, errors: _errors, ...plain } = one
    const { peers: _peers, ...late } = one.late
    const merged = mergeReports(primary, [{ ...plain, late }])
    expect(merged).not.toHaveProperty('converged')
    expect(merged).not.toHaveProperty('hooks')
    expect(merged).not.toHaveProperty('errors')
    expect(merged.late).not.toHaveProperty('peers')
    expect(merged.verdict).toBe('clean')
  })

  test('one of which closed no listener leave it open, whatever the others did', () => {
    expect(mergeReports(primary, [one, { ...other, listenerClosedMs: null }]).listenerClosedMs).toBeNull()
  })

  test('of no worker are the primary alone, and its verdict stays', () => {
    expect(mergeReports({ ...primary, verdict: 'forced' }, [])).toMatchObject({
      verdict: 'forced',
      longestRequestMs: 0,
      late: { connections: { count: 0, lastMs: null } },
    })
  })

  test('fit into a termination message together', () => {
    const peers = (worker: number) =>
      Array.from({ length: 8 }, (_, index) => ({
        address: `2001:db8:0:0:0:0:${worker}:${index}`,
        connections: 1,
        requests: 1,
        lastMs: index,
      }))
    const hooks = Array.from({ length: 32 }, () => ({
      name: 'a name of some length',
      phase: 'drain' as const,
      durationMs: 1,
      outcome: 'ok' as const,
    }))
    const workers = Array.from({ length: 16 }, (_, worker) => ({
      ...one,
      late: { ...one.late, peers: peers(worker) },
      hooks,
    }))
    const merged = mergeReports(primary, workers)
    expect(merged.late.peers).toHaveLength(8)
    expect(Buffer.byteLength(JSON.stringify(merged))).toBeLessThan(4096)
  })
})

describe('metrics of workers', () => {
  test('are added up by series; versions, phases and hook durations are not', () => {
    const text = (count: number, phase: number, hooks: string[] = []) =>
      [
        '# HELP drain_server_info The version.',
        '# TYPE drain_server_info gauge',
        'drain_server_info{version="1.0.0"} 1',
        '# HELP drain_server_requests_total Requests.',
        '# TYPE drain_server_requests_total counter',
        `drain_server_requests_total{code="2xx"} ${count}`,
        `drain_server_requests_total{code="5xx"} ${count / 2}`,
        '# HELP drain_server_phase The phase.',
        '# TYPE drain_server_phase gauge',
        `drain_server_phase{phase="serving"} ${phase}`,
        '# HELP drain_server_hook_duration_seconds Hooks.',
        '# TYPE drain_server_hook_duration_seconds gauge',
        ...hooks,
        '',
      ].join('\n')
    const hook = 'drain_server_hook_duration_seconds{hook="a b"}'
    const merged = mergeMetrics([text(1, 1), text(2, 0, [`${hook} 0.5`]), text(4, 1, [`${hook} 0.25`])])
    expect(merged).toBe(text(7, 1, [`${hook} 0.5`]))
  })

  test('of no worker are none', () => {
    expect(mergeMetrics([])).toBe('')
  })

  test('a sample before any head belongs nowhere', () => {
    expect(mergeMetrics(['stray 1\n'])).toBe('')
  })
})
