import { Server as NetServer } from 'node:net'
import { eventLoopTurn } from '../clock.ts'
import type { Clock } from '../clock.ts'

/** How long new connections may keep the listener open after the drain delay. */
const acceptAtMostMs = 1000

/**
 * Closes the listener, and only it.
 *
 * Connections that the kernel has completed and we have not accepted would be reset. libuv accepts one a turn: two
 * turns without any say that the backlog is empty, and the listener is closed before the next poll. The servers' own
 * close() would do more: http's also destroys idle connections and stops the checks for header timeouts, http2's also
 * closes sessions.
 *
 * @param accepted how many connections the server has accepted so far
 */
export async function closeListener(server: NetServer, clock: Clock, accepted: () => number): Promise<void> {
  const untilMs = clock.nowMs() + acceptAtMostMs
  let quietTurns = 0
  while (quietTurns < 2 && clock.nowMs() < untilMs) {
    const before = accepted()
    await eventLoopTurn()
    quietTurns = accepted() === before ? quietTurns + 1 : 0
  }
  closeListenerNow(server)
}

export function closeListenerNow(server: NetServer): void {
  if (server.listening) NetServer.prototype.close.call(server)
}
