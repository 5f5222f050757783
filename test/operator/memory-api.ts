import { type Clock, KubeError, type KubeObject, type Transport } from '../../src/kube/index.ts'
import type { TransportRequest, TransportResponse } from '../../src/kube/transport.ts'
import { applyDeployment, applyStatus } from './memory-apply.ts'
import { WatchBody } from './watch-body.ts'

/** What a request is about, read from its path. */
export interface Target {
  /** `/apis/apps/v1/deployments` */
  collection: string
  namespace: string | undefined
  name: string | undefined
  subresource: string | undefined
}

/** A write as the API server saw it, in the order in which they were stored. */
export interface Write {
  client: string
  verb: string
  collection: string
  key: string
  subresource: string | undefined
  /** The object as stored. */
  object: KubeObject
}

/** What may befall a write: `commit` stores it; whoever does not call it drops it. */
export type Interference = (
  request: TransportRequest,
  commit: () => TransportResponse,
) => TransportResponse | Promise<TransportResponse>

interface Change {
  version: number
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  collection: string
  namespace: string | undefined
  object: KubeObject
}

/** Never answers: what a process that is gone, or cut off, sees. */
export const never: Promise<TransportResponse> = new Promise(() => {})

/**
 * An API server in memory: objects with versions and generations, streamed lists and watches, server-side apply of what
 * drainkeeper applies, leases and events. Each client has its own transport, with its own delay of watches and faults.
 */
export class MemoryApi {
  readonly writes: Write[] = []
  /** Every watch that was opened: collection, and the version it was to go on from. */
  readonly opened: { collection: string; resourceVersion: string | undefined }[] = []
  serverVersion = { major: '1', minor: '36' }
  readonly #clock: Clock
  readonly #objects = new Map<string, KubeObject>()
  readonly #history: Change[] = []
  readonly #watches = new Set<{ take(change: Change): void; end(error?: object): void }>()
  #version = 100
  #uid = 0
  /** Versions up to this one cannot be watched from any more. */
  #compacted = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A way to this server for one client. */
  client(
    name: string,
    options: { watchLagMs?: (collection: string) => number; interfere?: Interference } = {},
  ): MemoryClient {
    return new MemoryClient(this, name, options)
  }

  get(collection: string, key: string): KubeObject | undefined {
    return this.#objects.get(`${collection} ${key}`)
  }

  list(collection: string, namespace?: string): KubeObject[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${collection} ${namespace === undefined ? '' : `${namespace}/`}`))
      .map(([, object]) => object)
  }

  /** Stores an object, as somebody other than a client of ours does. Status is not part of the generation. */
  put(collection: string, object: KubeObject): KubeObject {
    const key = keyOf(object)
    const present = this.get(collection, key)
    if (present !== undefined && same(present, object)) return present
    const version = (this.#version += 1)
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: present?.metadata.uid ?? `uid-${(this.#uid += 1)}`,
        creationTimestamp: present?.metadata.creationTimestamp ?? this.#now(),
        generation: (present?.metadata.generation ?? 0) + (same(specOf(present), specOf(object)) ? 0 : 1),
        resourceVersion: String(version),
      },
    }
    this.#objects.set(`${collection} ${key}`, stored)
    this.#publish(version, present === undefined ? 'ADDED' : 'MODIFIED', collection, stored)
    return stored
  }

  remove(collection: string, key: string): void {
    const present = this.get(collection, key)
    if (present === undefined) return
    this.#objects.delete(`${collection} ${key}`)
    const version = (this.#version += 1)
    const final = { ...present, metadata: { ...present.metadata, resourceVersion: String(version) } }
    this.#publish(version, 'DELETED', collection, final)
  }

  /** Every watch ends, and none can be resumed: everybody lists again. */
  compact(): void {
    this.#compacted = this.#version
    const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
    for (const watch of this.#watches) watch.end(gone)
  }

  /** Every watch ends, and can be resumed. */
  disconnect(): void {
    for (const watch of this.#watches) watch.end()
  }

  watch(target: Target, request: TransportRequest, lagMs: () => number): TransportResponse {
    const { collection, namespace } = target
    const { resourceVersion, sendInitialEvents, timeoutSeconds } = request.query ?? {}
    const from = resourceVersion === undefined ? undefined : String(resourceVersion)
    this.opened.push({ collection, resourceVersion: from })
    if (from !== undefined && Number(from) < this.#compacted) return refused(410, 'Expired')
    const concerns = (change: Change): boolean =>
      change.collection === collection && (namespace === undefined || change.namespace === namespace)
    const body = new WatchBody(this.#clock)
    const watch = {
      take: (change: Change) => {
        if (concerns(change)) body.push({ type: change.type, object: change.object }, lagMs())
      },
      end: (error?: object) => {
        this.#watches.delete(watch)
        timer.cancel()
        if (error !== undefined) body.push({ type: 'ERROR', object: error }, lagMs())
        body.end(lagMs())
      },
    }
    const timer = this.#clock.setTimeout(() => watch.end(), Number(timeoutSeconds) * 1000)
    if (sendInitialEvents === true) {
      for (const object of this.list(collection, namespace)) body.push({ type: 'ADDED', object }, 0)
      const annotations = { 'k8s.io/initial-events-end': 'true' }
      body.push({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version), annotations } } }, 0)
    }
    for (const change of this.#history) if (change.version > Number(from ?? Infinity)) watch.take(change)
    this.#watches.add(watch)
    request.signal?.addEventListener('abort', () => {
      this.#watches.delete(watch)
      timer.cancel()
      body.fail(request.signal?.reason)
    })
    return { status: 200, headers: {}, text: async () => '', body, cancel: () => watch.end() }
  }

  /** Does what a request other than a watch says, at once. */
  serve(
    client: string,
    { collection, namespace, name, subresource }: Target,
    request: TransportRequest,
  ): TransportResponse {
    if (collection === '/version') return answer(200, this.serverVersion)
    const sent = request.body === undefined ? undefined : (JSON.parse(request.body) as KubeObject)
    const key = `${namespace ?? ''}/${name ?? sent?.metadata.name ?? ''}`
    const present = this.get(collection, key)
    if (request.verb === 'list') {
      const metadata = { resourceVersion: String(this.#version) }
      return answer(200, { metadata, items: this.list(collection, namespace) })
    }
    if (request.method === 'GET') return present === undefined ? refused(404, 'NotFound') : answer(200, present)
    if (sent === undefined) return refused(400, 'BadRequest')
    if (request.method === 'POST' && present !== undefined) return refused(409, 'AlreadyExists')
    // An apply of an object that is not there would create it, were it not for its uid: 409.
    if (request.method !== 'POST' && present === undefined) {
      return sent.metadata?.uid === undefined ? refused(404, 'NotFound') : refused(409, 'Conflict')
    }
    const next = present === undefined ? sent : this.#changed(present, sent, subresource, request)
    if ('status' in next && typeof next.status === 'number') return next
    const stored = this.put(collection, next as KubeObject)
    this.writes.push({ client, verb: request.verb, collection, key, subresource, object: stored })
    return answer(present === undefined ? 201 : 200, stored)
  }

  #changed(
    present: KubeObject,
    sent: KubeObject,
    subresource: string | undefined,
    { method, query, headers }: TransportRequest,
  ): KubeObject | TransportResponse {
    const { uid, resourceVersion } = sent.metadata ?? {}
    if (uid !== undefined && uid !== present.metadata.uid) return refused(409, 'Conflict', 'uid mismatch')
    if (resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion) {
      return refused(409, 'Conflict', 'the object has been modified')
    }
    if (method === 'PUT') return sent
    if (headers?.['content-type'] !== 'application/apply-patch+yaml') {
      return { ...present, ...sent, metadata: present.metadata }
    }
    if (subresource === 'status') return applyStatus(present, sent)
    const applied = applyDeployment(present, sent, query?.['force'] === true)
    return 'refusal' in applied ? answer(applied.refusal.code, applied.refusal) : applied
  }

  #publish(version: number, type: Change['type'], collection: string, object: KubeObject): void {
    const change = { version, type, collection, namespace: object.metadata.namespace, object }
    this.#history.push(change)
    for (const watch of this.#watches) watch.take(change)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }
}

/** One process's way to the server. */
export class MemoryClient implements Transport {
  readonly #api: MemoryApi
  readonly #name: string
  readonly #lagMs: (collection: string) => number
  #cut = false
  /** Asked before each write; by default it is committed. */
  interfere: Interference

  constructor(
    api: MemoryApi,
    name: string,
    options: { watchLagMs?: (collection: string) => number; interfere?: Interference },
  ) {
    this.#api = api
    this.#name = name
    this.#lagMs = options.watchLagMs ?? (() => 0)
    this.interfere = options.interfere ?? ((_request, commit) => commit())
  }

  /** As if the process ended here: nothing it sends arrives, and nothing comes back. */
  cut(): void {
    this.#cut = true
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    if (this.#cut) return never
    if (request.signal?.aborted) throw new KubeError('Aborted', 'aborted', { cause: request.signal.reason })
    const target = targetOf(request.path)
    if (request.verb === 'watch') {
      return this.#api.watch(target, request, () => (this.#cut ? Infinity : this.#lagMs(target.collection)))
    }
    const serve = (): TransportResponse => this.#api.serve(this.#name, target, request)
    if (request.verb === 'get' || request.verb === 'list') return serve()
    const response = await this.interfere(request, serve)
    return this.#cut ? never : response
  }
}

export function answer(status: number, object: unknown): TransportResponse {
  const text = JSON.stringify(object)
  const body = (async function* () {
    yield Buffer.from(text)
  })()
  return { status, headers: {}, text: async () => text, body, cancel: () => {} }
}

export function refused(code: number, reason: string, message = reason): TransportResponse {
  return answer(code, { kind: 'Status', code, reason, message })
}

function targetOf(path: string): Target {
  const found =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path)
  const [, root, namespace, plural, name, subresource] = found ?? []
  return { collection: found === null ? path : `${root}/${plural}`, namespace, name, subresource }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function specOf(object: KubeObject | undefined): unknown {
  return object === undefined ? undefined : (object as { spec?: unknown }).spec
}

/** As the API server compares: managedFields count, versions do not. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
