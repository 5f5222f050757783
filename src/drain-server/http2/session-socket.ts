import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'

/**
 * The socket that a session reads and writes. The one that it shows is a proxy, which throws at many things, and at
 * everything once the session is over; its chainable methods return what stands behind it.
 */
export function socketOf(session: ServerHttp2Session): Socket {
  return session.socket.setMaxListeners(session.socket.getMaxListeners())
}
