import type { DrainTarget } from 'drain-server'

/** A server under test, whatever it speaks. */
export interface Workload {
  /** What drain-server is given. */
  readonly target: DrainTarget
  /** Begins to serve; resolves with the port. */
  listen(port: number): Promise<number>
  /** Ends as its framework's manual says: no new connections, then resolves when the open ones have come to their end. */
  close(): Promise<void>
}
