import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'

/** What no status, event or log line of ours may ever carry. */
export const upstreamWords = 'words-of-the-upstream'

/** One way for a Prometheus to be of no use, and what has to be said of it. */
export interface Fault {
  /** Its endpoint, and the path of it. */
  readonly name: string
  readonly what: string
  /** As docs/signals.md names it. */
  readonly reason: string
}

export const faults: readonly Fault[] = [
  { name: 'down', what: 'nothing listens', reason: 'Unreachable' },
  { name: 'slow', what: 'never answers', reason: 'Timeout' },
  { name: 'nan', what: 'NaN', reason: 'Impossible' },
  { name: 'negative', what: 'a negative count', reason: 'Impossible' },
  { name: 'huge', what: '1e300', reason: 'Impossible' },
  { name: 'shape', what: 'another shape', reason: 'Malformed' },
  { name: 'unauthorized', what: '401', reason: 'Unauthorized' },
  { name: 'redirect', what: 'a redirect to 169.254.169.254', reason: 'Redirected' },
  { name: 'forbidden', what: '169.254.169.254 itself', reason: 'Forbidden' },
]

const vector = (value: string): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: { a: upstreamWords }, value: [1, value] }] },
  })

const answers: Record<string, RequestListener> = {
  slow: () => {},
  nan: (_, response) => response.end(vector('NaN')),
  negative: (_, response) => response.end(vector('-5')),
  huge: (_, response) => response.end(vector('1e300')),
  shape: (_, response) => response.end(JSON.stringify({ status: 'success', data: upstreamWords })),
  unauthorized: (_, response) => response.writeHead(401, { 'x-said': upstreamWords }).end(upstreamWords),
  redirect: (_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(upstreamWords),
}

/** A server that is wrong in each of these ways, each at a path of its own. */
export class FaultyPrometheus {
  readonly #server: Server
  readonly #asked = new Map<string, number>()

  private constructor() {
    this.#server = createServer((request, response) => {
      const name = (request.url ?? '').split('/')[1] ?? ''
      this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1)
      const answer = answers[name]
      if (answer === undefined) response.writeHead(404).end()
      else answer(request, response)
    })
  }

  static async listen(address: string): Promise<{ server: FaultyPrometheus; urls: Map<string, string> }> {
    const server = new FaultyPrometheus()
    server.#server.listen(0, address)
    await once(server.#server, 'listening')
    const bound = server.#server.address()
    if (bound === null || typeof bound === 'string') throw new Error('no port')
    const urls = new Map(Object.keys(answers).map((name) => [name, `http://${address}:${bound.port}/${name}`]))
    // Port 1 of this machine: nobody listens there.
    urls.set('down', `http://${address}:1`)
    urls.set('forbidden', 'http://169.254.169.254')
    return { server, urls }
  }

  /** How often the path of a fault was asked. */
  asked(name: string): number {
    return this.#asked.get(name) ?? 0
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
