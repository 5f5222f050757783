import type { Http2ServerRequest, Http2ServerResponse, IncomingHttpHeaders } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { eventLoopTurn } from '../clock.ts'
import { DrainError } from '../errors.ts'
import { closeListener, closeListenerNow } from '../protocol/listener.ts'
import type { Loss, Protocol, ProtocolContext } from '../protocol/protocol.ts'
import { gateEvents } from '../protocol/server-events.ts'
import type { HandOn } from '../protocol/server-events.ts'
import { Stagger } from '../protocol/stagger.ts'
import type { Outcome } from '../traffic/traffic.ts'
import { Http1Guests } from './http1-guests.ts'
import { Http2Connection } from './http2-connection.ts'
import type { Activity } from './http2-connection.ts'
import { socketOf } from './session-socket.ts'
import { StreamExchange } from './stream-exchange.ts'
import type { StreamObserver } from './stream-traits.ts'
import { tapTls } from './tls-tap.ts'

/** How often connections are looked at while they are being closed. */
const sweepMs = 25
/** How long nothing may have come on a connection that was given notice before it is closed for good, */
const noticeQuietMs = 100
/** or for how long it must have had the notice. */
const noticeAtMostMs = 1000
/** How long a peer may take to answer our FIN with its own, counted from its last byte. */
const lingerMs = 1000

const noTraits = {}
const probeTraits = { probe: true }

export interface Http2Options {
  /** The seam for a protocol on top of HTTP/2, such as gRPC. */
  onStream?: StreamObserver
}

/**
 * HTTP/2 on node:http2, in clear text and over TLS, with two-phase GOAWAY where the socket allows it (docs/adr/0008).
 *
 * A stream whose id is above the final GOAWAY's was not processed: the client knows, and may repeat it without asking
 * anybody (RFC 9113, section 8.7). Node never shows it to us, and it is no loss.
 */
export class Http2Protocol implements Protocol {
  readonly #server: NetServer
  readonly #context: ProtocolContext
  readonly #onStream: StreamObserver | undefined
  readonly #tapping: boolean
  readonly #guests: Http1Guests | undefined
  readonly #connections = new Set<Http2Connection>()
  readonly #bySession = new WeakMap<ServerHttp2Session, Http2Connection>()
  readonly #handshaking = new Map<string, Http2Connection>()
  readonly #openGate: () => void
  /** One listener for all streams. */
  readonly #onStreamClose: (this: ServerHttp2Stream) => void
  readonly #loss: Loss = { connections: 0, requests: 0 }
  #accepted = 0
  /** Whose session node is making just now, in the middle of an event of its socket. */
  #opening: Http2Connection | undefined
  #sheddingSinceMs: number | undefined
  #listenerClosedMs: number | undefined
  #stagger: Stagger<StreamExchange> | undefined
  readonly #staggered = new WeakSet<StreamExchange>()
  #cancelSweep: (() => void) | undefined
  #allGone: (() => void) | undefined

  constructor(server: NetServer, context: ProtocolContext, { onStream }: Http2Options = {}) {
    this.#server = server
    this.#context = context
    this.#onStream = onStream
    this.#tapping = context.twoPhaseOverTls
    if (server instanceof TlsServer) this.#guests = new Http1Guests(server, context)
    const settle = (exchange: StreamExchange): void => this.#settleExchange(exchange)
    this.#onStreamClose = function onStreamClose() {
      const exchange = StreamExchange.of(this)
      if (exchange !== undefined) settle(exchange)
    }
    this.#openGate = gateEvents(server, (event, values, handOn) => this.#see(event, values, handOn))
    if (server.listening) context.traffic.listen()
  }

  get loss(): Loss {
    const guests = this.#guests?.protocol.loss
    return {
      connections: this.#loss.connections + (guests?.connections ?? 0),
      requests: this.#loss.requests + (guests?.requests ?? 0),
    }
  }

  shed(): void {
    this.#sheddingSinceMs = this.#context.clock.nowMs()
    this.#guests?.protocol.shed()
    this.#sweep()
  }

  /** A GOAWAY cannot be taken back: a session that has got one ends with its last stream, new ones know nothing. */
  keep(): void {
    this.#sheddingSinceMs = undefined
    this.#guests?.protocol.keep()
    for (const connection of this.#connections) if (connection.notified) void connection.close()
    this.#sweep()
  }

  async closeListener(): Promise<void> {
    await closeListener(this.#server, this.#context.clock, () => this.#accepted)
    this.#listenerClosedMs = this.#context.clock.nowMs()
    await this.#guests?.protocol.closeListener()
  }

  async settle(untilMs: number): Promise<void> {
    const guestsGone = this.#guests?.protocol.settle(untilMs)
    this.#stagger = new Stagger(this.#context.clock, untilMs, (exchange) => exchange.end())
    this.#sweep()
    if (this.#connections.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#allGone = resolve
      await promise
    }
    await guestsGone
  }

  abort(reason: DrainError): void {
    this.#guests?.protocol.abort(reason)
    for (const connection of this.#connections) {
      for (const exchange of connection.outstanding) exchange.abort(reason)
    }
  }

  force(): void {
    this.#cancelSweep?.()
    this.#stagger?.cancel()
    closeListenerNow(this.#server)
    this.#guests?.protocol.force()
    for (const connection of this.#connections) {
      const requests = [...connection.outstanding].filter((exchange) => !exchange.probe)
      if (requests.length > 0 || connection.activity === 'partial') this.#loss.connections += 1
      for (const { stream } of requests) this.lose(stream)
      for (const exchange of connection.outstanding) this.#settleExchange(exchange, 'forced')
      connection.destroy()
    }
  }

  /** Counts the request as lost, once: one that was ended without its answer may still be on its way out when all ends. */
  lose(stream: ServerHttp2Stream): void {
    const exchange = StreamExchange.of(stream)
    if (exchange === undefined || exchange.lost) return
    exchange.lost = true
    this.#loss.requests += 1
  }

  release(): void {
    this.#cancelSweep?.()
    this.#stagger?.cancel()
    this.#openGate()
    this.#guests?.protocol.release()
  }

  #see(event: string | symbol, values: unknown[], handOn: HandOn): boolean | undefined {
    switch (event) {
      case 'stream':
        if (isOver(values[0] as ServerHttp2Stream)) return true
        this.#arrive(values[0] as ServerHttp2Stream, values[1] as IncomingHttpHeaders)
        break
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        if (Http1Guests.isRequest(values[0])) return this.#guests?.tell(event, values)
        this.#note(values[0] as Http2ServerRequest, values[1] as Http2ServerResponse)
        break
      case 'upgrade':
      case 'connect':
        if (Http1Guests.isRequest(values[0])) return this.#guests?.tell(event, values)
        break
      case 'session':
        this.#begin(values[0] as ServerHttp2Session)
        break
      case 'connection':
        return this.#connect(values[0] as Socket, event, values, handOn)
      case 'secureConnection':
        return this.#handshakeDone(values[0] as TLSSocket, event, values, handOn)
      case 'listening':
        this.#context.traffic.listen()
        break
    }
    return undefined
  }

  #connect(socket: Socket, event: string | symbol, values: unknown[], handOn: HandOn): boolean | undefined {
    this.#accepted += 1
    if (this.#guests === undefined) return this.#open(this.#follow(socket), event, values, handOn)
    const peer = peerOf(socket)
    // Without it (a unix socket) the handshake cannot be told from others: the connection is known when it is over.
    if (peer === undefined) return undefined
    this.#handshaking.set(peer, this.#follow(socket))
    socket.once('close', () => this.#handshaking.delete(peer))
    return undefined
  }

  #follow(socket: Socket): Http2Connection {
    const connection = new Http2Connection(socket, this.#context.clock)
    this.#connections.add(connection)
    socket.once('close', () => this.#forget(connection))
    return connection
  }

  /** Node makes the session of a socket within the event that brings the socket. */
  #open(connection: Http2Connection, event: string | symbol, values: unknown[], handOn: HandOn): boolean {
    this.#opening = connection
    try {
      return handOn(event, values)
    } finally {
      this.#opening = undefined
    }
  }

  /** A TLS stream has no public link to the socket below it; the peer's address is unique among open ones. */
  #handshakeDone(stream: TLSSocket, event: string | symbol, values: unknown[], handOn: HandOn): boolean {
    const peer = peerOf(stream) ?? ''
    const connection = this.#handshaking.get(peer) ?? this.#follow(stream)
    this.#handshaking.delete(peer)
    if (this.#guests !== undefined && Http1Guests.speaksHttp1(stream)) {
      this.#forget(connection)
      return this.#guests.welcome(connection.peer, stream)
    }
    connection.secure(stream, this.#tapping)
    if (this.#tapping) values[0] = tapTls(stream)
    return this.#open(connection, event, values, handOn)
  }

  #begin(session: ServerHttp2Session): void {
    const connection = this.#opening
    if (connection === undefined) return
    this.#bySession.set(session, connection)
    connection.begin(session, false)
    session.once('remoteSettings', () => {
      // Our own SETTINGS come first of all that we send: they have left when the turn is over.
      setImmediate(() => {
        connection.confirmPreface()
      })
    })
  }

  /** A session from before the server was adopted is known from its first stream on. */
  #connectionOf(session: ServerHttp2Session): Http2Connection {
    const known = this.#bySession.get(session)
    if (known !== undefined) return known
    const connection = new Http2Connection(socketOf(session), this.#context.clock)
    connection.begin(session, true)
    this.#bySession.set(session, connection)
    this.#connections.add(connection)
    session.once('close', () => this.#forget(connection))
    return connection
  }

  #arrive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { session } = stream
    if (session === undefined || StreamExchange.of(stream) !== undefined) return
    const { clock, traffic, isProbe } = this.#context
    const connection = this.#connectionOf(session as ServerHttp2Session)
    const nowMs = clock.nowMs()
    const observed = this.#onStream?.(stream, headers)
    const probe =
      observed?.probe ?? isProbe({ headers }, this.#sheddingSinceMs !== undefined || !connection.broughtWork)
    const traits = observed === undefined ? (probe ? probeTraits : noTraits) : { ...observed, probe }
    const exchange = new StreamExchange(stream, connection, headers[':method'], nowMs, traits)
    connection.outstanding.add(exchange)
    stream.on('close', this.#onStreamClose)
    if (probe) return
    const first = !connection.broughtWork
    connection.broughtWork = true
    traffic.arrive(connection, first, nowMs)
    traffic.begin()
  }

  #note(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const exchange = StreamExchange.of(request)
    if (exchange !== undefined) exchange.response = response
  }

  #settleExchange(exchange: StreamExchange, outcome: Outcome = exchange.outcome): void {
    if (exchange.settled) return
    exchange.settled = true
    exchange.connection.outstanding.delete(exchange)
    this.#stagger?.delete(exchange)
    if (!exchange.complete)
      exchange.abort(new DrainError('ERR_DRAIN_CLIENT_GONE', 'the client left before its response was complete'))
    if (!exchange.probe) this.#context.traffic.end(exchange.startedAtMs, outcome)
  }

  #forget(connection: Http2Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#allGone?.()
  }

  #sweep(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
    let leaving = false
    for (const connection of this.#connections) {
      this.#look(connection)
      leaving ||= connection.notified || connection.activity === 'ended' || connection.activity === 'closing'
    }
    if (this.#sheddingSinceMs !== undefined || leaving)
      this.#cancelSweep = this.#context.clock.after(sweepMs, () => this.#sweep())
  }

  #look(connection: Http2Connection): void {
    const stillForMs = connection.stillForMs()
    const activity = connection.activity
    if (activity === 'ended') {
      if (connection.flushed && stillForMs >= lingerMs) connection.destroy()
      return
    }
    if (activity === 'open' && this.#maySend(connection)) connection.sendNotice()
    if (this.#stagger === undefined) return
    for (const exchange of connection.outstanding) this.#endInTurn(exchange, this.#stagger)
    if (activity === 'open') this.#closeOpen(connection, stillForMs)
    if (activity === 'silent' || activity === 'partial') this.#endSilent(connection, activity)
  }

  /**
   * Routing still leads here when a connection comes during a drain: asked to leave at once, its peer would be back at
   * once. (grpc-go is, hundreds of times a second, and gives up a call that meets two such connections in a row.) So
   * it is asked when the listener is closed.
   */
  #maySend(connection: Http2Connection): boolean {
    if (this.#sheddingSinceMs === undefined) return false
    return this.#listenerClosedMs !== undefined || connection.acceptedAtMs < this.#sheddingSinceMs
  }

  #endInTurn(exchange: StreamExchange, stagger: Stagger<StreamExchange>): void {
    if (this.#staggered.has(exchange) || !exchange.endable) return
    this.#staggered.add(exchange)
    stagger.add(exchange)
  }

  /**
   * The final GOAWAY refuses what is on its way to us. It is sent in a moment when nothing seems to be, or when the
   * connection has had its time. That a notice was read, which a PING tells, does not mean that nothing follows: a
   * client may have picked the connection for a request before, and write it after (Go's does).
   */
  #closeOpen(connection: Http2Connection, stillForMs: number): void {
    const { clock, idleGraceMs } = this.#context
    const sinceListenerMs = clock.nowMs() - (this.#listenerClosedMs ?? 0)
    const { notified, unnotifiable, noticedForMs } = connection
    const quietForMs = connection.outstanding.size === 0 ? stillForMs : 0
    const told = notified && (quietForMs >= noticeQuietMs || noticedForMs >= noticeAtMostMs)
    const hadItsTime = unnotifiable && (quietForMs >= idleGraceMs || sinceListenerMs >= idleGraceMs)
    if (told || hadItsTime) void connection.close()
  }

  #endSilent(connection: Http2Connection, activity: Activity): void {
    if (activity === 'partial') connection.partialSinceMs ??= this.#context.clock.nowMs()
    const sinceMs = connection.partialSinceMs ?? connection.acceptedAtMs
    if (this.#context.clock.nowMs() - sinceMs >= this.#context.idleGraceMs) void this.#endIfStill(connection, activity)
  }

  /** The last look before FIN: what is on its way from the kernel to us shows within two turns. */
  async #endIfStill(connection: Http2Connection, activity: Activity): Promise<void> {
    const bytes = connection.bytesReceived
    await eventLoopTurn()
    await eventLoopTurn()
    if (connection.bytesReceived === bytes && connection.activity === activity) connection.end()
  }
}

/** Reset by its client, or gone with its connection, before it could be shown: an application's respond() would throw. */
function isOver(stream: ServerHttp2Stream): boolean {
  return stream.closed || stream.destroyed
}

function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`
}
