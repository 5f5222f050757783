import { existsSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The application under test. Each route is one way of responding:
 * - /now at once, in the same turn; /slow?ms= later; /stream?ms= with its head at once and its end later
 * - /upload when the body is complete, with its length; /early at once, before the body is read
 * - /block?file= keeps the event loop busy until the file exists, so that whatever arrives meanwhile waits in the kernel;
 *   <file>.begun tells that it does
 */
export async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://test')
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
    case '/block': {
      const file = url.searchParams.get('file') ?? ''
      writeFileSync(`${file}.begun`, '')
      while (!existsSync(file));
      break
    }
  }
  response.end(`ok ${url.pathname}`)
}

export function block(durationMs: number): void {
  const untilMs = performance.now() + durationMs
  while (performance.now() < untilMs);
}
