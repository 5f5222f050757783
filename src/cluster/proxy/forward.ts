import type { Socket } from 'node:net'
import { breakOff } from './break-off.ts'

/**
 * Joins a client with a pod: bytes, ends and resets of each side reach the other, and a side that reads slowly slows the
 * other down. A pod that refuses resets its client. Resolves when both are closed.
 */
export function forward(client: Socket, pod: Socket): void {
  client.setNoDelay(true)
  pod.setNoDelay(true)
  // Whoever breaks off, the other hears of it in the same way.
  pod.on('error', () => breakOff(client))
  client.on('error', () => breakOff(pod))
  pod.on('close', () => closeIfOpen(client))
  client.on('close', () => closeIfOpen(pod))
  client.pipe(pod)
  pod.pipe(client)
}

/** A side that closes after both ends were sent has nothing left to tell; one that closes before has broken off. */
function closeIfOpen(socket: Socket): void {
  if (!socket.destroyed && !(socket.writableEnded && socket.readableEnded)) socket.destroySoon()
}
