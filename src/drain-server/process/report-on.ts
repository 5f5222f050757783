import { boundedReport } from '../report/bounded-report.ts'
import { drainReportSchema } from '../report/report.ts'
import type { DrainReport, LateArrivals, LatePeer } from '../report/report.ts'
import type { Traffic } from '../traffic/traffic.ts'
import type { Loss } from '../protocol/protocol.ts'
import type { OngoingDrain } from './ongoing-drain.ts'

/** How a drain ended, or would. */
export interface Ending {
  /** Milliseconds after drain start. */
  finishedMs: number
  verdict: DrainReport['verdict']
  exitCode: number | null
}

/** The report on a drain as it stands, in whole milliseconds. */
export function reportOn(drain: OngoingDrain, traffic: Traffic, loss: Loss, ending: Ending): DrainReport {
  const { plan, before, listenerClosedMs, converged, errors } = drain
  const hooks = drain.hooks.report()
  return boundedReport({
    schema: drainReportSchema,
    trigger: drain.trigger,
    drainStartedAt: drain.startedAt,
    drainDelayMs: plan.delayMs,
    deadlineMs: plan.deadlineMs,
    listenerClosedMs: listenerClosedMs === null ? null : Math.round(listenerClosedMs),
    finishedMs: Math.round(ending.finishedMs),
    ...(converged && { converged: { by: converged.by, atMs: Math.round(converged.atMs) } }),
    before: { ...before, windowMs: Math.round(before.windowMs) },
    late: lateArrivals(traffic),
    inFlight: drain.inFlight,
    longestRequestMs: Math.round(traffic.longestRequestMs),
    forced: { ...loss },
    ...(hooks.length > 0 && { hooks }),
    ...(errors.count > 0 && { errors: { ...errors } }),
    verdict: ending.verdict,
    exitCode: ending.exitCode,
  })
}

function lateArrivals({ late, latePeers }: Traffic): DrainReport['late'] {
  const rounded = <Arrivals extends LateArrivals | LatePeer>(arrivals: Arrivals): Arrivals => ({
    ...arrivals,
    lastMs: arrivals.lastMs === null ? null : Math.round(arrivals.lastMs),
  })
  const peers = latePeers.map(rounded)
  return {
    connections: rounded(late.connections),
    requests: rounded(late.requests),
    ...(peers.length > 0 && { peers }),
  }
}
