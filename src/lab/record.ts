/**
 * One record per scheduled request: the lab's raw evidence. Times are wall-clock milliseconds with microseconds behind
 * the point, on the clock of the agent that made the record.
 */
export interface RequestRecord {
  /** When the schedule wanted the request to start; latency counts from here. */
  readonly scheduledMs: number
  /** When the connection was opened for it, or the request was written on an open one. Null: its time ran out first. */
  readonly sentMs: number | null
  /** When the last byte of the answer, or the error, was seen. */
  readonly doneMs: number
  /** Counts up from 1 within one run; 0 when no connection was ever used. */
  readonly socketId: number
  /** Whether the connection had carried an earlier request. */
  readonly reused: boolean
  /** The HTTP status of a complete answer. Exactly one of `status` and `errorCode` is null. */
  readonly status: number | null
  /** The system's code (`ECONNREFUSED`, `ECONNRESET`, `EPIPE` ...) or one of {@link OWN_ERROR_CODES}. */
  readonly errorCode: string | null
  /** The answer's `x-pod` header. */
  readonly pod: string | null
}

/** Error codes that the lab itself gives, beside those of the operating system. */
export const OWN_ERROR_CODES = {
  /** The peer ended the connection before the answer was complete. */
  endOfFile: 'EOF',
  /** No complete answer within the request's time, counted from its scheduled start. */
  timeout: 'TIMEOUT',
  /** The peer's bytes are not an HTTP/1.1 answer. */
  malformed: 'MALFORMED',
  /** The agent was told to end the run at once. */
  aborted: 'ABORTED',
} as const

/** What one download says about the run it is a part of. */
export interface RecordsHeader {
  readonly id: string
  /** The node whose agent made the records. */
  readonly node: string
  /** Wall clock at the run's first scheduled arrival; the lines' times are relative to it. */
  readonly startedMs: number
  /** How many records the run has; a scheduled request without one is a defect of the lab, and counts as lost. */
  readonly total: number
  /** Index of the first record of this download. */
  readonly from: number
  readonly count: number
  /** Names that the lines mention by index. */
  readonly pods: readonly string[]
}

/** A record as a line of the download: [scheduled, sent, done, socketId, reused, status or error code, pod index]. */
export type RecordLine = readonly [number, number | null, number, number, 0 | 1, number | string, number]
