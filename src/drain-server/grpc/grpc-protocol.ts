import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import type { Clock } from '../clock.ts'
import type { DrainError } from '../errors.ts'
import type { Loss, Protocol } from '../protocol/protocol.ts'
import { gateEvents } from '../protocol/server-events.ts'
import { endCall } from './end-call.ts'
import { healthService } from './health-messages.ts'
import { HealthService } from './health-service.ts'
import { grpcStatus, isGrpc } from './status.ts'

/** How long handlers get to answer in their own words when their signals are aborted: half of what is left then. */
const lastWordsMs = 50

/**
 * gRPC on an HTTP/2 server, whatever library serves it: health, and calls that end with a status. Everything else is
 * the HTTP/2 protocol's.
 */
export class GrpcProtocol implements Protocol {
  readonly #http2: Protocol
  readonly #clock: Clock
  readonly #health = new HealthService()
  readonly #calls = new Set<ServerHttp2Stream>()
  readonly #openGate: () => void
  /** One listener for all calls. */
  readonly #onClose: (this: ServerHttp2Stream) => void
  #ended = 0
  #cancelLastWords: (() => void) | undefined

  constructor(server: NetServer, http2: Protocol, clock: Clock) {
    this.#http2 = http2
    this.#clock = clock
    const calls = this.#calls
    this.#onClose = function onClose() {
      calls.delete(this)
    }
    this.#openGate = gateEvents(server, (event, values, proceed) =>
      event === 'stream'
        ? this.#receive(values[0] as ServerHttp2Stream, values[1] as IncomingHttpHeaders, proceed)
        : proceed(),
    )
  }

  get loss(): Loss {
    const { connections, requests } = this.#http2.loss
    return { connections, requests: requests + this.#ended }
  }

  shed(): void {
    this.#health.drain()
    this.#http2.shed()
  }

  keep(): void {
    this.#health.resume()
    this.#http2.keep()
  }

  closeListener(): Promise<void> {
    return this.#http2.closeListener()
  }

  settle(untilMs: number): Promise<void> {
    this.#health.end()
    return this.#http2.settle(untilMs)
  }

  abort(reason: DrainError): void {
    this.#http2.abort(reason)
    this.#cancelLastWords = this.#clock.after(lastWordsMs, () => {
      for (const call of this.#calls) if (endCall(call, grpcStatus.unavailable, reason.message)) this.#ended += 1
    })
  }

  force(): void {
    this.#cancelLastWords?.()
    this.#http2.force()
  }

  release(): void {
    this.#cancelLastWords?.()
    this.#openGate()
    this.#http2.release()
  }

  #receive(stream: ServerHttp2Stream, request: IncomingHttpHeaders, proceed: () => boolean): boolean {
    if (!isGrpc(request)) return proceed()
    if (request[':path']?.startsWith(healthService)) return this.#health.receive(stream, request) || proceed()
    this.#calls.add(stream)
    stream.once('close', this.#onClose)
    return proceed()
  }
}
