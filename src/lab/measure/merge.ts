import type { RequestRecord } from '../record.ts'

/** One agent's finished run, with what is needed to put it beside another agent's. */
export interface AgentRun {
  readonly node: string
  /** Arrivals the schedule had, as the agent counted them; records that are missing count as lost. */
  readonly scheduled: number
  /** To be added to the records' times to have them on the controller's clock. */
  readonly offsetMs: number
  readonly records: readonly RequestRecord[]
}

/** Several agents' runs on one clock, in the order of the schedule. */
export interface MergedRuns {
  readonly records: RequestRecord[]
  /** Scheduled requests without a record. */
  readonly unrecorded: number
}

export function mergeRuns(runs: readonly AgentRun[]): MergedRuns {
  const records = runs.flatMap((run) => onControllerClock(run))
  records.sort((a, b) => a.scheduledMs - b.scheduledMs)
  const unrecorded = runs.reduce((sum, run) => sum + Math.max(0, run.scheduled - run.records.length), 0)
  return { records, unrecorded }
}

/** A run's records with their times on the controller's clock. */
export function onControllerClock({ offsetMs, records }: AgentRun): RequestRecord[] {
  return records.map((record) => ({
    ...record,
    scheduledMs: record.scheduledMs + offsetMs,
    sentMs: record.sentMs === null ? null : record.sentMs + offsetMs,
    doneMs: record.doneMs + offsetMs,
  }))
}
