import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { eventLoopTurn } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { StreamExchange } from './stream-exchange.ts'
import { shutdownNotice, writeShutdownNotice } from './shutdown-notice.ts'
import type { NoticeOutcome } from './shutdown-notice.ts'
import { showThrough } from './tls-tap.ts'

/** How long the answer to a PING is waited for: ping() never calls back when the peer does not answer. */
const roundTripAtMostMs = 1000

/**
 * What a connection is doing, in the eyes of a server that wants to close it.
 *
 * - silent: it has never brought a byte
 * - partial: a TLS handshake or the connection preface has begun and is not complete
 * - open: streams are served
 * - closing: the final GOAWAY is sent; the streams that it admits are served
 * - ended: we have sent FIN and wait for the peer's
 */
export type Activity = 'silent' | 'partial' | 'open' | 'closing' | 'ended'

/** One record per socket; over TLS, of the raw socket and the stream on it together. */
export class Http2Connection {
  readonly acceptedAtMs: number
  readonly peer: Socket
  /** Streams that were seen and are not over, oldest first. */
  readonly outstanding = new Set<StreamExchange>()
  /** A request that is no probe has come. */
  broughtWork = false
  session: ServerHttp2Session | undefined
  /** Since when it is what it is, as far as it was looked at. */
  partialSinceMs: number | undefined
  readonly #clock: Clock
  #stream: Socket
  #tapped: TLSSocket | undefined
  #prefaced = false
  #notice: 'owed' | 'sent' | 'impossible' = 'owed'
  #noticeAtMs = 0
  #roundTrip: Promise<void> | undefined
  #ended = false
  #seen = { bytes: 0, flushed: false, atMs: 0 }

  constructor(raw: Socket, clock: Clock) {
    this.peer = raw
    this.#stream = raw
    this.#clock = clock
    this.acceptedAtMs = clock.nowMs()
  }

  /**
   * The TLS handshake is complete.
   * @param tapped the session reads and writes the stream through JavaScript
   */
  secure(stream: TLSSocket, tapped: boolean): void {
    this.#stream = stream
    if (tapped) this.#tapped = stream
  }

  /** @param prefaced the client's preface has been read already */
  begin(session: ServerHttp2Session, prefaced: boolean): void {
    this.session = session
    this.#prefaced = prefaced
    if (this.#tapped !== undefined) showThrough(session, this.#tapped)
  }

  /** The client's preface and SETTINGS are here, and ours have been sent. */
  confirmPreface(): void {
    this.#prefaced = true
  }

  get activity(): Activity {
    const session = this.session
    if (this.#ended || session?.destroyed === true) return 'ended'
    if (session?.closed === true) return 'closing'
    if (this.#prefaced) return 'open'
    return this.bytesReceived === 0 ? 'silent' : 'partial'
  }

  /** Every byte that came: while it stays the same, nothing has arrived. */
  get bytesReceived(): number {
    return this.peer === this.#stream ? this.peer.bytesRead : this.peer.bytesRead + this.#stream.bytesRead
  }

  /**
   * Milliseconds since bytes were last seen to have arrived, or our last ones to have left; only as exact as it is
   * called often.
   */
  stillForMs(): number {
    const nowMs = this.#clock.nowMs()
    const seen = { bytes: this.bytesReceived, flushed: this.flushed, atMs: nowMs }
    const moved = seen.bytes !== this.#seen.bytes || seen.flushed !== this.#seen.flushed || this.#seen.atMs === 0
    if (moved) this.#seen = seen
    return nowMs - this.#seen.atMs
  }

  /** Our FIN is out with all that stood before it: closing the socket now takes nothing from the peer. */
  get flushed(): boolean {
    return this.#stream.writableFinished
  }

  /** Asks the peer to open its next stream elsewhere, and goes on serving. To be repeated until it is sent. */
  sendNotice(): void {
    if (this.#notice !== 'owed' || this.activity !== 'open') return
    const outcome = this.#tapped === undefined ? writeShutdownNotice(this.#stream) : this.#tellThroughTap(this.#tapped)
    if (outcome === 'broken') this.destroy()
    else if (outcome !== 'later') this.#notice = outcome
    this.#noticeAtMs = this.#clock.nowMs()
  }

  #tellThroughTap(stream: TLSSocket): NoticeOutcome {
    stream.write(shutdownNotice)
    return 'sent'
  }

  /** Since when the peer has been asked to leave, in milliseconds. */
  get noticedForMs(): number {
    return this.#clock.nowMs() - this.#noticeAtMs
  }

  /** The peer was asked to leave. */
  get notified(): boolean {
    return this.#notice === 'sent'
  }

  /** The peer cannot be told to leave without being refused. */
  get unnotifiable(): boolean {
    return this.#notice === 'impossible'
  }

  /**
   * Sends the final GOAWAY, with the id of the last stream that came, after one round trip: what the peer sent before
   * it read the notice has come by then. The session ends with its last stream.
   */
  close(): Promise<void> {
    this.#roundTrip ??= this.#closeAfterRoundTrip()
    return this.#roundTrip
  }

  async #closeAfterRoundTrip(): Promise<void> {
    if (this.notified) await this.#ping()
    // What came with the answer is read within the same turn.
    await eventLoopTurn()
    this.session?.close()
  }

  async #ping(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const session = this.session
    if (session === undefined || session.destroyed) return
    const cancel = this.#clock.after(roundTripAtMostMs, resolve)
    session.once('close', resolve)
    try {
      session.ping(() => resolve())
    } catch {
      // The application has as many PINGs under way as the session allows: the deadline stands in for the answer.
    }
    await promise
    cancel()
    session.off('close', resolve)
  }

  /** Ends a connection that has no session, or whose session never began, with FIN; reading goes on. */
  end(): void {
    if (this.session === undefined) {
      this.#ended = true
      this.#stream.end()
    } else {
      this.session.close()
    }
  }

  destroy(): void {
    this.session?.destroy()
    this.#stream.destroy()
    this.peer.destroy()
  }
}
