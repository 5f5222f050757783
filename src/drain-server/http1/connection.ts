import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { mute } from '../protocol/mute.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { Exchange } from './exchange.ts'

/**
 * What a connection is doing, in the eyes of a server that wants to close it.
 *
 * - busy: a request is being served, its body is still coming, or the socket was handed to an upgrade
 * - silent: it has never brought a byte
 * - partial: a request head (or a TLS handshake) has begun and is not complete
 * - idle: everything that came was answered
 * - ended: we have sent FIN and wait for the peer's
 */
export type Activity = 'busy' | 'silent' | 'partial' | 'idle' | 'ended'

const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** One record per socket; over TLS, of the raw socket and the stream on it together. */
export class Connection {
  readonly acceptedAtMs: number
  /** Requests that were seen and whose response is not over, oldest first. */
  readonly outstanding: Exchange[] = []
  /** A request that is no probe has come. */
  broughtWork = false
  /** The socket was handed to the application. */
  upgrade: Upgrade | undefined
  /** A response that says `Connection: close` has been started: what comes after it cannot be answered. */
  closeAnnounced = false
  /** The peer's unfinished request was answered with 408. */
  timedOut = false
  /** Requests that came after our FIN or after `Connection: close`. */
  unanswerable = 0
  quietSinceMs: number
  readonly #raw: Socket
  readonly #clock: Clock
  #stream: Socket
  #secured: boolean
  #bytesWhenQuiet = 0
  #servedAny = false
  #unfinishedBody: Exchange | undefined
  #ended: { bytes: number; idle: boolean } | undefined
  #bytesSeen = -1
  #flushSeen = false
  #movedAtMs = 0
  #partialSinceMs: number | undefined
  #lingering = false

  constructor(raw: Socket, secure: boolean, clock: Clock) {
    this.#raw = raw
    this.#stream = raw
    this.#secured = !secure
    this.#clock = clock
    this.acceptedAtMs = clock.nowMs()
    this.quietSinceMs = this.acceptedAtMs
  }

  /** The TLS handshake is complete: requests come on this stream. */
  secure(stream: Socket): void {
    this.#stream = stream
    this.#secured = true
  }

  /** The socket that requests come on. */
  get peer(): Socket {
    return this.#stream
  }

  /** Every byte that came, of requests and of TLS alike: while it stays the same, nothing has arrived. */
  get bytesReceived(): number {
    return this.#raw === this.#stream ? this.#raw.bytesRead : this.#raw.bytesRead + this.#stream.bytesRead
  }

  get activity(): Activity {
    if (this.#ended !== undefined) return 'ended'
    if (this.upgrade !== undefined || this.outstanding.length > 0) return 'busy'
    if (this.#bodyPending()) return 'busy'
    if (!this.#secured) return this.#raw.bytesRead === 0 ? 'silent' : 'partial'
    if (this.#stream.bytesRead > this.#bytesWhenQuiet) return 'partial'
    return this.#servedAny ? 'idle' : 'silent'
  }

  /**
   * Milliseconds since bytes were last seen to have arrived, or our last ones to have left; only as exact as it is
   * called often.
   */
  stillForMs(): number {
    const nowMs = this.#clock.nowMs()
    const bytes = this.bytesReceived
    if (bytes !== this.#bytesSeen || this.flushed !== this.#flushSeen) {
      this.#bytesSeen = bytes
      this.#flushSeen = this.flushed
      this.#movedAtMs = nowMs
    }
    return nowMs - this.#movedAtMs
  }

  /** Since when nothing is owed to the peer; for a head that has begun, since when it was first seen. */
  waitingSinceMs(): number {
    if (this.activity !== 'partial') this.#partialSinceMs = undefined
    else this.#partialSinceMs ??= this.#clock.nowMs()
    return this.#partialSinceMs ?? this.quietSinceMs
  }

  add(exchange: Exchange): void {
    this.outstanding.push(exchange)
  }

  remove(exchange: Exchange): void {
    if (this.outstanding.at(-1) === exchange) this.outstanding.pop()
    else this.outstanding.splice(this.outstanding.indexOf(exchange), 1)
    this.#servedAny = true
    this.#unfinishedBody = exchange.request.complete ? undefined : exchange
    this.#becomeQuiet()
  }

  /** A response may be over before its request's body is; what then still comes is that body's. */
  #bodyPending(): boolean {
    if (this.#unfinishedBody === undefined) return false
    if (!this.#unfinishedBody.request.complete) return true
    this.#unfinishedBody = undefined
    this.#becomeQuiet()
    return false
  }

  #becomeQuiet(): void {
    this.#bytesWhenQuiet = this.#stream.bytesRead
    this.quietSinceMs = this.#clock.nowMs()
  }

  /** node:http ends a connection with destroySoon(), which resets it when unread bytes wait; from now on end() does. */
  lingerOnClose(when: () => boolean): void {
    if (this.#lingering) return
    this.#lingering = true
    const stream = this.#stream
    // A server may be given any Duplex, by emit('connection'); node:http ends one that has no destroySoon() with end().
    const isSocket = typeof (stream as Partial<Socket>).destroySoon === 'function'
    const destroySoon = isSocket ? stream.destroySoon.bind(stream) : stream.end.bind(stream)
    stream.destroySoon = () => {
      if (when()) this.end()
      else destroySoon()
    }
  }

  /**
   * Sends FIN and goes on reading, so that the peer gets everything we wrote: closing a socket with unread bytes
   * would send RST, which may take our last response away from the peer (RFC 9112 section 9.6).
   */
  end(): void {
    if (this.#ended !== undefined) return
    this.#ended = { bytes: this.#stream.bytesRead, idle: this.activity === 'idle' || this.activity === 'silent' }
    this.#stream.end()
    if (this.upgrade === undefined) return
    // The application knows nothing of this end, and may have stopped reading.
    mute(this.#stream)
    this.#stream.resume()
  }

  /** Neither our FIN nor `Connection: close` has gone out: a request that comes now can be answered. */
  get answers(): boolean {
    return this.#ended === undefined && !this.closeAnnounced
  }

  /**
   * How long the peer may take to answer our FIN with its own, counted from the last byte either way. One that was idle
   * has read everything; one that was told something last may still be reading it out of the kernel's buffers, which
   * outlive our socket, but not the pod's network.
   */
  get lingerMs(): number {
    return this.#ended?.idle === true ? 1000 : 5000
  }

  /** Tells the peer that its unfinished request head came too slowly, and ends. */
  timeOut(): void {
    this.timedOut = true
    if (this.#secured) this.#stream.write(requestTimeout)
    this.end()
  }

  /** Our FIN is out with all that stood before it: closing the socket now takes nothing from the peer. */
  get flushed(): boolean {
    return this.#stream.writableFinished
  }

  destroy(): void {
    this.#stream.destroy()
    this.#raw.destroy()
  }

  /** Cutting it off now takes something away from the peer. */
  get lossy(): boolean {
    const { activity } = this
    if (activity === 'ended') return !this.flushed || this.outstanding.length > 0
    return this.upgrade?.lossy ?? (activity === 'busy' || activity === 'partial')
  }

  /** How many requests came too late to be answered. A head that only began after our FIN is one, too. */
  get lostRequests(): number {
    if (this.timedOut) return 0
    const begunAfterEnd = this.#ended?.idle === true && this.#stream.bytesRead > this.#ended.bytes
    return Math.max(this.unanswerable, begunAfterEnd ? 1 : 0)
  }
}
