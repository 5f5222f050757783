import type { LaneRun, Repetition } from './lane.ts'
import type { LoadKind, Tally } from './messages.ts'

/** How far the report may be from the balancer's truth. */
export const accuracyMs = 20
/** How many of the reports must be that near: the rest is the scheduler's. */
const accurateShare = 0.99

export interface Spread {
  p50: number
  p95: number
  max: number
}

export interface Findings {
  repetitions: number
  tallies: Record<LoadKind, Tally>
  /** Repetitions whose verdict is not clean, or whose exit code is not 0. */
  unclean: number
  /** Connections that the balancer led to a server after its drain began. */
  lateConnections: number
  /** The report's last late connection against the balancer's, per repetition. */
  differenceMs: Spread
  /** Repetitions in which they are further apart than may be. */
  inaccurate: number
  /** Drain start to the report. */
  tookMs: Spread
}

/**
 * How far the report's last late connection is from the last one that the balancer led there, in milliseconds: from the
 * time between leading it and its answer, in which the server accepted it. Nothing is earlier than drain start, since
 * what came before it is none of the report's business.
 */
export function differenceMs({ report, routed }: Repetition): number {
  const startMs = Date.parse(report.drainStartedAt)
  const told = report.late.connections.lastMs ?? 0
  const ledMs = Math.max(0, (routed.lastAtMs ?? startMs) - startMs)
  const answeredMs = Math.max(ledMs, (routed.lastAnsweredAtMs ?? startMs) - startMs)
  return Math.max(0, ledMs - told, told - answeredMs)
}

export function findingsOf(runs: readonly LaneRun[]): Findings {
  const repetitions = runs.flatMap((run) => run.repetitions)
  const differences = repetitions.map(differenceMs)
  const tally = (kind: LoadKind): Tally => sumOf(runs.map(({ tallies }) => tallies[kind]))
  return {
    repetitions: repetitions.length,
    tallies: { closed: tally('closed'), open: tally('open') },
    unclean: repetitions.filter(({ report, exitCode }) => report.verdict !== 'clean' || exitCode !== 0).length,
    lateConnections: repetitions.reduce((sum, { report }) => sum + report.late.connections.count, 0),
    differenceMs: spreadOf(differences),
    inaccurate: differences.filter((difference) => difference > accuracyMs).length,
    tookMs: spreadOf(repetitions.map(({ report }) => report.finishedMs)),
  }
}

export function lostIn({ tallies: { closed, open } }: Findings): number {
  return closed.lost + open.lost
}

/** Why the run is no proof; empty when it is. */
export function shortcomings(drained: Findings, control: Findings, wanted: number): string[] {
  const reasons: string[] = []
  if (drained.repetitions < wanted) reasons.push(`${drained.repetitions} of ${wanted} repetitions were run`)
  if (lostIn(drained) > 0) reasons.push(`${lostIn(drained)} requests were lost`)
  if (drained.unclean > 0) reasons.push(`${drained.unclean} drains were not clean`)
  if (drained.inaccurate > (1 - accurateShare) * drained.repetitions) {
    reasons.push(
      `${drained.inaccurate} reports are more than ${accuracyMs} ms away from the balancer's truth, above 1 %`,
    )
  }
  if (drained.lateConnections === 0) reasons.push('no connection came after a drain had begun')
  if (lostIn(control) === 0) reasons.push('the control group lost nothing: this run could not have seen a loss')
  return reasons
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (field: 'sent' | 'answered' | 'lost'): number => tallies.reduce((total, one) => total + one[field], 0)
  return {
    sent: sum('sent'),
    answered: sum('answered'),
    lost: sum('lost'),
    losses: tallies.flatMap(({ losses }) => losses).slice(0, 10),
  }
}
