/** The routes on Node's own request and response, of HTTP/1 and of HTTP/2's compatibility interface. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { pipeline } from 'node:stream'
import { answer } from './answer.ts'

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

export function serve(request: Request, response: Response): void {
  void respond(request, response as ServerResponse)
}

async function respond(request: Request, response: ServerResponse): Promise<void> {
  try {
    const { type, body } = await answer(request.url ?? '/', () => request)
    response.setHeader('content-type', type)
    if (typeof body === 'string') response.end(body)
    else pipeline(body, response, () => undefined)
  } catch {
    response.destroy()
  }
}
