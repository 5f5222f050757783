import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { type Application, answer } from './answer.ts'
import { listenOn } from './listen.ts'
import type { Workload } from './workload.ts'

/** WebSockets that send each message back, on a server that answers HTTP, too. */
export function websocketWorkload(application: Application): Workload {
  const server = createServer((request, response) => answer(application, request.url ?? '/', response))
  const webSockets = new WebSocketServer({ server })
  webSockets.on('headers', (headers) => headers.push(`x-pod: ${application.pod}`))
  webSockets.on('connection', (webSocket) => {
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('message', (message, isBinary) => webSocket.send(message, { binary: isBinary }))
  })
  return {
    target: server,
    listen: (port) => listenOn(server, port),
    // server.close() waits for its WebSockets, and nobody tells them: that is what most programs do.
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
