import type { DrainReport, LateArrivals } from '../report/report.ts'

/** Where the primary's time of a drain begins and ends. */
export type PrimaryTime = Pick<DrainReport, 'drainStartedAt' | 'finishedMs'>

/**
 * A worker's report, counted from the primary's drain start. The two differ by more than the way of a message when a
 * signal comes between the moments at which the primary and a worker call off the drain of a hook. Nothing was before
 * the primary's drain start, and nothing after its end.
 */
export function inPrimaryTime(worker: DrainReport, { drainStartedAt, finishedMs }: PrimaryTime): DrainReport {
  const shiftMs = Date.parse(worker.drainStartedAt) - Date.parse(drainStartedAt)
  const at = (ms: number): number => Math.min(Math.max(0, ms + shiftMs), finishedMs)
  const lastOf = ({ count, lastMs }: LateArrivals): LateArrivals => ({
    count,
    lastMs: lastMs === null ? null : at(lastMs),
  })
  const { converged, late, listenerClosedMs } = worker
  return {
    ...worker,
    listenerClosedMs: listenerClosedMs === null ? null : at(listenerClosedMs),
    ...(converged && { converged: { ...converged, atMs: at(converged.atMs) } }),
    late: {
      connections: lastOf(late.connections),
      requests: lastOf(late.requests),
      ...(late.peers && { peers: late.peers.map((peer) => ({ ...peer, lastMs: at(peer.lastMs) })) }),
    },
  }
}
