import { setTimeout as pause } from 'node:timers/promises'
import { type ClosableTransport, collectionPath, objectPath, type Resource } from '../../src/kube/index.ts'
import { changesBetween } from './changes.ts'
import { at, type Fields, isFields } from './data.ts'
import { readableStatus } from './readable-status.ts'
import { Masks } from './masks.ts'
import type { Target } from './target.ts'
import { Watching } from './watching.ts'

/** One thing that was asked or looked at, and what came of it, masked. */
export type Step = Fields

/** How much of an answer is recorded: all of it, only its status, or these paths. */
export type Show = 'all' | 'status' | readonly string[]

export interface Ask {
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown
  readonly show?: Show
  /** @default conformance */
  readonly userAgent?: string
}

export interface Answer {
  readonly status: number
  /** Parsed, where it is JSON. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

/** How long a case waits before it looks again, in milliseconds. */
export const lookEveryMs = 40

/** The default user agent, and so the default field manager. */
const conformance = 'conformance/1'

/**
 * What a case works with: a namespace of its own, and requests whose answers are recorded by themselves. An object that
 * is seen again is recorded as what has changed.
 */
export class Scene {
  readonly target: Target
  readonly namespace: string
  readonly masks: Masks
  readonly steps: Step[] = []
  /** Sentences that did not hold. */
  readonly broken: string[] = []
  readonly #signal: AbortSignal
  readonly #clients = new Map<string, ClosableTransport>()
  readonly #seen = new Map<string, unknown>()
  readonly #watches: Watching[] = []
  readonly #endings: (() => Promise<unknown>)[] = []

  constructor(target: Target, namespace: string, signal: AbortSignal) {
    this.target = target
    this.namespace = namespace
    this.#signal = signal
    const nodes = Object.fromEntries(target.nodes.map((node, index) => [node, `<node-${index + 1}>`]))
    this.masks = new Masks({ [namespace]: '<ns>', ...nodes })
  }

  /** A request, recorded with its answer. */
  async ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Ask = {}): Promise<Answer> {
    const answer = await this.quietly(method, path, options)
    const warnings = answer.headers['warning']
    this.#record(this.#sentence(method, path, options), {
      status: answer.status,
      ...(warnings === undefined ? {} : { warnings: this.masks.text(warnings) }),
      ...this.#shown(answer.body, options.show ?? 'all'),
    })
    return answer
  }

  /** A request that is not recorded. */
  async quietly(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Ask = {}): Promise<Answer> {
    const { body } = options
    const response = await this.client(options.userAgent).request({
      method,
      path,
      ...(options.query === undefined ? {} : { query: options.query }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      // A transport never tries a watch again: every answer is seen.
      verb: 'watch',
      resource: path,
      signal: this.#signal,
    })
    return { status: response.status, headers: response.headers, body: parsed(await response.text()) }
  }

  create(resource: Resource, object: Fields, options: Ask = {}): Promise<Answer> {
    return this.ask('POST', this.path(resource), { ...options, body: object })
  }

  get(resource: Resource, name: string, options: Ask = {}): Promise<Answer> {
    return this.ask('GET', this.path(resource, name), options)
  }

  list(resource: Resource, query: Ask['query'] = {}, options: Ask = {}): Promise<Answer> {
    return this.ask('GET', this.path(resource), { ...options, query })
  }

  /** PUT, to the name in the object. */
  update(resource: Resource, object: unknown, options: Ask & { subresource?: string } = {}): Promise<Answer> {
    const name = String(at(object, 'metadata.name'))
    return this.ask('PUT', this.path(resource, name, options.subresource), { ...options, body: object })
  }

  patch(
    type: keyof typeof patchTypes,
    resource: Resource,
    name: string,
    body: unknown,
    options: Ask & { subresource?: string } = {},
  ): Promise<Answer> {
    const headers = { 'content-type': patchTypes[type], ...options.headers }
    return this.ask('PATCH', this.path(resource, name, options.subresource), { ...options, headers, body })
  }

  /** Server-side apply. `object` need not say what it is: the resource and the name do. */
  apply(
    manager: string,
    resource: Resource,
    name: string,
    object: Fields,
    options: Ask & { force?: boolean; subresource?: string } = {},
  ): Promise<Answer> {
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
    const metadata = isFields(object['metadata']) ? object['metadata'] : {}
    const body = { apiVersion, kind: resource.kind, ...object, metadata: { name, ...metadata } }
    const query = { fieldManager: manager, ...(options.force === true ? { force: true } : {}), ...options.query }
    return this.patch('apply', resource, name, body, { ...options, query })
  }

  delete(resource: Resource, name: string, options: Ask = {}): Promise<Answer> {
    return this.ask('DELETE', this.path(resource, name), options)
  }

  path(resource: Resource, name?: string, subresource?: string): string {
    return name === undefined
      ? collectionPath(resource, this.namespace)
      : objectPath(resource, { namespace: this.namespace, name }, subresource)
  }

  /** Records something that was looked at. */
  note(what: string, value: unknown): void {
    this.#record(what, { is: this.masks.data(value) })
  }

  /** Says what must be so, whatever the other cluster does. */
  check(sentence: string, holds: boolean): void {
    if (!holds) this.broken.push(sentence)
  }

  /** Opens a watch on a collection; it ends with the case. */
  async watch(resource: Resource, query: Ask['query'] = {}, headers: Ask['headers'] = {}): Promise<Watching> {
    const watching = await Watching.open(this.client(), this.path(resource), { ...query, watch: true }, headers)
    this.#watches.push(watching)
    return watching
  }

  /** Asks again and again until the answer is not undefined. @throws Error that says what was waited for */
  async eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined, seconds = 20): Promise<T> {
    const endMs = performance.now() + seconds * 1000
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (performance.now() > endMs) throw new Error(`not within ${seconds} s: ${what}`)
      await pause(lookEveryMs, undefined, { signal: this.#signal })
    }
  }

  client(userAgent = conformance): ClosableTransport {
    let client = this.#clients.get(userAgent)
    if (client === undefined) {
      client = this.target.client(userAgent)
      this.#clients.set(userAgent, client)
    }
    return client
  }

  get signal(): AbortSignal {
    return this.#signal
  }

  /** Runs when the case is over, whatever came of it. */
  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending)
  }

  async end(): Promise<void> {
    for (const watching of this.#watches) watching.close()
    await Promise.allSettled(this.#endings.map((ending) => ending()))
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }

  #record(what: string, found: Fields): void {
    this.steps.push({ do: this.masks.text(what), ...found })
  }

  #sentence(method: string, path: string, { query = {}, headers = {} }: Ask): string {
    const short = path.replace(`/namespaces/${this.namespace}/`, '/').replace(/^\/apis?\//, '')
    const asked = Object.entries(query).map(([name, value]) => `${name}=${value}`)
    const type = Object.entries(patchTypes).find(([, media]) => media === headers['content-type'])?.[0]
    return [method, type, short, asked.join('&')].filter((part) => part !== undefined && part !== '').join(' ')
  }

  #shown(body: unknown, show: Show): Fields {
    if (show === 'status' && at(body, 'kind') !== 'Status') return {}
    const masked = this.masks.data(body)
    if (!isFields(masked)) return { answer: masked }
    if (masked['kind'] === 'Status') return { answer: readableStatus(masked) }
    if (Array.isArray(show)) return { answer: Object.fromEntries(show.map((path) => [path, at(masked, path)])) }
    const uid = at(masked, 'metadata.uid')
    if (typeof uid !== 'string') return { answer: masked }
    const key = `${String(masked['kind'])} ${uid}`
    const before = this.#seen.get(key)
    this.#seen.set(key, masked)
    if (before === undefined) return { answer: masked }
    return { changes: changesBetween(before, masked).map(({ path, ...change }) => ({ at: path, ...change })) }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
