import type {
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  ServerHttp2Stream,
  ServerStreamResponseOptions,
} from 'node:http2'
import { endCall } from './end-call.ts'
import { healthListResponse, healthResponse, healthService, notServing, serving } from './health-messages.ts'
import { grpcStatus } from './status.ts'

/**
 * gRPC's health service, as a drain needs it: NOT_SERVING for every name from drain start on, whatever the application
 * says, and what the application says at all other times. For an application that does not serve it (UNIMPLEMENTED),
 * the answer is SERVING for every name, so that a kubelet's gRPC probe has something to ask.
 */
export class HealthService {
  readonly #watches = new Set<Watch>()
  #draining = false

  /** @returns whether the call is answered here; otherwise it is the application's to answer */
  receive(stream: ServerHttp2Stream, request: IncomingHttpHeaders): boolean {
    const method = request[':path']?.slice(healthService.length)
    if (method === 'Watch') {
      const watch = new Watch(stream, () => this.#draining)
      this.#watches.add(watch)
      stream.once('close', () => this.#watches.delete(watch))
      if (this.#draining) watch.answer()
      return this.#draining
    }
    if (method !== 'Check' && method !== 'List') return false
    const encode = method === 'Check' ? healthResponse : healthListResponse
    if (this.#draining) answer(stream, encode(notServing))
    else whenUnimplemented(stream, () => answer(stream, encode(serving)))
    return this.#draining
  }

  /** Tells the watchers NOT_SERVING. Their calls stay open: ended now, they would come again at once. */
  drain(): void {
    this.#draining = true
    for (const watch of this.#watches) watch.tell()
  }

  /** The drain was called off: tells the watchers what the application says. */
  resume(): void {
    this.#draining = false
    for (const watch of this.#watches) watch.tell()
  }

  /** Ends the watchers' calls, with the status that has them watch another server. */
  end(): void {
    for (const watch of this.#watches) watch.end()
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

  /** A watcher whose application has not begun to answer yet is told with its first message. */
  tell(): void {
    const { headersSent, closed, writableEnded } = this.#stream
    if (headersSent && !closed && !writableEnded) this.#write(this.#message())
  }

  end(): void {
    endCall(this.#stream, grpcStatus.unavailable, 'the server is draining')
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
function whenUnimplemented(stream: ServerHttp2Stream, answer: () => void): void {
  const respond = stream.respond.bind(stream)
  stream.respond = (head?: OutgoingHttpHeaders, options?: ServerStreamResponseOptions) => {
    stream.respond = respond
    if (Number(head?.['grpc-status']) === grpcStatus.unimplemented) answer()
    else respond(head, options)
  }
}
