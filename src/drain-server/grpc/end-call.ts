import { constants } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import { eventLoopTurn } from '../clock.ts'

/**
 * Ends a gRPC call from outside its handler, with a status that the client reads as the call's own end. Messages that
 * were written go first. What the handler does with the stream afterwards has no effect.
 *
 * @returns false when the call has come to its end, or is on its way there, without us
 */
export function endCall(stream: ServerHttp2Stream, code: number, message: string): boolean {
  if (stream.closed || stream.destroyed || stream.writableEnded) return false
  const trailers = { 'grpc-status': code, 'grpc-message': encodeURIComponent(message) }
  if (stream.headersSent) {
    const sendTrailers = stream.sendTrailers.bind(stream)
    stream.prependOnceListener('wantTrailers', () => {
      sendTrailers(trailers)
      void resetAfterwards(stream)
    })
    stream.end()
  } else {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true })
    void resetAfterwards(stream)
  }
  silence(stream)
  return true
}

/**
 * A client that has not ended its half would hold the stream open, and the session with it. The reset must not overtake
 * the trailers, which leave at the end of this turn; what the client still sends is read, or the stream would stay.
 */
async function resetAfterwards(stream: ServerHttp2Stream): Promise<void> {
  await eventLoopTurn()
  stream.resume()
  stream.close(constants.NGHTTP2_NO_ERROR)
}

/** The handler knows nothing of the end: its next write would be an error that nobody listens for. */
function silence(stream: ServerHttp2Stream): void {
  Object.assign(stream, {
    respond: () => undefined,
    sendTrailers: () => undefined,
    write: (...values: unknown[]) => {
      const written = values.at(-1)
      if (typeof written === 'function') process.nextTick(written)
      return true
    },
  })
}
