import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { Clock } from './clock.ts'
import { KubeError } from './kube-error.ts'
import { RequestLife } from './request-life.ts'
import { withRetries } from './retries.ts'
import type { Observation, Transport, TransportRequest, TransportResponse } from './transport.ts'

/** Where the API server is and how to prove who we are, at one moment. */
export interface Access {
  /** e.g. `https://10.0.0.1:6443`; a path prefix is allowed. */
  server: string
  headers?: Readonly<Record<string, string>>
  tls?: TlsMaterial
  /** An HTTP proxy to tunnel through. */
  proxyUrl?: string
}

/** As node:tls takes them. */
export interface TlsMaterial {
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  passphrase?: string
  servername?: string
  rejectUnauthorized?: boolean
}

/**
 * Gives the access to use now; `renew` after the server answered 401, when a cached credential must not be used again.
 * It is asked before every attempt, and should give the same object while nothing has changed.
 */
export type AccessSource = (renew: boolean) => Promise<Access>

export interface UndiciTransportOptions {
  access: AccessSource
  clock: Clock
  /** @default drainkeeper */
  userAgent?: string
  /** Called once for each attempt. */
  observe?: (observation: Observation) => void
}

/** A transport with its connections. */
export interface ClosableTransport extends Transport {
  /** Ends every connection; open requests end with Unavailable. */
  close(): Promise<void>
}

const defaultTimeoutMs = 30_000
/** A body that is not worth reading is read to this length, so that its connection can be used again. */
const discardLimitBytes = 64 * 1024

/** The transport on one undici Agent: requests in sequence share a connection, whatever their verb. */
export function createUndiciTransport(options: UndiciTransportOptions): ClosableTransport {
  const { access, clock, observe } = options
  const userAgent = options.userAgent ?? 'drainkeeper'
  const connections = new Connections()

  async function attempt(request: TransportRequest, life: RequestLife, renew: boolean): Promise<UndiciAttempt> {
    const startedMs = clock.monotonicMs()
    const seen = (status: Observation['status']): void =>
      observe?.({ verb: request.verb, resource: request.resource, status, durationMs: clock.monotonicMs() - startedMs })
    try {
      const current = await access(renew)
      life.signal.throwIfAborted()
      const { origin, pathname } = new URL(current.server)
      const response = await life.within(
        connections.of(current).request({
          origin,
          path: `${pathname.replace(/\/$/, '')}${request.path}${queryString(request.query)}`,
          method: request.method,
          headers: { 'user-agent': userAgent, accept: 'application/json', ...current.headers, ...request.headers },
          body: request.body ?? null,
          signal: life.signal,
          headersTimeout: 0,
          bodyTimeout: 0,
        }),
      )
      seen(response.statusCode)
      return new UndiciAttempt(response)
    } catch (error) {
      const explained = life.explain(error)
      seen(explained.code)
      throw explained
    }
  }

  return {
    async request(request) {
      const life = new RequestLife(request, clock, request.timeoutMs ?? defaultTimeoutMs)
      try {
        const { response } = await withRetries(request, {
          clock,
          signal: life.signal,
          attempt: (renew) => attempt(request, life, renew),
        })
        if (request.verb === 'watch') life.clearTimeout()
        return new UndiciResponse(response, life)
      } catch (error) {
        life.end()
        throw error
      }
    },
    close: () => connections.destroy(),
  }
}

class UndiciAttempt {
  readonly response: Dispatcher.ResponseData

  constructor(response: Dispatcher.ResponseData) {
    this.response = response
  }

  get status(): number {
    return this.response.statusCode
  }

  get headers(): Record<string, string> {
    return plainHeaders(this.response)
  }

  async discard(): Promise<void> {
    await this.response.body.dump({ limit: discardLimitBytes }).catch(() => {})
  }
}

class UndiciResponse implements TransportResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #response: Dispatcher.ResponseData
  readonly #life: RequestLife

  constructor(response: Dispatcher.ResponseData, life: RequestLife) {
    this.status = response.statusCode
    this.headers = plainHeaders(response)
    this.#response = response
    this.#life = life
  }

  async text(): Promise<string> {
    try {
      return await this.#response.body.text()
    } catch (error) {
      throw this.#life.explain(error)
    } finally {
      this.#life.end()
    }
  }

  get body(): AsyncIterable<Uint8Array> {
    return readBody(this.#response.body, this.#life)
  }

  cancel(): void {
    this.#life.end()
    this.#response.body.destroy()
  }
}

async function* readBody(body: AsyncIterable<unknown>, life: RequestLife): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array
  } catch (error) {
    throw life.explain(error)
  } finally {
    life.end()
  }
}

/** The dispatcher for the present TLS material: another one only when that changes, e.g. a rotated client certificate. */
class Connections {
  #access: Access | undefined
  #dispatcher: Dispatcher | undefined

  of(access: Access): Dispatcher {
    if (this.#dispatcher === undefined || this.#access === undefined || !sameEndpoint(this.#access, access)) {
      // Requests under way, watches among them, end by themselves on the old connections.
      void this.#dispatcher?.close().catch(() => {})
      this.#dispatcher = dispatcherFor(access)
    }
    this.#access = access
    return this.#dispatcher
  }

  async destroy(): Promise<void> {
    await this.#dispatcher?.destroy(new KubeError('Unavailable', 'the transport was closed'))
  }
}

function dispatcherFor({ tls, proxyUrl }: Access): Dispatcher {
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 }
  // HTTP/1.1: a watch occupies its own connection, and can be cut without touching the others.
  const shared = { allowH2: false, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }
  if (proxyUrl === undefined) return new Agent({ ...shared, connect })
  if (!/^https?:/.test(proxyUrl)) {
    throw new KubeError('Unexpected', `proxy ${new URL(proxyUrl).protocol} is not supported: use an HTTP proxy`)
  }
  return new ProxyAgent({ ...shared, uri: proxyUrl, requestTls: connect })
}

function sameEndpoint(a: Access, b: Access): boolean {
  return a === b || (a.proxyUrl === b.proxyUrl && JSON.stringify(a.tls) === JSON.stringify(b.tls))
}

function queryString(query: TransportRequest['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

function plainHeaders(response: Dispatcher.ResponseData): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
