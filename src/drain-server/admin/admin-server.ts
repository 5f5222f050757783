import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { requestTarget } from './admin-handler.ts'
import { answerAdmin, tokenCheck } from './routes.ts'
import type { AdminSubject } from './routes.ts'

/** What the server puts up with: kubelet and Prometheus send their heads at once, and few connections. */
export interface AdminLimits {
  /** Slow and silent peers are cut off after this. */
  headersTimeoutMs: number
  requestTimeoutMs: number
  /** How often that is looked after. */
  checkEveryMs: number
  /** Beyond so many the oldest connection makes room: whoever hoards connections must not shut kubelet out. */
  connections: number
}

const limits: AdminLimits = { headersTimeoutMs: 5000, requestTimeoutMs: 10_000, checkEveryMs: 1000, connections: 64 }

/** Health, admin and metrics on a server of their own; it does not keep the process alive. */
export function createAdminServer(
  subject: AdminSubject,
  token: string | undefined,
  { headersTimeoutMs, requestTimeoutMs, checkEveryMs, connections: mostConnections } = limits,
): Server {
  const authorized = tokenCheck(token)
  const timeouts = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkEveryMs,
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
