import type { Faults } from './faults.ts'
import type { WorkQueue } from './work-queue.ts'

/** What an answer needs: those of HTTP/1.1 and HTTP/2 servers have the same methods. */
export interface Response {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

/** The application under test, the same for every server program. */
export interface Application {
  readonly pod: string
  readonly queue: WorkQueue
  readonly faults: Faults
  /** `GET /health` says so. */
  shuttingDown: boolean
}

/**
 * `GET /?ms=20` works for that long and answers with the name of its pod, in the body and as `x-pod`; `GET /health` is
 * 200, or 503 while it shuts down.
 */
export function answer(application: Application, path: string, response: Response): void {
  const { pod, queue, faults, shuttingDown } = application
  const url = new URL(path, 'http://application')
  response.setHeader('x-pod', pod)
  if (url.pathname === '/health') {
    response.statusCode = shuttingDown ? 503 : 200
    response.end(shuttingDown ? 'shutting down\n' : 'ok\n')
  } else if (url.pathname === '/') {
    const failed = faults.fails()
    if (failed) response.statusCode = 500
    queue.work(Number(url.searchParams.get('ms') ?? 0), () => response.end(failed ? 'failed\n' : `hello from ${pod}\n`))
  } else {
    response.statusCode = 404
    response.end('not found\n')
  }
}
