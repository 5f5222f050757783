import type { DrainError } from './errors.ts'

/** Work that was cut off, or that arrived when it could no longer be answered. */
export interface Loss {
  connections: number
  requests: number
}

/** What a drain asks of a protocol. The order of the calls is the order below; keep() may come only after shed(). */
export interface Protocol {
  /** Keeps accepting and serving everything, and asks each peer to move away with the last response it is owed. */
  shed(): void
  /** Takes shed() back: the drain was called off. */
  keep(): void
  /** Closes the listener when nothing waits in its backlog, and only the listener. */
  closeListener(): Promise<void>
  /** Ends each connection as soon as nothing more can come on it; resolves when none is left. */
  settle(): Promise<void>
  /** The deadline has come: aborts the signals of the requests that are still being served. */
  abort(reason: DrainError): void
  /** Ends everything that is left, at once. */
  force(): void
  /** What was lost so far. */
  readonly loss: Loss
}
