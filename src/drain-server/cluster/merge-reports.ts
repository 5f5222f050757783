import { boundedReport } from '../report/bounded-report.ts'
import type { DrainReport, LateArrivals, LatePeer } from '../report/report.ts'
import { inPrimaryTime } from './primary-time.ts'

/** What the primary knows of the drain. */
export type PrimaryPart = Pick<
  DrainReport,
  'schema' | 'trigger' | 'drainStartedAt' | 'drainDelayMs' | 'deadlineMs' | 'finishedMs' | 'verdict'
> & { exitCode: number | null }

const mostPeers = 8

/** One report of all workers: counts are added, of times the latest counts, of verdicts the worst. */
export function mergeReports(primary: PrimaryPart, reports: readonly DrainReport[]): DrainReport {
  const workers = reports.map((report) => inPrimaryTime(report, primary))
  const sum = (pick: (report: DrainReport) => number): number => workers.reduce((all, one) => all + pick(one), 0)
  const most = (pick: (report: DrainReport) => number | null): number =>
    Math.max(0, ...workers.map((one) => pick(one) ?? 0))
  const converged = workers.flatMap((one) => one.converged ?? []).toSorted((one, other) => other.atMs - one.atMs)[0]
  const peers = mergePeers(workers.flatMap(({ late }) => late.peers ?? []))
  const hooks = workers.flatMap((one) => one.hooks ?? [])
  const errors = workers.flatMap((one) => one.errors ?? [])
  const closed = workers.every(({ listenerClosedMs }) => listenerClosedMs !== null)
  return boundedReport({
    ...primary,
    drainDelayMs: Math.max(
      primary.drainDelayMs,
      most(({ drainDelayMs }) => drainDelayMs),
    ),
    listenerClosedMs: closed ? most(({ listenerClosedMs }) => listenerClosedMs) : null,
    ...(converged && { converged }),
    before: {
      windowMs: most(({ before }) => before.windowMs),
      newConnections: sum(({ before }) => before.newConnections),
      requests: sum(({ before }) => before.requests),
    },
    late: {
      connections: mergeLate(workers.map(({ late }) => late.connections)),
      requests: mergeLate(workers.map(({ late }) => late.requests)),
      ...(peers.length > 0 && { peers }),
    },
    inFlight: {
      atDrainStart: sum(({ inFlight }) => inFlight.atDrainStart),
      atListenerClose: sum(({ inFlight }) => inFlight.atListenerClose),
      atDeadline: sum(({ inFlight }) => inFlight.atDeadline),
    },
    longestRequestMs: most(({ longestRequestMs }) => longestRequestMs),
    forced: {
      connections: sum(({ forced }) => forced.connections),
      requests: sum(({ forced }) => forced.requests),
    },
    ...(hooks.length > 0 && { hooks }),
    ...(errors.length > 0 && {
      errors: {
        count: errors.reduce((all, { count }) => all + count, 0),
        first: errors.find(({ first }) => first !== null)?.first ?? null,
      },
    }),
    verdict: workers.some(({ verdict }) => verdict === 'forced') ? 'forced' : primary.verdict,
  })
}

function mergeLate(arrivals: readonly LateArrivals[]): LateArrivals {
  const times = arrivals.flatMap(({ lastMs }) => lastMs ?? [])
  return {
    count: arrivals.reduce((all, { count }) => all + count, 0),
    lastMs: times.length === 0 ? null : Math.max(...times),
  }
}

/** A peer that reached several workers is one; those that came last stay. */
function mergePeers(peers: readonly LatePeer[]): LatePeer[] {
  const merged = new Map<string, LatePeer>()
  for (const peer of peers) {
    const known = merged.get(peer.address)
    merged.set(peer.address, {
      address: peer.address,
      connections: peer.connections + (known?.connections ?? 0),
      requests: peer.requests + (known?.requests ?? 0),
      lastMs: Math.max(peer.lastMs, known?.lastMs ?? 0),
    })
  }
  return [...merged.values()].toSorted((one, other) => other.lastMs - one.lastMs).slice(0, mostPeers)
}
