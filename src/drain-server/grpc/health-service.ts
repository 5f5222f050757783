import type {
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
  ServerStreamResponseOptions,
} from 'node:http2'
import type { StreamTraits } from '../http2/stream-traits.ts'
import { endCall } from './end-call.ts'
import { healthListResponse, healthResponse, notServing, serving } from './health-messages.ts'
import { grpcStatus, isGrpc } from './status.ts'

const service = '/grpc.health.v1.Health/'

export function isHealthCall(request: IncomingHttpHeaders): boolean {
  return request[':path']?.startsWith(service) === true && isGrpc(request)
}

/**
 * gRPC's health service, as a drain needs it: NOT_SERVING for every name from drain start on, whatever the application
 * says, and what the application says at all other times. For an application that does not serve it (UNIMPLEMENTED),
 * the answer is SERVING for every name, so that a kubelet's gRPC probe has something to ask.
 */
export class HealthService {
  readonly #watches = new Map<ServerHttp2Stream, Watch>()
  #draining = false

  /** A health call is a probe, and a Watch is ended like other streams without an end. */
  traitsOf(stream: ServerHttp2Stream, request: IncomingHttpHeaders): StreamTraits {
    if (request[':path'] !== `${service}Watch`) return { probe: true }
    return { probe: true, endOnDrain: () => endCall(stream, grpcStatus.unavailable, 'the server is draining') }
  }

  /** @returns whether the call is answered here; otherwise it is the application's to answer */
  answers(stream: ServerHttp2Stream, request: IncomingHttpHeaders): boolean {
    if (!isHealthCall(request)) return false
    switch (String(request[':path']).slice(service.length)) {
      case 'Check':
        return this.#tellOnce(stream, healthResponse)
      case 'List':
        return this.#tellOnce(stream, healthListResponse)
      case 'Watch':
        return this.#watch(stream)
      default:
        return false
    }
  }

  /**
   * Tells the watchers NOT_SERVING. Their calls stay open until connections are closed: a client whose Watch has ended
   * calls it again at once.
   */
  drain(): void {
    this.#draining = true
    for (const watch of this.#watches.values()) watch.tell()
  }

  /** The drain was called off: tells the watchers what the application says. */
  resume(): void {
    this.#draining = false
    for (const watch of this.#watches.values()) watch.tell()
  }

  #tellOnce(stream: ServerHttp2Stream, encode: typeof healthResponse): boolean {
    if (this.#draining) answer(stream, encode(notServing))
    else whenUnimplemented(stream, () => answer(stream, encode(serving)))
    return this.#draining
  }

  #watch(stream: ServerHttp2Stream): boolean {
    const watch = new Watch(stream, () => this.#draining)
    this.#watches.set(stream, watch)
    stream.once('close', () => this.#watches.delete(stream))
    if (this.#draining) watch.answer()
    return this.#draining
  }
}

type Write = (message: unknown, ...rest: unknown[]) => boolean

/** A call of Watch. What the application writes to it passes through, unless a drain has another thing to say. */
class Watch {
  readonly #stream: ServerHttp2Stream
  readonly #isDraining: () => boolean
  readonly #write: Write
  /** What the application said last. */
  #said: unknown = healthResponse(serving)

  constructor(stream: ServerHttp2Stream, isDraining: () => boolean) {
    this.#stream = stream
    this.#isDraining = isDraining
    this.#write = stream.write.bind(stream) as Write
    stream.write = (message: unknown, ...rest: unknown[]) => {
      this.#said = message
      return this.#write(this.#message(), ...rest)
    }
    whenUnimplemented(stream, () => this.answer())
  }

  /** Answers in the application's place. */
  answer(): void {
    begin(this.#stream)
    this.tell()
  }

  /** A watcher whose application has not begun to answer is told with the first message that it writes. */
  tell(): void {
    const { headersSent, closed, writableEnded } = this.#stream
    if (headersSent && !closed && !writableEnded) this.#write(this.#message())
  }

  #message(): unknown {
    return this.#isDraining() ? healthResponse(notServing) : this.#said
  }
}

function answer(stream: ServerHttp2Stream, message: Buffer): void {
  begin(stream)
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
  stream.end(message)
}

function begin(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined)
  stream.resume()
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
}

/** Calls back instead of sending a head that says UNIMPLEMENTED: the application does not serve this method. */
function whenUnimplemented(stream: ServerHttp2Stream, answerInstead: () => void): void {
  const respond = stream.respond.bind(stream)
  stream.respond = (head?: OutgoingHttpHeaders, options?: ServerStreamResponseOptions) => {
    stream.respond = respond
    if (Number(head?.['grpc-status']) === grpcStatus.unimplemented) answerInstead()
    else respond(head, options)
  }
}
