/**
 * The drain report: what a drained process leaves behind. Written as one line of JSON (at most 4 KiB) to the
 * container's termination message file, to stdout and to the admin port. All durations are milliseconds on the
 * process's monotonic clock, counted from drain start unless a field says otherwise.
 *
 * Within one schema version fields are only added, as optional ones: whoever reads takes reports without them, and
 * drops fields that it does not know. A field that changes its meaning makes a new version.
 */
export const drainReportSchema = 'drainkeeper.dev/drain-report/v1'

export { plainText } from './plain-text.ts'

/** The most of what a report lists, in entries, and of each text in it, in UTF-16 units: for writers and readers. */
export const reportLimits = { peers: 8, peerAddress: 64, hooks: 16, hookName: 48, errorMessage: 200 } as const

/** What began the drain, whichever came first. */
export type DrainTrigger = 'preStop' | 'signal' | 'call'

/** A count of arrivals after drain start, and when the last one came (null when none came). */
export interface LateArrivals {
  count: number
  lastMs: number | null
}

/** A peer that kept sending after drain start: a node, a balancer or a client that routing had not told yet. */
export interface LatePeer {
  /** The address that the connection came from, without its port. */
  address: string
  /** Late connections and late requests of this peer, counted as the totals are. */
  connections: number
  requests: number
  /** When the last of them came. */
  lastMs: number
}

/**
 * What ended the wait for routing:
 * - delay: the drain delay was over
 * - quiet: nothing had come for as long as counts as proof, before the delay was over or after it was extended
 * - maximum: connections still came at the latest moment to close
 * - cutOff: the deadline or a second signal
 */
export type ConvergenceEnd = 'delay' | 'quiet' | 'maximum' | 'cutOff'

/** failed: it threw or rejected. abandoned: it took too long. skipped: no time was left to start it. */
export type HookOutcome = 'ok' | 'failed' | 'abandoned' | 'skipped'

export interface HookReport {
  name: string
  /** start: ran at drain start. drain: ran when no request was left. */
  phase: 'start' | 'drain'
  /** From its start to its end, or until it was abandoned. */
  durationMs: number
  outcome: HookOutcome
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
  /** How the wait for routing ended, and when: before drainDelayMs it was cut short, after it it was extended. */
  converged?: { by: ConvergenceEnd; atMs: number }
  /** Work that arrived in the window just before drain start: the traffic that makes silence meaningful. */
  before: { windowMs: number; newConnections: number; requests: number }
  /**
   * Work that arrived after drain start. A connection counts when it brought at least one request, at the time
   * when it was accepted; a request counts here when its connection is older than drain start. Probes never count.
   */
  late: {
    connections: LateArrivals
    requests: LateArrivals
    /** Who sent them: at most 8 peers, the one that came last first. */
    peers?: LatePeer[]
  }
  /** Requests being served at these moments. */
  inFlight: { atDrainStart: number; atListenerClose: number; atDeadline: number }
  /** The longest request of the process's whole life, from head received to response finished or aborted. */
  longestRequestMs: number
  /** What the deadline cut off. */
  forced: { connections: number; requests: number }
  /** The hooks in the order in which they ran, as many as there is room for; those that went well are left out first. */
  hooks?: HookReport[]
  /** Uncaught errors and unhandled rejections while draining, with the first one's message, shortened. */
  errors?: { count: number; first: string | null }
  /** clean: everything accepted was answered. forced: the deadline or a second signal cut something off. */
  verdict: 'clean' | 'forced'
  /** What the process exits with; null when exiting is left to the application. */
  exitCode?: number | null
}
