import { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'
import { DrainError } from '../errors.ts'
import { GrpcCalls } from '../grpc/grpc-calls.ts'
import type { GrpcCall } from '../grpc/grpc-calls.ts'
import { Exchange } from '../http1/exchange.ts'
import { StreamExchange } from '../http2/stream-exchange.ts'

/**
 * A signal for work that a request starts: aborted when the drain deadline comes (reason: DrainError
 * ERR_DRAIN_DEADLINE) or when the client leaves before its response is complete (ERR_DRAIN_CLIENT_GONE).
 *
 * @param request of HTTP/1.1 or HTTP/2, an HTTP/2 stream, or a call of a grpc-js Server whose service was added after
 * drain()
 * @throws DrainError ERR_DRAIN_UNKNOWN_REQUEST when no adopted server received the request
 */
export function requestSignal(
  request: IncomingMessage | Http2ServerRequest | ServerHttp2Stream | GrpcCall,
): AbortSignal {
  const signal = signalOf(request)
  if (signal !== undefined) return signal
  throw new DrainError('ERR_DRAIN_UNKNOWN_REQUEST', 'requestSignal() needs a request of a server that drain() adopted')
}

function signalOf(request: Parameters<typeof requestSignal>[0]): AbortSignal | undefined {
  if (request instanceof IncomingMessage) return Exchange.of(request)?.signal
  return GrpcCalls.signalOf(request) ?? StreamExchange.of(request as Http2ServerRequest | ServerHttp2Stream)?.signal
}
