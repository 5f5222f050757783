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
import type { HandOn } from '../protocol/server-events.ts'
import { Stagger } from '../protocol/stagger.ts'
import { openUpgrade } from '../upgrade/upgrade.ts'

/** Something that lasts until it is asked to leave. */
interface Leaver {
  leave(): void
}

/** How often connections are looked at while they are being closed, and before that. */
const sweepMs = 25
const watchMs = 250
/** How much of the time may go into that: many thousands of connections are looked at less often. */
const sweepShare = 1 / 10
/** How long before the deadline the last connections are ended: time for their peers to answer our FIN. */
const lastCallMs = 1000

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
  #untilMs = Infinity
  #stagger: Stagger<Leaver> | undefined
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
    this.#openGate = gateEvents(server, (event, values, handOn) => this.#see(event, values, handOn))
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
    // Those that have our FIN already are still waited for, and closed when their peers do not answer.
    this.#sweep()
  }

  async closeListener(): Promise<void> {
    await closeListener(this.#server, this.#clock, () => this.#accepted)
    this.#listenerClosedMs = this.#clock.nowMs()
  }

  settle(untilMs: number): Promise<void> {
    this.#untilMs = untilMs
    this.#stagger = new Stagger(this.#clock, untilMs, (stream) => stream.leave())
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
    this.#stagger?.cancel()
    closeListenerNow(this.#server)
    for (const connection of this.#connections) {
      const requests = connection.outstanding.filter((exchange) => !exchange.probe)
      if (connection.lossy) this.#loss.connections += 1
      this.#loss.requests += requests.length
      for (const exchange of connection.outstanding.slice()) this.#settleExchange(exchange, 'forced')
      connection.destroy()
    }
  }

  /** Lets go of the server. */
  release(): void {
    this.#cancelSweep?.()
    this.#stagger?.cancel()
    this.#openGate()
  }

  #see(event: string | symbol, values: unknown[], handOn: HandOn): boolean | undefined {
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
        return this.#arrive(event, values, handOn)
      case 'upgrade':
      case 'connect':
        return this.#upgrade(values[0] as IncomingMessage, values[1] as Socket)
    }
    return undefined
  }

  #accept(socket: Socket): void {
    this.#accepted += 1
    if (!this.#secure) {
      this.#follow(socket)
      return
    }
    const peer = peerOf(socket)
    // Without it (a unix socket) the handshake cannot be told from others: the connection is known when it is over.
    if (peer === undefined) return
    this.#handshaking.set(peer, this.#follow(socket, true))
    socket.once('close', () => this.#handshaking.delete(peer))
  }

  #follow(socket: Socket, handshakes = false): Connection {
    const connection = new Connection(socket, handshakes, this.#clock)
    this.#connections.add(connection)
    this.#bySocket.set(socket, connection)
    socket.once('close', () => this.#gone(connection))
    return connection
  }

  /** A TLS stream has no public link to the socket below it; the peer's address is unique among open ones. */
  #handshakeDone(stream: Socket): void {
    const peer = peerOf(stream) ?? ''
    const connection = this.#handshaking.get(peer)
    if (connection === undefined) {
      this.#follow(stream)
      return
    }
    this.#handshaking.delete(peer)
    connection.secure(stream)
    this.#bySocket.set(stream, connection)
  }

  #arrive(event: string | symbol, values: unknown[], handOn: HandOn): boolean | undefined {
    const [request, response] = values as [IncomingMessage, ServerResponse]
    // A checkContinue listener of the application hands its request on with emit('request').
    if (Exchange.of(request) !== undefined) return undefined
    const connection = this.#connectionOf(request.socket)
    const exchange = new Exchange(
      request,
      response,
      connection,
      this.#clock.nowMs(),
      this.#isProbe(request, this.#shedding || !connection.broughtWork),
    )
    this.#countArrival(connection, exchange.probe, exchange.startedAtMs)
    if (!connection.answers) {
      if (!exchange.probe) connection.unanswerable += 1
      request.resume()
      return true
    }
    connection.add(exchange)
    if (!exchange.probe) this.#traffic.begin()
    // Once is enough, and on() needs no wrapper: 'close' comes once.
    response.on('close', this.#onResponseClose)
    if (!this.#shedding) return undefined
    this.#announceClose(exchange)
    // Nothing can stand behind a request that itself says `Connection: close`, and its client may send FIN right after it.
    if (!response.shouldKeepAlive && connection.outstanding.length === 1) return undefined
    void this.#handOnLater(exchange, () => handOn(event, values))
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

  #upgrade(request: IncomingMessage, socket: Socket): boolean | undefined {
    const connection = this.#connectionOf(request.socket)
    this.#countArrival(connection, false, this.#clock.nowMs())
    if (!connection.answers) {
      connection.unanswerable += 1
      socket.resume()
      return true
    }
    connection.upgrade ??= openUpgrade(request, socket, this.#clock, this.#idleGraceMs)
    return undefined
  }

  /** A connection that was accepted before the server was adopted is known from its first request on. */
  #connectionOf(socket: Socket): Connection {
    return this.#bySocket.get(socket) ?? this.#follow(socket)
  }

  #countArrival(connection: Connection, probe: boolean, atMs: number): void {
    if (probe) return
    this.#traffic.arrive(connection, !connection.broughtWork, atMs)
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
    const { connection } = exchange
    connection.remove(exchange)
    this.#stagger?.delete(exchange)
    const { response, probe, startedAtMs } = exchange
    const complete = response.writableFinished
    if (!complete)
      exchange.abort(new DrainError('ERR_DRAIN_CLIENT_GONE', 'the client left before its response was complete'))
    if (!probe) this.#traffic.end(startedAtMs, outcome ?? (complete ? statusClass(response.statusCode) : 'aborted'))
    // No moment is safer for FIN than together with the end of a stream whose client goes elsewhere.
    if (exchange.left && connection.activity === 'idle') connection.end()
  }

  /** Responses that were still queued behind another have no 'close' of their own when the socket dies (Node 22). */
  #gone(connection: Connection): void {
    for (const exchange of connection.outstanding.slice()) this.#settleExchange(exchange)
    this.#loss.requests += connection.lostRequests
    this.#connections.delete(connection)
    if (connection.upgrade !== undefined) this.#stagger?.delete(connection.upgrade)
    if (this.#connections.size === 0) this.#allGone?.()
  }

  #sweep(): void {
    this.#cancelSweep?.()
    const begunMs = this.#clock.nowMs()
    let ended = false
    for (const connection of this.#connections) {
      this.#look(connection)
      ended ||= connection.activity === 'ended'
    }
    const over = this.#allGone !== undefined && this.#connections.size === 0
    if ((!this.#shedding || over) && !ended) return
    const everyMs = this.#listenerClosedMs === undefined ? watchMs : sweepMs
    const tookMs = this.#clock.nowMs() - begunMs
    this.#cancelSweep = this.#clock.after(Math.max(everyMs, tookMs / sweepShare), () => this.#sweep())
  }

  #look(connection: Connection): void {
    const stillForMs = connection.stillForMs()
    const activity = connection.activity
    const leftMs = this.#untilMs - this.#clock.nowMs()
    if (activity === 'busy') {
      this.#askToLeave(connection, leftMs)
    } else if (activity === 'ended') {
      if (connection.flushed && (stillForMs >= connection.lingerMs || leftMs <= 2 * sweepMs)) connection.destroy()
    } else if (this.#listenerClosedMs !== undefined) {
      const sinceMs = connection.waitingSinceMs()
      // The next request of an idle connection, or the first of a silent one, may be on its way.
      const usable = activity === 'idle' || activity === 'silent'
      const graceBeginsMs = usable ? Math.max(sinceMs, this.#listenerClosedMs) : sinceMs
      const graceOver = this.#clock.nowMs() - graceBeginsMs >= this.#idleGraceMs
      if (graceOver || leftMs <= lastCallMs) void this.#endIfStill(connection, activity)
    }
  }

  /** What may last for ever: upgraded connections, and responses that a drain may end. */
  #askToLeave(connection: Connection, leftMs: number): void {
    const { upgrade, outstanding } = connection
    if (this.#stagger === undefined) return
    for (const exchange of outstanding) if (exchange.mayLeave()) this.#stagger.add(exchange)
    if (upgrade === undefined) return
    if (upgrade.over || (!upgrade.lossy && leftMs <= lastCallMs)) connection.end()
    else if (upgrade.mayLeave()) this.#stagger.add(upgrade)
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

/** Reading it is a system call. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`
}
