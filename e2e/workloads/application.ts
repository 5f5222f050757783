import { createServer, type Server } from 'node:http'
import { hostname } from 'node:os'

/** The longest work that a request may ask for. */
const MAX_WORK_MS = 60_000

/** What the workload says of its own state at `/health`. */
export interface ApplicationState {
  shuttingDown: boolean
}

/**
 * The application under test, the same for every workload: `GET /?ms=20` works for that long and answers with the name
 * of its pod, in the body and as `x-pod`; `GET /health` is 200, or 503 while it shuts down. All of Node's server
 * settings are the defaults.
 */
export function createApplication(state: ApplicationState = { shuttingDown: false }): Server {
  const pod = process.env['POD_NAME'] ?? process.env['HOSTNAME'] ?? hostname()
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://application')
    response.setHeader('x-pod', pod)
    if (url.pathname === '/health') {
      response.statusCode = state.shuttingDown ? 503 : 200
      response.end(state.shuttingDown ? 'shutting down\n' : 'ok\n')
      return
    }
    if (url.pathname !== '/') {
      response.statusCode = 404
      response.end('not found\n')
      return
    }
    const workMs = Math.min(MAX_WORK_MS, Number(url.searchParams.get('ms') ?? 0) || 0)
    const answer = () => response.end(`hello from ${pod}\n`)
    if (workMs > 0) setTimeout(answer, workMs)
    else answer()
  })
}

/** Listens on `PORT`, 8080 by default, and prints one JSON line then. */
export function listen(server: Server): void {
  server.listen(Number(process.env['PORT'] ?? 8080), () => {
    const address = server.address()
    console.log(JSON.stringify({ listening: typeof address === 'object' ? address?.port : address }))
  })
}
