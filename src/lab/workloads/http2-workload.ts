import { createServer, type ServerHttp2Session } from 'node:http2'
import { type Application, answer } from './answer.ts'
import { listenOn } from './listen.ts'
import type { Workload } from './workload.ts'

/** HTTP/2 in clear text, with prior knowledge. */
export function http2Workload(application: Application): Workload {
  const server = createServer((request, response) => answer(application, request.url, response))
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  return {
    target: server,
    listen: (port) => listenOn(server, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.close()
      }),
  }
}
