import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { eventLoopTurn } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { DrainError } from '../errors.ts'
import type { Loss, Protocol, ProtocolContext } from '../protocol/protocol.ts'
import { statusClass } from '../traffic/traffic.ts'
import type { Outcome, Traffic } from '../traffic/traffic.ts'
import { Connection } from './connection.ts'
import type { Activity } from './connection.ts'
import { Exchange } from './exchange.ts'
import { closeListener, closeListenerNow } from '../protocol/listener.ts'
import { gateEvents } from '../protocol/server-events.ts'

/** How often connections are looked at while they are being closed. */
const sweepMs = 25
/** How long a peer may take to answer our FIN with its own, counted from its last byte. */
const lingerMs = 1000

/** HTTP/1.1 on node:http and node:https. */
export class Http1Protocol implements Protocol {
  readonly #server: Server
  readonly #traffic: Traffic
  readonly #clock: Clock
  readonly #idleGraceMs: number
  readonly #isProbe: ProtocolContext['isProbe']
  readonly #secure: boolean
  readonly #connections = new Set<Connection>()
  /** By the raw socket, and by the TLS stream on it. */
  readonly #bySocket = new WeakMap<Socket, Connection>()
  readonly #handshaking = new Map<string, Connection>()
  readonly #openGate: () => void
  /** One listener for all responses: 'close' comes after 'finish', and also when the client aborts. */
  readonly #onResponseClose: (this: ServerResponse) => void
  readonly #loss: Loss = { connections: 0, requests: 0 }
  #accepted = 0
  #shedding = false
  #listenerClosedMs: number | undefined
  #cancelSweep: (() => void) | undefined
  #allGone: (() => void) | undefined

  constructor(server: Server, { traffic, clock, idleGraceMs, isProbe }: ProtocolContext) {
    this.#server = server
    this.#traffic = traffic
    this.#clock = clock
    this.#idleGraceMs = idleGraceMs
    this.#isProbe = isProbe
    this.#secure = server instanceof TlsServer
    const settle = (exchange: Exchange): void => this.#settleExchange(exchange)
    this.#onResponseClose = function onResponseClose() {
      const exchange = Exchange.of(this.req)
      if (exchange !== undefined) settle(exchange)
    }
    this.#openGate = gateEvents(server, (event, values, proceed) => this.#see(event, values, proceed))
    if (server.listening) traffic.listen()
  }

  get loss(): Loss {
    let requests = this.#loss.requests
    for (const connection of this.#connections) requests += connection.lostRequests
    return { connections: this.#loss.connections, requests }
  }

  shed(): void {
    this.#shedding = true
    for (const connection of this.#connections) {
      for (const exchange of connection.outstanding) this.#announceClose(exchange)
    }
    this.#sweep()
  }

  keep(): void {
    this.#shedding = false
    this.#cancelSweep?.()
  }

  async closeListener(): Promise<void> {
    await closeListener(this.#server, this.#clock, () => this.#accepted)
    this.#listenerClosedMs = this.#clock.nowMs()
  }

  settle(_untilMs: number): Promise<void> {
    this.#sweep()
    return new Promise((resolve) => {
      this.#allGone = resolve
      if (this.#connections.size === 0) resolve()
    })
  }

  abort(reason: DrainError): void {
    for (const connection of this.#connections) {
      for (const exchange of connection.outstanding) exchange.abort(reason)
    }
  }

  force(): void {
    this.#cancelSweep?.()
    closeListenerNow(this.#server)
    for (const connection of this.#connections) {
      const activity = connection.activity
      const requests = connection.outstanding.filter((exchange) => !exchange.probe)
      if (activity === 'busy' || activity === 'partial' || requests.length > 0) this.#loss.connections += 1
      this.#loss.requests += requests.length
      for (const exchange of connection.outstanding.slice()) this.#settleExchange(exchange, 'forced')
      connection.destroy()
    }
  }

  /** Lets go of the server. */
  release(): void {
    this.#cancelSweep?.()
    this.#openGate()
  }

  #see(event: string | symbol, values: unknown[], proceed: () => boolean): boolean {
    switch (event) {
      case 'listening':
        this.#traffic.listen()
        break
      case 'connection':
        this.#accept(values[0] as Socket)
        break
      case 'secureConnection':
        this.#handshakeDone(values[0] as Socket)
        break
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        return this.#arrive(values[0] as IncomingMessage, values[1] as ServerResponse, proceed)
      case 'upgrade':
      case 'connect':
        return this.#upgrade(values[0] as IncomingMessage, proceed)
    }
    return proceed()
  }

  #accept(socket: Socket): Connection {
    const connection = new Connection(socket, this.#secure, this.#clock)
    this.#accepted += 1
    this.#connections.add(connection)
    this.#bySocket.set(socket, connection)
    const peer = peerOf(socket)
    if (this.#secure) this.#handshaking.set(peer, connection)
    socket.once('close', () => {
      this.#handshaking.delete(peer)
      this.#gone(connection)
    })
    return connection
  }

  /** A TLS stream has no public link to the socket below it; the peer's address is unique among open ones. */
  #handshakeDone(stream: Socket): void {
    const peer = peerOf(stream)
    const connection = this.#handshaking.get(peer)
    if (connection === undefined) return
    this.#handshaking.delete(peer)
    connection.secure(stream)
    this.#bySocket.set(stream, connection)
  }

  #arrive(request: IncomingMessage, response: ServerResponse, proceed: () => boolean): boolean {
    // A checkContinue listener of the application hands its request on with emit('request').
    if (Exchange.of(request) !== undefined) return proceed()
    const connection = this.#connectionOf(request.socket)
    const exchange = new Exchange(request, response, connection, this.#clock.nowMs(), this.#isProbe(request))
    this.#countArrival(connection, exchange.probe)
    if (connection.closeAnnounced || connection.activity === 'ended') {
      if (!exchange.probe) connection.unanswerable += 1
      request.resume()
      return true
    }
    connection.add(exchange)
    if (!exchange.probe) this.#traffic.begin()
    response.once('close', this.#onResponseClose)
    if (!this.#shedding) return proceed()
    this.#announceClose(exchange)
    void this.#handOnLater(exchange, proceed)
    return true
  }

  /**
   * A handler may respond at once, before the requests that were pipelined behind this one have been read, and its
   * `Connection: close` would cut them off. So each request waits until one whole turn has been read.
   */
  async #handOnLater(exchange: Exchange, proceed: () => boolean): Promise<void> {
    await eventLoopTurn()
    await eventLoopTurn()
    if (exchange.settled) return
    process.nextTick(proceed)
  }

  #upgrade(request: IncomingMessage, proceed: () => boolean): boolean {
    const connection = this.#connectionOf(request.socket)
    this.#countArrival(connection, false)
    if (connection.closeAnnounced || connection.activity === 'ended') {
      connection.unanswerable += 1
      return true
    }
    connection.upgraded = true
    return proceed()
  }

  /** A connection that was accepted before the server was adopted is known from its first request on. */
  #connectionOf(socket: Socket): Connection {
    return this.#bySocket.get(socket) ?? this.#accept(socket)
  }

  #countArrival(connection: Connection, probe: boolean): void {
    if (probe) return
    this.#traffic.arrive({
      acceptedAtMs: connection.acceptedAtMs,
      first: !connection.broughtWork,
      peer: connection.stream,
    })
    connection.broughtWork = true
  }

  #announceClose(exchange: Exchange): void {
    const connection = exchange.connection
    connection.lingerOnClose(() => this.#shedding)
    exchange.announceCloseWhen(() => {
      if (!this.#shedding || connection.outstanding.at(-1) !== exchange) return false
      connection.closeAnnounced = true
      return true
    })
  }

  #settleExchange(exchange: Exchange, outcome?: Outcome): void {
    if (exchange.settled) return
    exchange.settled = true
    exchange.connection.remove(exchange)
    const { response, probe, startedAtMs } = exchange
    const complete = response.writableFinished
    if (!complete)
      exchange.abort(new DrainError('ERR_DRAIN_CLIENT_GONE', 'the client left before its response was complete'))
    if (!probe) this.#traffic.end(startedAtMs, outcome ?? (complete ? statusClass(response.statusCode) : 'aborted'))
  }

  /** Responses that were still queued behind another have no 'close' of their own when the socket dies (Node 22). */
  #gone(connection: Connection): void {
    for (const exchange of connection.outstanding.slice()) this.#settleExchange(exchange)
    this.#loss.requests += connection.lostRequests
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#allGone?.()
  }

  #sweep(): void {
    this.#cancelSweep?.()
    let ended = false
    for (const connection of this.#connections) {
      this.#look(connection)
      ended ||= connection.activity === 'ended'
    }
    if (this.#shedding || ended) this.#cancelSweep = this.#clock.after(sweepMs, () => this.#sweep())
  }

  #look(connection: Connection): void {
    const stillForMs = connection.stillForMs()
    const activity = connection.activity
    if (activity === 'busy') return
    if (activity === 'ended') {
      if (connection.flushed && stillForMs >= lingerMs) connection.destroy()
      return
    }
    if (this.#listenerClosedMs === undefined) return
    const sinceMs = connection.waitingSinceMs()
    const graceBeginsMs = activity === 'idle' ? Math.max(sinceMs, this.#listenerClosedMs) : sinceMs
    if (this.#clock.nowMs() - graceBeginsMs >= this.#idleGraceMs) void this.#endIfStill(connection, activity)
  }

  /** The last look before FIN: what is on its way from the kernel to us shows within two turns. */
  async #endIfStill(connection: Connection, activity: Activity): Promise<void> {
    const bytes = connection.bytesReceived
    await eventLoopTurn()
    await eventLoopTurn()
    if (connection.bytesReceived !== bytes || connection.activity !== activity) return
    if (activity === 'partial') connection.timeOut()
    else connection.end()
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}
