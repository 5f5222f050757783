import type { Clock } from '../clock.ts'
import type { DrainError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Traffic } from '../traffic/traffic.ts'

/** Work that was cut off, or that arrived when it could no longer be answered. */
export interface Loss {
  connections: number
  requests: number
}

/** Whether a health check sent the request. */
export type IsProbe = (request: { headers: NodeJS.Dict<string | string[]> }) => boolean

/**
 * Reading the headers of every request costs something, and health checkers have connections of their own.
 * @param mayBeKnown false skips the known ones: for connections that have brought work, while nothing is drained
 */
export type ProbeCheck = (request: { headers: NodeJS.Dict<string | string[]> }, mayBeKnown: boolean) => boolean

/** What every protocol is given. */
export interface ProtocolContext {
  traffic: Traffic
  clock: Clock
  /** How long after the listener has closed an idle connection may still bring a request. */
  idleGraceMs: number
  /** A health check's request is served, and counted nowhere. */
  isProbe: ProbeCheck
  /**
   * Two-phase GOAWAY over TLS, too. Sessions are then read and written through JavaScript all their life, which costs
   * CPU on every request (docs/adr/0008); without it, a stream that races the one GOAWAY is refused, and its client
   * has to repeat it.
   */
  twoPhaseOverTls: boolean
  logger: Logger
}

/**
 * What a drain asks of the protocol of one server. The order of the calls is the order below; keep() may come only
 * after shed(), and closeListener() is not undone.
 */
export interface Protocol {
  /** Keeps accepting and serving everything, and asks each peer to move away with the last response it is owed. */
  shed(): void
  /** Takes shed() back: the drain was called off. */
  keep(): void
  /** Closes the listener when nothing waits in its backlog, and only the listener. */
  closeListener(): Promise<void>
  /**
   * Ends each connection as soon as nothing more can come on it, and long-lived streams one after the other, so that
   * their clients do not all come back at once; resolves when none is left.
   * @param untilMs when the deadline comes, on the context's clock: streams that can be ended are ended well before it
   */
  settle(untilMs: number): Promise<void>
  /** The deadline has come: aborts the signals of the requests that are still being served. */
  abort(reason: DrainError): void
  /** Ends everything that is left, at once. */
  force(): void
  /** What was lost so far. */
  readonly loss: Loss
  /** Lets go of the server. */
  release(): void
}
