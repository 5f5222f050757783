import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { drain } from 'drain-server'

const server = createServer((_request, response) => {
  response.end('hello\n')
})

const webSockets = new WebSocketServer({ server })
webSockets.on('connection', (webSocket) => {
  webSocket.on('message', (message, isBinary) => webSocket.send(message, { binary: isBinary }))
})

drain(server)
server.listen(Number(process.env['PORT'] ?? 8080))
