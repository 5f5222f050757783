import { createServer, type Server } from 'node:http'
import type { Registry } from 'prom-client'

/** What the probes are told. */
export interface Health {
  /** False when the process cannot recover by itself. */
  live(): boolean
  /** True once every cache holds everything, until shutdown. */
  ready(): boolean
}

/** The operator's own HTTP server: /metrics, /healthz and /readyz. */
export function createHealthServer(registry: Registry, health: Health): Server {
  const answer = (ok: boolean): [number, string] => (ok ? [200, 'ok\n'] : [503, 'not ok\n'])
  return createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      )
      return
    }
    const [status, text] =
      path === '/healthz'
        ? answer(health.live())
        : path === '/readyz'
          ? answer(health.ready())
          : [404, 'no such page\n']
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
  })
}
