import { type DrainReport, drainReportSchema } from '../../src/drain-server/report/report.ts'
import { begin, containerTerminated, newTimeline, type Timeline } from '../../src/propagation/index.ts'

export const deletedAtMs = Date.parse('2026-03-01T12:00:00.000Z')

/** A drain of a busy server: 100 connections/s before, the last late connection 400 ms after drain start. */
export function report(overrides: Partial<DrainReport> = {}): DrainReport {
  return {
    schema: drainReportSchema,
    trigger: 'preStop',
    drainStartedAt: new Date(deletedAtMs + 50).toISOString(),
    drainDelayMs: 2000,
    deadlineMs: 25_000,
    listenerClosedMs: 2000,
    finishedMs: 2500,
    before: { windowMs: 10_000, newConnections: 1000, requests: 4000 },
    late: { connections: { count: 40, lastMs: 400 }, requests: { count: 7, lastMs: 900 } },
    inFlight: { atDrainStart: 5, atListenerClose: 2, atDeadline: 0 },
    longestRequestMs: 1840,
    forced: { connections: 0, requests: 0 },
    verdict: 'clean',
    ...overrides,
  }
}

export interface Ending {
  report?: DrainReport
  message?: string
  exitCode?: number
  reason?: string
  graceSeconds?: number
  exact?: boolean
  /** After the deletion. */
  endSeenMs?: number
}

/** A pod that was deleted and whose container `app` ended. */
export function ended(ending: Ending = {}): Timeline {
  const { graceSeconds = 30, exact = true, exitCode = 0, reason = 'Completed' } = ending
  const left = ending.report ?? report()
  const endSeenAtMs = deletedAtMs + (ending.endSeenMs ?? 50 + left.finishedMs + 40)
  const deletionTimestamp = new Date(deletedAtMs + graceSeconds * 1000).toISOString()
  const deleted = begin(newTimeline({ podUid: 'uid-1', podName: 'app-1' }), {
    deletionSeenAtMs: deletedAtMs,
    deletionTimestamp,
    graceSeconds,
    exact,
  })
  return containerTerminated(deleted, {
    container: 'app',
    exitCode,
    reason,
    message: ending.message ?? JSON.stringify(left),
    finishedAt: new Date(Math.floor(endSeenAtMs / 1000) * 1000).toISOString(),
    seenAtMs: endSeenAtMs,
  })
}
