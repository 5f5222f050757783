import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { ClientOptions, ServerOptions } from 'ws'
import { stage } from '../in-process.ts'
import type { Stage, StageOptions } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

export const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }
export const asksForWebSocket =
  'GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
export const switches = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
export const goingAway = '\x88\x02\x03\xe9'

export interface WebSocketStage extends Stage {
  clock: VirtualClock
  sockets: WebSocketServer
  open(options?: ClientOptions): Promise<WebSocket>
}

/** A server with `ws` on it, on a clock that stands still. */
export async function withSockets(options: StageOptions & { ws?: ServerOptions } = {}): Promise<WebSocketStage> {
  const { ws, ...rest } = options
  const clock = new VirtualClock()
  let sockets: WebSocketServer | undefined
  const it = await stage({
    clock,
    ...rest,
    prepare(server) {
      sockets = new WebSocketServer({ server, ...ws })
    },
  })
  return {
    ...it,
    clock,
    sockets: sockets as WebSocketServer,
    async open(clientOptions = {}) {
      const scheme = rest.tls === true ? 'wss' : 'ws'
      const client = new WebSocket(`${scheme}://127.0.0.1:${it.port}`, { rejectUnauthorized: false, ...clientOptions })
      client.on('error', () => undefined)
      onTestFinished(() => client.terminate())
      await once(client, 'open')
      return client
    },
  }
}

export async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

export function echo(sockets: WebSocketServer): void {
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
}

export function raw(
  listener: (request: IncomingMessage, socket: Socket) => void,
): StageOptions & { clock: VirtualClock } {
  const clock = new VirtualClock()
  const prepare = (server: Server): void =>
    void server.on('upgrade', (request, socket: Socket) => {
      socket.on('error', () => undefined)
      listener(request, socket)
    })
  return { clock, prepare }
}
