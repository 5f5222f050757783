import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { OutgoingFrames } from './outgoing-frames.ts'
import type { Tunnel } from './tunnel.ts'
import type { Upgrade } from './upgrade.ts'

type Write = (bytes: Uint8Array, callback?: unknown) => boolean

/** How long a peer may take to answer our close frame with its own. */
const answerMs = 5000

/** An unmasked close frame of two bytes: 1001, going away (RFC 6455 section 7.4.1). */
const goingAway = Buffer.from([0x88, 2, 1001 >> 8, 1001 & 0xff])

/**
 * A WebSocket of whatever implementation the application uses, or of one behind it whose bytes it passes on. Asked to
 * leave, it gets a close frame between two frames of the application's, which the peer answers. What the application
 * writes after that frame goes nowhere (RFC 6455 section 5.5.1 forbids data there), its own close frame included: that
 * would be its answer to the peer's, and the peer has had ours.
 */
export class WebSocketUpgrade implements Upgrade {
  readonly #socket: Socket
  readonly #tunnel: Tunnel
  readonly #clock: Clock
  readonly #frames = new OutgoingFrames()
  readonly #write: Write
  #leaving = false
  #closedAtMs: number | undefined

  /** @param tunnel what the connection is when its handshake is refused */
  constructor(socket: Socket, tunnel: Tunnel, clock: Clock) {
    this.#socket = socket
    this.#tunnel = tunnel
    this.#clock = clock
    this.#write = socket.write.bind(socket) as Write
    const end = socket.end.bind(socket) as (callback?: () => void) => Socket
    socket.write = (chunk: unknown, ...rest: unknown[]) => this.#pass(chunk, rest)
    // Node's end() does not go through write().
    socket.end = (...values: unknown[]) => {
      const callback = typeof values.at(-1) === 'function' ? (values.pop() as () => void) : undefined
      const [chunk, encoding] = values
      if (chunk !== undefined && chunk !== null) this.#pass(chunk, [encoding])
      return end(callback)
    }
  }

  mayLeave(): boolean {
    return this.#frames.refused ? this.#tunnel.mayLeave() : !this.#leaving
  }

  leave(): void {
    if (this.#frames.refused) {
      this.#tunnel.leave()
    } else {
      this.#leaving = true
      this.#closeAtBoundary()
    }
  }

  get over(): boolean {
    if (this.#frames.refused) return this.#tunnel.over
    if (this.#closedAtMs === undefined) return false
    return this.#socket.readableEnded || this.#clock.nowMs() - this.#closedAtMs >= answerMs
  }

  get lossy(): boolean {
    return this.#closedAtMs === undefined || this.#socket.writableLength > 0
  }

  #pass(chunk: unknown, rest: unknown[]): boolean {
    const bytes = bytesOf(chunk, rest[0])
    const callback = rest.findLast((value) => typeof value === 'function')
    if (!this.#leaving || this.#frames.refused || !ArrayBuffer.isView(bytes)) {
      if (ArrayBuffer.isView(bytes)) this.#frames.follow(bytes)
      return this.#write(bytes, callback)
    }
    // At a boundary already, that is nothing: what comes after the close frame is dropped.
    const length = this.#frames.followToBoundary(bytes)
    const more = this.#write(bytes.subarray(0, length), callback)
    this.#closeAtBoundary()
    return more
  }

  /** In the middle of a frame, or of the handshake, this waits for its end. */
  #closeAtBoundary(): void {
    if (this.#closedAtMs !== undefined || !(this.#frames.atBoundary || this.#socket.writableEnded)) return
    this.#closedAtMs = this.#clock.nowMs()
    if (this.#frames.closing || this.#socket.writableEnded) return
    this.#write(goingAway)
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as 'utf8') : 'utf8')
  if (chunk instanceof Uint8Array) return chunk
  // Whatever else it is, node refuses it with an error of its own.
  if (!ArrayBuffer.isView(chunk)) return chunk as Uint8Array
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
