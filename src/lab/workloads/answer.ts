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
  /** `GET /health` says so. */
  shuttingDown: boolean
}

/**
 * `GET /?ms=20` works for that long and answers with the name of its pod, in the body and as `x-pod`; `GET /health` is
 * 200, or 503 while it shuts down.
 */
export function answer(application: Application, path: string, response: Response): void {
  const { pod, queue, shuttingDown } = application
  const url = new URL(path, 'http://application')
  response.setHeader('x-pod', pod)
  if (url.pathname === '/health') {
    response.statusCode = shuttingDown ? 503 : 200
    response.end(shuttingDown ? 'shutting down\n' : 'ok\n')
  } else if (url.pathname === '/') {
    queue.work(Number(url.searchParams.get('ms') ?? 0), () => response.end(`hello from ${pod}\n`))
  } else {
    response.statusCode = 404
    response.end('not found\n')
  }
}
