import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { requestTarget } from './admin-handler.ts'
import { answerAdmin, tokenCheck } from './routes.ts'
import type { AdminSubject } from './routes.ts'

export type { AdminSubject }

/** Slow and silent peers are cut off after this; kubelet and Prometheus send their heads at once. */
const headersTimeoutMs = 5000
const requestTimeoutMs = 10_000
const connectionsCheckingIntervalMs = 1000
/** Beyond so many the oldest connection makes room: whoever hoards connections must not shut kubelet out. */
const mostConnections = 64

/** Health, admin and metrics on a server of their own; it does not keep the process alive. */
export function createAdminServer(subject: AdminSubject, token: string | undefined): Server {
  const authorized = tokenCheck(token)
  const timeouts = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: connectionsCheckingIntervalMs,
  }
  const server = createServer(timeouts, (request, response) => {
    answerAdmin(request, response, requestTarget(request.url), subject, authorized)
  })
  const connections = new Set<Socket>()
  server.on('connection', (socket) => {
    socket.unref()
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    const [oldest] = connections
    if (connections.size > mostConnections) oldest?.destroy()
  })
  return server.unref()
}
