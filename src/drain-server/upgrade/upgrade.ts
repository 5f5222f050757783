import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { Tunnel } from './tunnel.ts'
import { WebSocketUpgrade } from './websocket-upgrade.ts'

/** A connection that was handed to the application, in the eyes of a server that wants to close it. */
export interface Upgrade {
  /** Whether it may be asked to leave; only as exact as it is called often. */
  mayLeave(): boolean
  /** Asks it to leave. A connection that has come into use again meanwhile stays. */
  leave(): void
  /** Nothing is owed to the peer any more: the connection can be ended. */
  readonly over: boolean
  /** Cutting it off now would take something away from the peer. */
  readonly lossy: boolean
}

/**
 * @param socket of the 'upgrade' or 'connect' event, before the application has seen it
 * @param idleGraceMs for how long nothing may have passed on a connection of an unknown protocol, for it to leave
 */
export function openUpgrade(request: IncomingMessage, socket: Socket, clock: Clock, idleGraceMs: number): Upgrade {
  const tunnel = new Tunnel(socket, clock, idleGraceMs)
  return isWebSocket(request) ? new WebSocketUpgrade(socket, tunnel, clock) : tunnel
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && /(^|,)\s*websocket\s*(,|$)/i.test(headers.upgrade ?? '')
}
