import type { Socket } from 'node:net'

/**
 * Resets a connection: its other side hears of it as of a crash. An end that is just being sent goes first. Node refuses
 * a reset in that moment (EINVAL), and the handle is neither reset nor closed then: the other side hears nothing, and the
 * process can never end, because it waits for that handle at full speed.
 */
export function breakOff(socket: Socket): void {
  const isEnding = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished
  if (isEnding && !socket.destroyed) socket.once('finish', () => socket.resetAndDestroy())
  else socket.resetAndDestroy()
}
