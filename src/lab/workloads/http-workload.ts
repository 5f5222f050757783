import { createServer } from 'node:http'
import { type Application, answer } from './answer.ts'
import { listenOn } from './listen.ts'
import type { Workload } from './workload.ts'

/** HTTP/1.1. All of Node's server settings are the defaults. */
export function httpWorkload(application: Application): Workload {
  const server = createServer((request, response) => answer(application, request.url ?? '/', response))
  return {
    target: server,
    listen: (port) => listenOn(server, port),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
