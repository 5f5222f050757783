import type { Agreement } from './agreement.ts'
import { type Deletion, groundTruth, type PodTruth } from './ground-truth.ts'
import { type Interval, splitByIntervals } from './intervals.ts'
import { type AgentRun, mergeRuns } from './merge.ts'
import { type RequestOutcome, requestOutcome } from './outcome.ts'

/** One workload under load through its rollouts: a column of the summary. */
export interface LabRun {
  readonly name: string
  /** Completed rolling restarts. */
  readonly restarts: number
  /** From the first to the last scheduled request. */
  readonly seconds: number
  /** Scheduled requests over those seconds; null with fewer than two, or all at once. */
  readonly ratePerSecond: number | null
  readonly total: RequestOutcome
  /** Requests scheduled while no rollout was under way; a request without a record is in `total` only. */
  readonly quiet: RequestOutcome
  readonly rollouts: RequestOutcome
  readonly truths: readonly PodTruth[]
  /** Null where no operator measured. */
  readonly agreement: Agreement | null
}

export interface RunEvidence {
  readonly name: string
  readonly loads: readonly AgentRun[]
  readonly probes: readonly AgentRun[]
  /** The rolling restarts, on the controller's clock: from the change of the template to the last old pod's end. */
  readonly rollouts: readonly Interval[]
  readonly deletions: readonly Deletion[]
}

/** Evidence to figures. The agreement with an operator's samples is the caller's to add. */
export function measureRun({ name, loads, probes, rollouts, deletions }: RunEvidence): LabRun {
  const { records, unrecorded } = mergeRuns(loads)
  const { inside, outside } = splitByIntervals(records, rollouts)
  const firstMs = records[0]?.scheduledMs ?? 0
  const lastMs = records.at(-1)?.scheduledMs ?? firstMs
  const seconds = (lastMs - firstMs) / 1000
  return {
    name,
    restarts: rollouts.length,
    seconds,
    ratePerSecond: seconds > 0 ? (records.length - 1) / seconds : null,
    total: requestOutcome(records, unrecorded),
    quiet: requestOutcome(outside),
    rollouts: requestOutcome(inside),
    truths: groundTruth(probes, deletions),
    agreement: null,
  }
}
