/**
 * The drain report: what a drained process leaves behind. Written as one line of JSON (at most 4 KiB) to the
 * container's termination message file, to stdout and to the admin port. All durations are milliseconds on the
 * process's monotonic clock, counted from drain start unless a field says otherwise.
 */
export const drainReportSchema = 'drainkeeper.dev/drain-report/v1'

/** What began the drain, whichever came first. */
export type DrainTrigger = 'preStop' | 'signal' | 'call'

/** A count of arrivals after drain start, and when the last one came (null when none came). */
export interface LateArrivals {
  count: number
  lastMs: number | null
}

export interface DrainReport {
  schema: typeof drainReportSchema
  /** What began the drain. */
  trigger: DrainTrigger
  /** Wall-clock time of drain start, ISO 8601 in UTC with milliseconds. The only wall-clock value here. */
  drainStartedAt: string
  /** The drain delay in force (D): how long the listener stayed open on purpose. */
  drainDelayMs: number
  /** When the process would have been forced to end. */
  deadlineMs: number
  /** When the listener was closed; null when the process was ended before that. */
  listenerClosedMs: number | null
  /** When the report was written, last of all. */
  finishedMs: number
  /** Work that arrived in the window just before drain start: the traffic that makes silence meaningful. */
  before: { windowMs: number; newConnections: number; requests: number }
  /**
   * Work that arrived after drain start. A connection counts when it brought at least one request, at the time
   * when it was accepted; a request counts here when its connection is older than drain start. Probes never count.
   */
  late: { connections: LateArrivals; requests: LateArrivals }
  /** Requests being served at these moments. */
  inFlight: { atDrainStart: number; atListenerClose: number; atDeadline: number }
  /** The longest request of the process's whole life, from head received to response finished or aborted. */
  longestRequestMs: number
  /** What the deadline cut off. */
  forced: { connections: number; requests: number }
  /** clean: everything accepted was answered. forced: the deadline or a second signal cut something off. */
  verdict: 'clean' | 'forced'
}
