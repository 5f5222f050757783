import type { ServerHttp2Session } from 'node:http2'
import { TLSSocket } from 'node:tls'
import { socketOf } from './session-socket.ts'

/** Frames of one write that are smaller in all are copied into one buffer: one TLS record, one system call. */
const gatherBelowBytes = 16 * 1024

/** What a TLS socket knows and a socket without a handle of its own does not. */
const addressProperties = [
  'remoteAddress',
  'remotePort',
  'remoteFamily',
  'localAddress',
  'localPort',
  'localFamily',
  'bytesRead',
  'bytesWritten',
]
const tlsProperties = ['encrypted', 'authorized', 'authorizationError', 'alpnProtocol', 'servername']
const tlsMethods = Object.getOwnPropertyNames(TLSSocket.prototype).filter((name) => /^(get|is|export)[A-Z]/.test(name))
const shownProperties = [...addressProperties, ...tlsProperties, ...tlsMethods]

type Callback = (error?: Error | null) => void

/**
 * A TLS socket that hides its handle, so that node:http2 reads and writes it through JavaScript instead of consuming
 * the handle: then a frame of ours may be written to the socket. Node hands each batch of frames over between cork()
 * and uncork(), within one call, so that whatever is written outside of that stands between two frames.
 */
export function tapTls(socket: TLSSocket): TLSSocket {
  const gathering = new GatheredWrites(socket)
  // What node does to a socket that it consumes.
  socket.setNoDelay(true)
  const own: Record<string, unknown> = {
    _handle: undefined,
    cork: () => gathering.cork(),
    uncork: () => gathering.uncork(),
    write: (chunk: Buffer, done: Callback) => gathering.write(chunk, done),
  }
  const bound = new Map<unknown, unknown>()
  return new Proxy(socket, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(own, name)) return own[name]
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (!bound.has(value)) bound.set(value, value.bind(target))
      return bound.get(value)
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}

/** Makes a session on a tap, and the socket that it shows to the application, tell what the TLS socket would. */
export function showThrough(session: ServerHttp2Session, socket: TLSSocket): void {
  const shown = socketOf(session)
  // It would answer the peer's FIN with one of its own, and node throws at whatever the session writes after that. The
  // socket below answers it.
  shown.allowHalfOpen = true
  for (const name of shownProperties) {
    const read = (): unknown => {
      const value: unknown = Reflect.get(socket, name)
      return typeof value === 'function' ? value.bind(socket) : value
    }
    Object.defineProperty(shown, name, { configurable: true, get: read })
  }
  Object.defineProperty(session, 'encrypted', { configurable: true, value: true })
  Object.defineProperty(session, 'alpnProtocol', { configurable: true, value: socket.alpnProtocol })
}

/** The writes between cork() and uncork() as one: copied together when that is cheap. */
class GatheredWrites {
  readonly #socket: TLSSocket
  #chunks: Buffer[] = []
  #callbacks: Callback[] = []
  #bytes = 0

  constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  cork(): void {
    this.#chunks = []
    this.#callbacks = []
    this.#bytes = 0
  }

  write(chunk: Buffer, done: Callback): boolean {
    this.#chunks.push(chunk)
    this.#callbacks.push(done)
    this.#bytes += chunk.length
    return true
  }

  uncork(): void {
    const socket = this.#socket
    const chunks = this.#chunks
    const callbacks = this.#callbacks
    const done: Callback = (error) => {
      for (const callback of callbacks) callback(error)
    }
    if (this.#bytes < gatherBelowBytes) {
      socket.write(Buffer.concat(chunks, this.#bytes), done)
      return
    }
    socket.cork()
    for (const [index, chunk] of chunks.entries()) {
      if (index < chunks.length - 1) socket.write(chunk)
      else socket.write(chunk, done)
    }
    socket.uncork()
  }
}
