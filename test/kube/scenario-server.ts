import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'

/** A call that the server expects next. */
export interface ExpectedCall {
  /** e.g. `GET /api/v1/pods`, without query. */
  call: string
  /** The query parameters that must be there with these values; null: must be absent. */
  query?: Record<string, string | null>
  /** A part of the JSON body. */
  body?: object
  contentType?: string
  reply: Reply
}

/** What the server does with a call. */
export type Reply = (exchange: Exchange) => void | Promise<void>

/** A call that has arrived. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  body: string
}

/**
 * A real HTTP server on loopback that follows a script: calls must come in its order, each exactly once. A call that is
 * not the next of the script is answered 418 and remembered; `verify` fails for it, and for calls that never came.
 */
export class ScenarioServer {
  readonly #server: Server
  readonly #script: ExpectedCall[] = []
  readonly #problems: string[] = []
  /** `METHOD path?query` of all calls so far. */
  readonly calls: string[] = []
  connections = 0

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#problems.push(String(error)))
    })
    this.#server.on('connection', () => this.connections++)
  }

  static async start(): Promise<ScenarioServer> {
    const scenario = new ScenarioServer()
    scenario.#server.listen(0, '127.0.0.1')
    await once(scenario.#server, 'listening')
    return scenario
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  expect(...calls: ExpectedCall[]): void {
    this.#script.push(...calls)
  }

  /** How many expected calls have not come yet. */
  get remaining(): number {
    return this.#script.length
  }

  /** @throws Error naming each missing and each unexpected call. */
  verify(): void {
    const missing = this.#script.map(({ call }) => `missing: ${call}`)
    const problems = [...this.#problems, ...missing]
    if (problems.length > 0) throw new Error(problems.join('\n'))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string
    this.calls.push(`${request.method} ${request.url}`)
    const expected = this.#script.shift()
    const problem =
      expected === undefined ? 'nothing more was expected' : difference(expected, { request, response, url, body })
    if (expected === undefined || problem !== undefined) {
      this.#problems.push(`unexpected: ${request.method} ${request.url}: ${problem}`)
      response.writeHead(418).end()
      return
    }
    await expected.reply({ request, response, url, body })
  }
}

function difference(expected: ExpectedCall, { request, url, body }: Exchange): string | undefined {
  const call = `${request.method} ${url.pathname}`
  if (call !== expected.call) return `expected ${expected.call}`
  for (const [name, value] of Object.entries(expected.query ?? {})) {
    if (url.searchParams.get(name) !== value) return `expected query ${name}=${value}`
  }
  if (expected.contentType !== undefined && request.headers['content-type'] !== expected.contentType) {
    return `expected content type ${expected.contentType}, got ${request.headers['content-type']}`
  }
  if (expected.body !== undefined && !contains(JSON.parse(body), expected.body)) {
    return `expected a body with ${JSON.stringify(expected.body)}, got ${body}`
  }
  return undefined
}

function contains(actual: unknown, part: unknown): boolean {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return isDeepStrictEqual(actual, part)
  if (actual === null || typeof actual !== 'object') return false
  return Object.entries(part).every(([key, value]) => contains((actual as Record<string, unknown>)[key], value))
}

/** Answers with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

/** Answers with a Status object, as the API server does for what it refuses. */
export function failure(code: number, reason: string, headers: Record<string, string> = {}): Reply {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `it is ${reason}` }
  return json(status, code, headers)
}

/** Closes the connection without an answer. */
export const reset: Reply = ({ response }) => {
  response.socket?.resetAndDestroy()
}

/** A watch that the test writes as it goes. */
export class ScriptedWatch {
  #response: ServerResponse | undefined
  readonly #opened = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<void>()

  /** Resolves when a client has opened it. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Resolves when the connection is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  readonly reply: Reply = ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    response.on('close', () => this.#closed.resolve())
    this.#response = response
    this.#opened.resolve()
  }

  async send(...events: { type: string; object: unknown }[]): Promise<void> {
    await this.sendRaw(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  }

  async sendRaw(bytes: string | Uint8Array): Promise<void> {
    await this.opened
    await new Promise<void>((resolve, reject) => {
      this.#response?.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** The server ends the watch, as after timeoutSeconds. */
  async end(): Promise<void> {
    await this.opened
    this.#response?.end()
  }

  /** The connection breaks. */
  async reset(): Promise<void> {
    await this.opened
    this.#response?.socket?.resetAndDestroy()
  }
}
