/** How one attempt ended: a complete answer, or an error. */
export type Outcome = (
  | { readonly status: number }
  | {
      readonly errorCode: string
      /** The server has told that it had not begun the work: doing it again cannot do it twice. */
      readonly unprocessed?: boolean
    }
) & {
  /** The pod at the other end, as far as it has said who it is. */
  readonly pod?: string | null
  /** How often a stream was told goodbye and went on elsewhere. */
  readonly moves?: number
}

/** One attempt that is under way. */
export interface Attempt {
  /** Counts up from 1 within one client. */
  readonly connectionId: number
  /** Whether the connection had carried an earlier attempt. */
  readonly reused: boolean
  /** Ends the attempt and what it holds. It need not settle any more. */
  cancel(errorCode: string): void
}

/**
 * What speaks a protocol to one target, over connections of its own. It **never retries** by itself what a server may
 * have begun: whatever happens to an attempt ends it.
 */
export interface Client {
  /**
   * Begins an attempt, or gives null when no connection can take one: `available` tells when that may have changed.
   * `settle` is called at most once, and never before this returns.
   */
  begin(settle: (outcome: Outcome) => void): Attempt | null
  /** No further attempts: idle connections are ended politely, the others when their work is done. */
  close(): void
  /** Cuts every connection; attempts that are under way end with the code. */
  abort(errorCode: string): void
}

/** What a client is given: everything that is not its protocol. */
export interface ClientSurroundings {
  /** Something that was occupied is free: a `begin` that gave null may work now. May be called too often. */
  readonly available: () => void
  readonly nowMs: () => number
  /** Calls back once after the delay; the returned function takes that back. */
  readonly after: (delayMs: number, callback: () => void) => () => void
  /** Uniform on [0, 1). */
  readonly random: () => number
}
