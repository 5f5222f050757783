import { IncomingMessage } from 'node:http'
import type { Server as HttpServer } from 'node:http'
import type { Server as NetServer, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { ProtocolContext } from '../protocol/protocol.ts'

/**
 * The connections of an HTTP/2 server whose peers did not choose `h2`: node serves them as HTTP/1.1 (`allowHTTP1`), or
 * turns them away. They drain as any HTTP/1.1 connection does, by an Http1Protocol that is told of nothing else.
 */
export class Http1Guests {
  readonly protocol: Http1Protocol
  readonly #view: NetServer

  /** To be made before the server's own emit is gated. */
  constructor(server: NetServer, context: ProtocolContext) {
    const toListeners: (event: string | symbol, ...values: unknown[]) => boolean = server.emit.bind(server)
    // What this sees is told by hand; what it hands on goes to the server's listeners. The socket below TLS is known to
    // them already.
    this.#view = Object.create(server, {
      emit: {
        configurable: true,
        writable: true,
        value: (event: string | symbol, ...values: unknown[]) =>
          event === 'connection' || toListeners(event, ...values),
      },
    }) as NetServer
    this.protocol = new Http1Protocol(this.#view as HttpServer, context)
  }

  static speaksHttp1(stream: TLSSocket): boolean {
    return stream.alpnProtocol === false || stream.alpnProtocol === 'http/1.1'
  }

  static isRequest(request: unknown): boolean {
    return request instanceof IncomingMessage
  }

  welcome(raw: Socket, stream: TLSSocket): boolean {
    this.#view.emit('connection', raw)
    return this.#view.emit('secureConnection', stream)
  }

  tell(event: string | symbol, values: unknown[]): boolean {
    return this.#view.emit(event, ...values)
  }
}
