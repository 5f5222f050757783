import { ApiServer, type ApiServerOptions } from '../../../src/cluster/api-server/index.ts'
import type { KubeObject, TransportRequest, TransportResponse } from '../../../src/kube/index.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read single fields of every kind of answer.
  readonly body: any
}

export interface Asked {
  query?: TransportRequest['query']
  headers?: Record<string, string>
  userAgent?: string
}

/** One event of a watch. */
export interface Seen {
  readonly type: string
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly object: any
}

/** An API server on a virtual clock. Whatever it stores is frozen: a handler that writes to it throws. */
export class Rig {
  readonly clock = new VirtualClock()
  readonly server: ApiServer

  constructor(options: Partial<ApiServerOptions> = {}) {
    this.server = new ApiServer({ clock: this.clock, random: seededRandom(1), ...options })
    this.server.onWrite(({ object }) => freeze(object))
  }

  async ask(method: TransportRequest['method'], path: string, body?: unknown, asked: Asked = {}): Promise<Answer> {
    const response = await this.request(method, path, body, asked)
    const text = await response.text()
    const isJson = response.headers['content-type']?.startsWith('application/json') === true
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  request(
    method: TransportRequest['method'],
    path: string,
    body?: unknown,
    asked: Asked & { signal?: AbortSignal } = {},
  ): Promise<TransportResponse> {
    return this.server.client(asked.userAgent ?? 'test/1').request({
      method,
      path,
      verb: 'get',
      resource: '',
      ...(asked.query === undefined ? {} : { query: asked.query }),
      headers: { 'content-type': 'application/json', ...asked.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(asked.signal === undefined ? {} : { signal: asked.signal }),
    })
  }

  /** A merge patch. */
  patch(path: string, body: unknown, asked: Asked = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/merge-patch+json', ...asked.headers }
    return this.ask('PATCH', path, body, { ...asked, headers })
  }

  /** Opens a watch; `events` are those that have arrived. */
  async watch(
    path: string,
    query: Asked['query'] = {},
    asked: Asked & { signal?: AbortSignal } = {},
  ): Promise<Watching> {
    return new Watching(await this.request('GET', path, undefined, { ...asked, query: { watch: true, ...query } }))
  }
}

export class Watching {
  readonly events: Seen[] = []
  readonly ended: Promise<string>
  readonly #response: TransportResponse

  constructor(response: TransportResponse) {
    this.#response = response
    this.ended = this.#read()
  }

  /** Type and name of each event. */
  get told(): string[] {
    return this.events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason ?? ''}`.trim())
  }

  stop(): void {
    this.#response.cancel()
  }

  async #read(): Promise<string> {
    try {
      for await (const chunk of this.#response.body) {
        for (const line of Buffer.from(chunk).toString('utf8').trim().split('\n'))
          this.events.push(JSON.parse(line) as Seen)
      }
      return 'ended'
    } catch (error) {
      return `failed: ${(error as Error).message}`
    }
  }
}

export function configMap(name: string, data: Record<string, string> = {}, labels?: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels === undefined ? {} : { labels }) }, data }
}

export function pod(name: string, spec: object = {}, labels: Record<string, string> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'app', image: 'example.com/app:1' }], ...spec },
  }
}

export function deployment(name: string, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'example.com/app:1' }] },
      },
      ...spec,
    },
  }
}

export const configMaps = '/api/v1/namespaces/default/configmaps'
export const pods = '/api/v1/namespaces/default/pods'
export const deployments = '/apis/apps/v1/namespaces/default/deployments'

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const field of Object.values(value as KubeObject)) freeze(field)
}
