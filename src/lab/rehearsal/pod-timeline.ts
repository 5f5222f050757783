import type { PodTimeline } from '../result.ts'
import type { ObservedPod } from './pod-log.ts'

/** What a rehearsal reads of a drain report; `drain-server` writes it. */
interface Report {
  schema?: string
  drainStartedAt?: string
  listenerClosedMs?: number | null
  verdict?: string
  late?: { connections?: { lastMs?: number | null }; requests?: { lastMs?: number | null } }
}

const killed = 137

/** A pod's life, counted from a start; what its drain report says is put on the same clock. */
export function podTimeline(pod: ObservedPod, startMs: number): PodTimeline {
  const since = (ms: number | null): number | null => (ms === null ? null : Math.round((ms - startMs) * 10) / 10)
  const report = readReport(pod.terminationMessage)
  const drainMs = report?.drainStartedAt === undefined ? Number.NaN : Date.parse(report.drainStartedAt)
  const drainStartMs = Number.isNaN(drainMs) ? null : drainMs
  const inDrain = (ms: number | null | undefined): number | null =>
    drainStartMs === null || ms === null || ms === undefined ? null : since(drainStartMs + ms)
  const { connections, requests } = report?.late ?? {}
  const lateMs = [connections?.lastMs, requests?.lastMs].filter((ms) => ms !== null && ms !== undefined)
  return {
    name: pod.name,
    node: pod.node,
    readyMs: since(pod.readyMs),
    deletedMs: since(pod.deletedMs),
    sliceFlippedMs: since(pod.sliceFlippedMs),
    drainStartMs: since(drainStartMs),
    lastLateMs: lateMs.length === 0 ? null : inDrain(Math.max(...lateMs)),
    listenerClosedMs: inDrain(report?.listenerClosedMs),
    exitedMs: since(pod.endedMs ?? pod.goneMs),
    exitCode: pod.exitCode,
    ending: endingOf(pod, report),
  }
}

/** When its listener closed, as its drain report says, on the wall clock. */
export function closedMs({ terminationMessage }: ObservedPod): number | null {
  const { drainStartedAt = '', listenerClosedMs = null } = readReport(terminationMessage) ?? {}
  const startMs = Date.parse(drainStartedAt)
  return Number.isNaN(startMs) || listenerClosedMs === null ? null : startMs + listenerClosedMs
}

function endingOf(
  { exitCode, exitReason, deletedMs, endedMs, graceSeconds }: ObservedPod,
  report?: Report,
): string | null {
  if (report?.verdict === 'forced') return 'forced'
  const tookSeconds = deletedMs === null || endedMs === null ? null : (endedMs - deletedMs) / 1000
  // 137 is SIGKILL by anybody; only at the end of the grace period is it kubelet's.
  const atGrace = tookSeconds !== null && graceSeconds !== null && tookSeconds >= graceSeconds - 1
  if (exitCode === killed && exitReason !== 'OOMKilled' && atGrace) return 'killed at grace'
  return exitReason
}

function readReport(message: string | null): Report | undefined {
  if (message === null || !message.includes('drainkeeper.dev/drain-report/')) return undefined
  try {
    return JSON.parse(message) as Report
  } catch {
    return undefined
  }
}
