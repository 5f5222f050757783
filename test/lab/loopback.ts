import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/lab/agent/clock.ts'
import { Load } from '../../src/lab/agent/load.ts'
import type { LoadSpec } from '../../src/lab/agent/load-spec.ts'

/** A TCP server on a free loopback port that ends with the test. */
export async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return listening(server)
}

/** An HTTP server with Node's defaults on a free loopback port that ends with the test. */
export async function httpServer(onRequest: RequestListener): Promise<number> {
  const server = createHttpServer(onRequest)
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return listening(server)
}

/** A loopback port that nobody listens on. */
export async function refusingPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  server.close()
  await once(server, 'close')
  return port
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export const COMPLETE_ANSWER = 'HTTP/1.1 200 OK\r\nx-pod: a\r\nContent-Length: 2\r\n\r\nok'

/** Starts a load on a loopback port; few requests, quickly, unless the test says otherwise. */
export function startLoad(port: number, spec: Partial<LoadSpec> = {}): Load {
  const load = new Load(
    {
      id: 'test',
      target: { host: '127.0.0.1', port, path: '/' },
      protocol: 'http',
      mode: 'keep-alive',
      ratePerSecond: 1000,
      spacing: 'fixed',
      seed: 1,
      connections: 1,
      workMs: 0,
      streamSeconds: 5,
      timeoutMs: 5000,
      retries: null,
      maxRequests: 1,
      maxSeconds: 60,
      ...spec,
    },
    systemClock,
  )
  onTestFinished(() => load.abort())
  return load
}

export const records = (load: Load) => [...load.log.records()]
