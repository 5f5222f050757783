import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { endsOnDrain } from '../protocol/end-on-drain.ts'
import type { DrainError } from '../errors.ts'
import { effectiveStatus } from '../grpc/status.ts'
import { statusClass } from '../traffic/traffic.ts'
import type { Outcome } from '../traffic/traffic.ts'
import type { Http2Connection } from './http2-connection.ts'
import type { StreamTraits } from './stream-traits.ts'

/**
 * Where a stream keeps its record. A WeakMap from short-lived streams to records that know them would cost more in the
 * garbage collector than the whole accounting.
 */
const exchangeOf = Symbol('drain-server.exchange')

type Marked = ServerHttp2Stream & { [exchangeOf]?: StreamExchange }

/** A stream that a client opened: a request and its response. */
export class StreamExchange {
  readonly stream: ServerHttp2Stream
  readonly connection: Http2Connection
  readonly method: string | undefined
  readonly startedAtMs: number
  /** A health check's stream is served, and counted nowhere. */
  readonly probe: boolean
  /** The response of node's compatibility API; undefined for an application that uses streams. */
  response: Http2ServerResponse | undefined
  settled = false
  /** It was counted as lost already. */
  lost = false
  readonly #endOnDrain: (() => void) | undefined
  #controller: AbortController | undefined

  constructor(
    stream: ServerHttp2Stream,
    connection: Http2Connection,
    method: string | undefined,
    startedAtMs: number,
    traits: StreamTraits,
  ) {
    this.stream = stream
    this.connection = connection
    this.method = method
    this.startedAtMs = startedAtMs
    this.probe = traits.probe === true
    this.#endOnDrain = traits.endOnDrain
    const marked: Marked = stream
    marked[exchangeOf] = this
  }

  static of(request: ServerHttp2Stream | Http2ServerRequest): StreamExchange | undefined {
    const marked: Marked = 'stream' in request ? request.stream : request
    return marked[exchangeOf]
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(reason: DrainError): void {
    this.#controller?.abort(reason)
  }

  /** The response has been sent whole. */
  get complete(): boolean {
    return this.stream.rstCode === 0 && this.stream.headersSent && this.stream.writableFinished
  }

  get outcome(): Outcome {
    if (!this.complete) return 'aborted'
    const { response, stream } = this
    // Node builds sentHeaders when it is asked for them: not for every request.
    const plain = response !== undefined && stream.sentTrailers === undefined && !response.hasHeader('grpc-status')
    return statusClass(plain ? response.statusCode : effectiveStatus(stream.sentHeaders, stream.sentTrailers))
  }

  /** Whether a drain may end the response before the application does; only known once its head is sent. */
  get endable(): boolean {
    if (this.stream.writableEnded) return false
    if (this.#endOnDrain !== undefined) return true
    if (!this.stream.headersSent) return false
    return endsOnDrain(this.response ?? this.stream, this.method, this.stream.sentHeaders['content-type'])
  }

  /** Ends the response with END_STREAM; what the application still writes is dropped. */
  end(): void {
    if (this.settled || this.stream.writableEnded) return
    if (this.#endOnDrain !== undefined) {
      this.#endOnDrain()
      return
    }
    const stream: { write: unknown; end: unknown } & ServerHttp2Stream = this.stream
    stream.end()
    stream.write = (...values: unknown[]) => callLater(values, true)
    stream.end = (...values: unknown[]) => callLater(values, stream)
  }
}

/** Does what a write or an end does for its caller, without a byte. */
function callLater<Result>(values: unknown[], result: Result): Result {
  const callback = values.at(-1)
  if (typeof callback === 'function') process.nextTick(callback)
  return result
}
