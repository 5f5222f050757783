import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Handler } from './libraries.ts'

/**
 * The application of the benchmark, the same for every library. Each route is one way of responding:
 * - /now at once; /slow?ms= later; /stream?ms= with its head at once and its end later
 * - /upload when the body is complete, with its length
 * - /block?ms= keeps the event loop from turning, so that what arrives meanwhile waits in the kernel
 * - /events is a stream of server-sent events that does not end by itself
 */
export const application: Handler = (request, response) => {
  respond(request, response).catch(() => response.destroy())
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://bench')
  const durationMs = Number(url.searchParams.get('ms') ?? 0)
  switch (url.pathname) {
    case '/slow':
      await sleep(durationMs)
      break
    case '/stream':
      response.write('begun ')
      await sleep(durationMs)
      break
    case '/upload': {
      let length = 0
      for await (const bytes of request) length += (bytes as Buffer).length
      response.end(`ok ${length}`)
      return
    }
    case '/block':
      // Until nobody wakes it: no processor is taken from the other trials.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs)
      break
    case '/events': {
      response.setHeader('Content-Type', 'text/event-stream')
      const timer = setInterval(() => response.writableEnded || response.write('data: tick\n\n'), 50)
      response.once('close', () => clearInterval(timer))
      return
    }
  }
  response.end('ok')
}
