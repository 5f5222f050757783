/**
 * One record per scheduled request, or per scheduled stream where streams are the work: the lab's raw evidence. Times
 * are wall-clock milliseconds with microseconds behind the point, on the clock of the agent that made the record.
 */
export interface RequestRecord {
  /** When the schedule wanted the request to start; latency counts from here. */
  readonly scheduledMs: number
  /**
   * When the connection was opened for its first attempt, or the request was written on an open one. Null: its time ran
   * out first.
   */
  readonly sentMs: number | null
  /** When the last byte of the answer, or the error, was seen. */
  readonly doneMs: number
  /** Of the last attempt. Counts up from 1 within one run; 0 when no connection was ever used. */
  readonly socketId: number
  /** Whether the last attempt's connection had carried an earlier request. */
  readonly reused: boolean
  /**
   * The HTTP status of a complete answer; 200 for a gRPC call that ended with OK, and for a stream or WebSocket that
   * lived as long as it should. Exactly one of `status` and `errorCode` is null.
   */
  readonly status: number | null
  /**
   * The system's code (`ECONNREFUSED`, `ECONNRESET`, `EPIPE` ...), a gRPC status (`UNAVAILABLE`, `CANCELLED` ...), an
   * HTTP/2 error (`H2_INTERNAL_ERROR` ...), a WebSocket's close (`WS_1006` ...), or one of {@link OWN_ERROR_CODES}.
   */
  readonly errorCode: string | null
  /** The pod at the other end of the last attempt's connection, as its `x-pod` said; null while it had said nothing. */
  readonly pod: string | null
  /** Attempts that clients made because one had failed, and the first: 1 where none was repeated. */
  readonly attempts: number
  /**
   * How often the work went to another connection without anything lost: the server had told that it had not begun it
   * (REFUSED_STREAM, a GOAWAY below it), or had said goodbye to a stream (a WebSocket's 1001), which went on elsewhere.
   */
  readonly moves: number
}

/** Error codes that the lab itself gives, beside those of the operating system. */
export const OWN_ERROR_CODES = {
  /** The peer ended the connection before the answer was complete. */
  endOfFile: 'EOF',
  /** No complete answer within the request's time, counted from its scheduled start or, a repetition's, from its own. */
  timeout: 'TIMEOUT',
  /** The peer's bytes are not an HTTP/1.1 answer. */
  malformed: 'MALFORMED',
  /** The agent was told to end the run at once. */
  aborted: 'STOPPED',
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

/**
 * A record as a line of the download: [scheduled, sent, done, socketId, reused, status or error code, pod index], and
 * only where they are not 1 and 0: attempts, moves.
 */
export type RecordLine = readonly [number, number | null, number, number, 0 | 1, number | string, number, ...number[]]
