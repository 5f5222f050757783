import type { DrainReport } from '../drain-server/report/report.ts'
import { isReportProblem, parseDrainReport } from './drain-report.ts'
import type { ContainerEnd, Deletion, Timeline } from './timeline.ts'
import type { WindowEntry } from './window.ts'

/** Why a drain proves nothing about P. It is then never counted, least of all as fast. */
export type UninformativeReason =
  /** The deletion was not seen, or only when its grace was already 0: no moment to count from. */
  | 'deletionUnknown'
  /** No container left a drain report that can be read. */
  | 'noReport'
  /** The container ended before the pod was deleted: its report tells of another end. */
  | 'endedBeforeDeletion'
  /** Somebody called the drain endpoint; routing had no reason to stop. */
  | 'notTriggeredByDeletion'
  /** The traffic before the drain was watched for less than a second: no rate can be told. */
  | 'windowTooShort'
  /** Too few connections came before the drain for a silence to mean anything. */
  | 'lowTraffic'
  /** The listener closed before a silence could have meant anything. */
  | 'closedTooEarly'
  /** The wait for routing was cut off: a process stuck in its event loop sees nothing arrive, which looks like silence. */
  | 'cutOff'
  /** The drain began late (a preStop sleep) and nothing came after: P is over, but nobody saw when. */
  | 'drainBeganLate'

/** What one drain says about P, the time from deletion until no new connection is routed to the pod. */
export type Propagation =
  /** P is at most this, except with the chance of 5 % that {@link resolutionMs} leaves. */
  | { kind: 'measured'; valueMs: number }
  /** Connections came up to the close: P is at least this. */
  | { kind: 'beyond'; atLeastMs: number }
  | { kind: 'uninformative'; reason: UninformativeReason; message: string }

export interface Sample {
  podUid: string
  podName: string
  propagation: Propagation
  /** By Service: deletion to EndpointSlice flip, both as the operator saw them; 0 when the flip was seen first. */
  apiToSliceMs: Readonly<Record<string, number>>
  /** Deletion to drain start; absent without a deletion and a report. */
  offsetMs?: number
  /** How far the pod's clock was seen to be ahead (positive) or behind (negative) at the least; 0 when plausible. */
  clockSkewMs?: number
  /** The silence that counts as proof at this traffic. */
  resolutionMs?: number
  /** Deletion to the last new request on an old connection. Nothing in Kubernetes cuts those: not used for P. */
  lateRequestMs?: number
  /** The longest request of the process; beyond when the deadline cut requests off. */
  longestRequest?: WindowEntry
}

/** A longer silence than this needs too much patience to be proof. */
export const longestResolutionMs = 5000
/** A drain that began later than this after the deletion, and then saw nothing, was blind while it mattered. */
export const longestBlindMs = 1000
const shortestWindowMs = 1000

/**
 * The silence that has a chance of e^-3 (5 %) while routing is still open. At a known rate that is 3 / rate; the rate
 * is only known from the connections counted before the drain, and `window x (e^(3/n) - 1)` is the same silence with
 * that uncertainty in it (Poisson arrivals: window / (window + silence) has the distribution Beta(n, 1)). It is
 * 3 / rate for many connections, 1.7 times as much for three, infinite for none.
 */
export function resolutionMs({ windowMs, newConnections }: { windowMs: number; newConnections: number }): number {
  return newConnections === 0 ? Infinity : windowMs * Math.expm1(3 / newConnections)
}

/** What one pod's termination says. `container` names the one that drains; by default the one that left a report. */
export function sampleOf(timeline: Timeline, container?: string): Sample {
  const { podUid, podName, deletion } = timeline
  const about = { podUid, podName, apiToSliceMs: deletion === undefined ? {} : apiToSlice(timeline, deletion) }
  const left = reportOf(timeline, container)
  if (left === undefined) {
    return { ...about, propagation: uninformative('noReport', 'no container left a drain report') }
  }
  const { report, end } = left
  const longestRequest = { ms: report.longestRequestMs, beyond: report.forced.requests > 0 }
  if (deletion === undefined || deletion.graceSeconds === 0) {
    const propagation = uninformative('deletionUnknown', 'the deletion was not seen before the grace period was over')
    return { ...about, longestRequest, propagation }
  }
  if (endedBefore(end, deletion)) {
    const propagation = uninformative('endedBeforeDeletion', `${end.container} ended before the pod was deleted`)
    return { ...about, longestRequest, propagation }
  }
  const { offsetMs, clockSkewMs } = offsetOf(report, end, deletion, timeline.goneAtMs)
  const lastRequestMs = report.late.requests.lastMs
  return {
    ...about,
    longestRequest,
    offsetMs,
    clockSkewMs,
    resolutionMs: resolutionMs(report.before),
    ...(lastRequestMs === null ? {} : { lateRequestMs: offsetMs + lastRequestMs }),
    propagation: propagationOf(report, offsetMs, deletion.exact),
  }
}

/** The window entry of a sample; undefined when it is not informative. */
export function windowEntryOf(propagation: Propagation): WindowEntry | undefined {
  if (propagation.kind === 'measured') return { ms: propagation.valueMs, beyond: false }
  if (propagation.kind === 'beyond') return { ms: propagation.atLeastMs, beyond: true }
  return undefined
}

/** The first readable report, by container name, or that of one container. */
export function reportOf(
  timeline: Timeline,
  container?: string,
): { report: DrainReport; end: ContainerEnd } | undefined {
  return Object.values(timeline.containers)
    .filter((end) => container === undefined || end.container === container)
    .sort((left, right) => (left.container < right.container ? -1 : 1))
    .map((end) => ({ report: parseDrainReport(end.message), end }))
    .find((found): found is { report: DrainReport; end: ContainerEnd } => !isReportProblem(found.report))
}

/**
 * Whether a container was over before the deletion. As the operator saw it when it saw the deletion happen; otherwise
 * by the node's clock against the API server's, with the second that both are cut to.
 */
export function endedBefore(end: ContainerEnd, deletion: Deletion): boolean {
  if (deletion.exact) return end.seenAtMs <= deletion.deletionSeenAtMs
  return Date.parse(end.finishedAt ?? '') + 1000 < deletion.deletionSeenAtMs
}

function propagationOf(report: DrainReport, offsetMs: number, exact: boolean): Propagation {
  const { before, late } = report
  if (report.trigger === 'call') {
    return uninformative('notTriggeredByDeletion', 'the drain was called by hand, not begun by the deletion')
  }
  if (before.windowMs < shortestWindowMs) {
    return uninformative('windowTooShort', `traffic was watched for ${round(before.windowMs)} ms before the drain`)
  }
  const silenceMs = resolutionMs(before)
  if (silenceMs > longestResolutionMs) {
    const traffic = `${before.newConnections} new connections in ${round(before.windowMs)} ms before the drain`
    return uninformative('lowTraffic', `${traffic}: only a silence above ${longestResolutionMs} ms would be proof`)
  }
  const lastMs = late.connections.lastMs
  const openMs = report.listenerClosedMs ?? report.finishedMs
  if (report.converged?.by === 'cutOff') {
    return uninformative('cutOff', `the drain was cut off after ${round(openMs)} ms, while it waited for routing`)
  }
  if (lastMs === null && openMs < silenceMs) {
    return uninformative('closedTooEarly', `closed after ${round(openMs)} ms, proof takes ${round(silenceMs)} ms`)
  }
  if (lastMs === null && offsetMs > longestBlindMs) {
    return uninformative(
      'drainBeganLate',
      `the drain began ${round(offsetMs)} ms after the deletion, nothing came then`,
    )
  }
  if (lastMs !== null && openMs - lastMs < silenceMs) {
    // A reconstructed deletion is up to 1 s too early, so this much of the offset may not be real.
    return { kind: 'beyond', atLeastMs: Math.max(0, offsetMs - (exact ? 0 : 1000)) + lastMs }
  }
  return { kind: 'measured', valueMs: offsetMs + (lastMs ?? 0) + silenceMs }
}

/**
 * Deletion (operator's clock) to drain start (pod's clock). No drain begins before the deletion, and none ends after
 * the operator saw the container end: what lies outside is clock skew, and is cut off.
 */
function offsetOf(
  report: DrainReport,
  end: ContainerEnd,
  deletion: Deletion,
  goneAtMs: number | undefined,
): { offsetMs: number; clockSkewMs: number } {
  const readMs = Date.parse(report.drainStartedAt) - deletion.deletionSeenAtMs
  const endSeenAtMs = Math.min(end.seenAtMs, goneAtMs ?? Infinity)
  const latestMs = Math.max(0, endSeenAtMs - deletion.deletionSeenAtMs - report.finishedMs)
  const offsetMs = Math.min(Math.max(0, readMs), latestMs)
  return { offsetMs, clockSkewMs: readMs - offsetMs }
}

function apiToSlice(timeline: Timeline, deletion: Deletion): Record<string, number> {
  const flips = Object.entries(timeline.slices)
  return Object.fromEntries(flips.map(([service, atMs]) => [service, Math.max(0, atMs - deletion.deletionSeenAtMs)]))
}

function uninformative(reason: UninformativeReason, message: string): Propagation {
  return { kind: 'uninformative', reason, message }
}

function round(ms: number): number {
  return Math.round(ms)
}
