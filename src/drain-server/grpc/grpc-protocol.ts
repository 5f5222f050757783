import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server as NetServer } from 'node:net'
import type { Clock } from '../clock.ts'
import type { DrainError } from '../errors.ts'
import { Http2Protocol } from '../http2/http2-protocol.ts'
import type { StreamTraits } from '../http2/stream-traits.ts'
import type { Loss, Protocol, ProtocolContext } from '../protocol/protocol.ts'
import { gateEvents } from '../protocol/server-events.ts'
import { endCall } from './end-call.ts'
import { HealthService, isHealthCall } from './health-service.ts'
import { grpcStatus, isGrpc } from './status.ts'

/** How long handlers get to answer in their own words when their signals are aborted: half of what is left then. */
const lastWordsMs = 50

/**
 * HTTP/2 with what gRPC adds to it, whatever library serves the calls: health, and calls that end with a status.
 * Requests that are no gRPC calls only pass through.
 */
export class GrpcProtocol implements Protocol {
  readonly #http2: Http2Protocol
  readonly #clock: Clock
  readonly #health = new HealthService()
  readonly #calls = new Set<ServerHttp2Stream>()
  readonly #openGate: () => void
  /** One listener for all calls. */
  readonly #onClose: (this: ServerHttp2Stream) => void
  #cancelLastWords: (() => void) | undefined

  constructor(server: NetServer, context: ProtocolContext) {
    this.#clock = context.clock
    const calls = this.#calls
    this.#onClose = function onClose() {
      calls.delete(this)
    }
    // Before the HTTP/2 protocol's own gate, which then sees each stream first.
    this.#openGate = gateEvents(server, (event, [stream, headers]) => {
      if (event === 'stream' && this.#health.answers(stream as ServerHttp2Stream, headers as IncomingHttpHeaders))
        return true
      return undefined
    })
    this.#http2 = new Http2Protocol(server, context, { onStream: (...call) => this.#observe(...call) })
  }

  get loss(): Loss {
    return this.#http2.loss
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
    return this.#http2.settle(untilMs)
  }

  /** A call that goes on is ended with UNAVAILABLE, so that its client knows more than that a connection broke. */
  abort(reason: DrainError): void {
    this.#http2.abort(reason)
    this.#cancelLastWords = this.#clock.after(lastWordsMs, () => {
      for (const call of this.#calls) if (endCall(call, grpcStatus.unavailable, reason.message)) this.#http2.lose(call)
    })
  }

  force(): void {
    this.#cancelLastWords?.()
    this.#http2.force()
  }

  release(): void {
    this.#cancelLastWords?.()
    this.#http2.release()
    this.#openGate()
  }

  #observe(stream: ServerHttp2Stream, request: IncomingHttpHeaders): StreamTraits | undefined {
    if (!isGrpc(request)) return undefined
    if (isHealthCall(request)) return this.#health.traitsOf(stream, request)
    this.#calls.add(stream)
    stream.once('close', this.#onClose)
    return undefined
  }
}
