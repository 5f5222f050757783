import { writeSync } from 'node:fs'
import { TLSSocket } from 'node:tls'

/**
 * GOAWAY that refuses nothing yet (RFC 9113, section 6.8): the last stream id is 2^31 - 1, the code NO_ERROR. A peer
 * that reads it opens its next stream elsewhere, and those that it has opened until then are served.
 */
export const shutdownNotice = Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** How often the rest of a notice is tried when the kernel has taken a part of it, which it all but never does. */
const restAttempts = 1000

/** The part of a socket that no public interface shows: a descriptor, and what libuv has yet to write to it. */
interface SocketHandle {
  fd?: number
  writeQueueSize?: number
}

/**
 * - sent: it is on its way
 * - later: a frame is only half written, or the kernel's buffer is full; nothing was written
 * - impossible: not on a socket of this kind (an encrypted one, a stream of JavaScript, a pipe of Windows)
 * - broken: only a part could be written; the connection is of no use any more
 */
export type NoticeOutcome = 'sent' | 'later' | 'impossible' | 'broken'

/**
 * Writes the notice to the socket of an HTTP/2 session in clear text, past the session: nghttp2 takes any GOAWAY that
 * is sent through it as the final one and answers no new stream (docs/adr/0008). It goes straight to the descriptor,
 * because node aborts the process on any write through the handle that the session has consumed.
 *
 * Whole frames: node hands libuv whole frames only, and libuv's queue is empty when the kernel has taken them all.
 */
export function writeShutdownNotice(socket: object, write: Write = writeNow): NoticeOutcome {
  // The handle of an encrypted socket tells the descriptor below it, where clear text would break the connection.
  if (socket instanceof TLSSocket) return 'impossible'
  const { fd, writeQueueSize } = handleOf(socket)
  if (fd === undefined || fd < 0 || writeQueueSize === undefined) return 'impossible'
  if (writeQueueSize > 0) return 'later'
  let written = write(fd, 0)
  if (written === 0) return 'later'
  for (let attempt = 0; written < shutdownNotice.length && attempt < restAttempts; attempt += 1)
    written += write(fd, written)
  return written === shutdownNotice.length ? 'sent' : 'broken'
}

function handleOf(socket: object): SocketHandle {
  return (socket as { _handle?: SocketHandle | null })._handle ?? {}
}

/** @returns how many bytes the kernel has taken; 0 also when the peer is gone, which the session will notice */
type Write = (fd: number, from: number) => number

const writeNow: Write = (fd, from) => {
  try {
    return writeSync(fd, shutdownNotice, from)
  } catch {
    return 0
  }
}
