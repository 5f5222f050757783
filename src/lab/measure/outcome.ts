import type { RequestRecord } from '../record.ts'
import { quantileOfSorted } from './quantiles.ts'

/** Milliseconds from the scheduled start to the last byte of the answer, over the 2xx answers. */
export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** What became of a set of requests. `requests = ok + lost`. */
export interface RequestOutcome {
  /** Everything that the schedule wanted, with or without a record. */
  readonly requests: number
  /** 2xx answers. */
  readonly ok: number
  readonly lost: number
  /** The lost ones by status, error code, or {@link UNRECORDED}; most frequent first. */
  readonly lostByKind: Readonly<Record<string, number>>
  /** Null without a 2xx answer. */
  readonly latency: Latency | null
  /** The largest delay between a scheduled start and the sending: above a few ms the load generator itself was late. */
  readonly maxSendDelayMs: number
}

/** The kind of a scheduled request that has no record. */
export const UNRECORDED = 'UNRECORDED'

/**
 * Counts and latencies of records.
 * @param unrecorded scheduled requests without a record; all of them count as lost.
 */
export function requestOutcome(records: readonly RequestRecord[], unrecorded = 0): RequestOutcome {
  const lost = new Map<string, number>()
  const latenciesMs: number[] = []
  let maxSendDelayMs = 0
  for (const record of records) {
    const { scheduledMs, sentMs, doneMs } = record
    if (sentMs !== null) maxSendDelayMs = Math.max(maxSendDelayMs, sentMs - scheduledMs)
    const kind = lossKind(record)
    if (kind === null) latenciesMs.push(doneMs - scheduledMs)
    else lost.set(kind, (lost.get(kind) ?? 0) + 1)
  }
  if (unrecorded > 0) lost.set(UNRECORDED, unrecorded)
  const sorted = Float64Array.from(latenciesMs).sort()
  return {
    requests: records.length + unrecorded,
    ok: sorted.length,
    lost: records.length + unrecorded - sorted.length,
    lostByKind: Object.fromEntries([...lost].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))),
    latency: latencyOf(sorted),
    maxSendDelayMs,
  }
}

/** Why a request counts as lost, or null when it was answered with a 2xx status. */
export function lossKind(record: RequestRecord): string | null {
  const { status, errorCode } = record
  if (status === null) return errorCode ?? UNRECORDED
  return status >= 200 && status < 300 ? null : String(status)
}

function latencyOf(sortedMs: Float64Array): Latency | null {
  const at = (q: number) => quantileOfSorted(sortedMs, q) ?? 0
  return sortedMs.length === 0 ? null : { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) }
}
