import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request as plainRequest,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Agent, request as tlsRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'

/** A write of the operator that decides something: a status, or an apply on a Deployment. */
export interface Write {
  /** Counted from 1 since the proxy was armed. */
  readonly number: number
  /** `status`, or `apply` on the Deployment. */
  readonly what: string
}

/** What happens at one write: the process that made it is ended before the server heard of it, or right after. */
export interface Trap {
  readonly at: number
  readonly when: 'before' | 'after'
  readonly spring: (write: Write) => Promise<void>
}

export interface ApiServer {
  readonly url: string
  readonly ca: string
}

/**
 * Between one operator and the API server: it passes everything on, counts the writes, and can end the operator at
 * exactly one of them. It adds no identity of its own: what the caller may do stays what its token says.
 */
export class ApiProxy {
  readonly #server: Server
  readonly #upstream: ApiServer
  readonly #agent: Agent
  #count = 0
  #trap: Trap | undefined
  url = ''

  constructor(upstream: ApiServer) {
    this.#upstream = upstream
    this.#agent = new Agent({ keepAlive: true, ca: upstream.ca })
    this.#server = createServer((request, response) => {
      void this.#pass(request, response).catch(() => response.destroy())
    })
  }

  async listen(address: string): Promise<void> {
    this.#server.listen(0, address)
    await once(this.#server, 'listening')
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') throw new Error('no port')
    this.url = `http://${address}:${bound.port}`
  }

  /** Counts from 1 again; with a trap, springs it once. */
  arm(trap?: Trap): void {
    this.#count = 0
    this.#trap = trap
  }

  /** Writes since it was armed. */
  get writes(): number {
    return this.#count
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
    this.#agent.destroy()
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const write = this.#writeOf(request)
    const trap = write !== undefined && write.number === this.#trap?.at ? this.#trap : undefined
    if (trap !== undefined) this.#trap = undefined
    if (trap?.when === 'before' && write !== undefined) {
      await trap.spring(write)
      response.destroy()
      return
    }
    const answer = await this.#forward(request, response)
    if (trap !== undefined && write !== undefined) {
      // The server has done it; nobody is left who could hear so.
      for await (const _ of answer);
      await trap.spring(write)
      response.destroy()
      return
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    await pipeline(answer, response)
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    const url = new URL(request.url ?? '/', this.#upstream.url)
    const { host: _, connection: __, ...headers } = request.headers
    const options = { method: request.method, headers }
    const upstream =
      url.protocol === 'https:' ? tlsRequest(url, { ...options, agent: this.#agent }) : plainRequest(url, options)
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
    return answer
  }

  #writeOf({ method, url = '' }: IncomingMessage): Write | undefined {
    if (method !== 'PATCH' && method !== 'PUT' && method !== 'POST') return undefined
    const what = /\/drainpolicies\/[^/?]+\/status/.test(url)
      ? 'status'
      : /\/deployments\/[^/?]+/.test(url)
        ? 'apply'
        : undefined
    if (what === undefined) return undefined
    this.#count += 1
    return { number: this.#count, what }
  }
}
