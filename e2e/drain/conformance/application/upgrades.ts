/** Sockets that leave HTTP: WebSocket by hand and with the `ws` package, another upgrade, and CONNECT. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'

const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const webSockets = new WebSocketServer({ noServer: true })
webSockets.on('connection', (webSocket) => {
  webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }))
})

/**
 * - /ws is a WebSocket of the `ws` package; /raw-ws one made by hand, which knows no frames
 * - any other path becomes the protocol that was asked for; what is sent comes back
 */
export function addUpgrades<S extends Server>(server: S): S {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (request.url === '/ws') {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit('connection', webSocket, request))
    } else if (request.url === '/raw-ws') {
      const key = `${request.headers['sec-websocket-key']}${webSocketGuid}`
      switchTo(socket, 'websocket', `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}\r\n`)
      socket.resume()
    } else {
      switchTo(socket, String(request.headers.upgrade), '')
      socket.pipe(socket)
    }
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    socket.pipe(socket)
  })
  return server
}

function switchTo(socket: Duplex, protocol: string, headers: string): void {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${headers}\r\n`)
}
