import {
  type Clock,
  type KubeObject,
  namespaces,
  type Random,
  type Resource,
  resourceName,
  type Transport,
  type TransportResponse,
} from '../../kube/index.ts'
import { expired } from './api-error.ts'
import { followDefinition } from './handlers/definitions.ts'
import { dispatch } from './handlers/dispatch.ts'
import { storeNew } from './handlers/storing.ts'
import { builtInKinds } from './kinds/index.ts'
import type { NodeAccess } from './node-access.ts'
import { aborted, type ApiRequest, requestInMemory } from './request/api-request.ts'
import { serveCustomResources } from './resources/custom-resources.ts'
import { Resources } from './resources/resources.ts'
import { ServiceAddresses } from './resources/service-addresses.ts'
import type { ServerContext } from './server-context.ts'
import { History } from './storage/history.ts'
import type { StoredWrite } from './stored-write.ts'

export interface ApiServerOptions {
  readonly clock: Clock
  /** For names (`generateName`), uids and cluster addresses. @default Math.random */
  readonly random?: Random
  /** What `/version` says. @default v1.36.3 */
  readonly gitVersion?: string
  /** How many changes can still be watched from; older versions get 410. @default 10000 */
  readonly history?: number
}

/** What most of this room needs of an API server; a test may give another one. */
export interface ApiServerLike {
  client(userAgent: string): Transport
  onWrite(listener: (write: StoredWrite) => void): () => void
  objects(resource: Resource, namespace?: string): readonly KubeObject[]
  compact(): void
  dropWatches(): void
}

/** Those that every cluster has from the start. */
const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/**
 * An API server in memory. Every request but a log or a proxy is handled whole, at the moment of the call: no two
 * requests are ever in each other's way, and nothing happens that no client has asked for, but for the ends and
 * bookmarks of watches, which are timers of the clock.
 */
export class ApiServer implements ApiServerLike {
  readonly #context: ServerContext
  readonly #listeners = new Set<(write: StoredWrite) => void>()
  /** Writes that not every listener knows of yet, the one that is being told first. */
  readonly #untold: StoredWrite[] = []

  constructor({ clock, random = Math.random, gitVersion = 'v1.36.3', history: length = 10_000 }: ApiServerOptions) {
    const history = new History(length)
    const resources = new Resources(builtInKinds, history)
    serveCustomResources(resources)
    this.#context = {
      clock,
      random,
      gitVersion,
      history,
      resources,
      addresses: new ServiceAddresses(random),
      watches: new Set(),
      written: (write) => this.#tell(write),
      nodeAccess: undefined,
    }
    for (const name of firstNamespaces) this.#createNamespace(name)
  }

  /** One client's way in, in this process; its user agent names the default field manager, as for kubectl. */
  client(userAgent: string): Transport {
    return {
      request: (request) => {
        const received = requestInMemory(request, userAgent)
        if (request.signal?.aborted === true) return Promise.reject(aborted(received))
        const answer = this.handle(received)
        return answer instanceof Promise ? answer : Promise.resolve(answer)
      },
    }
  }

  /** Answers a request, whichever way it came. */
  handle(request: ApiRequest): TransportResponse | Promise<TransportResponse> {
    return dispatch(this.#context, request)
  }

  /** Called after each write, in the order of storing; writes that changed nothing too. Returns how to stop. */
  onWrite(listener: (write: StoredWrite) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** How logs and proxies reach pods. Without it, logs are empty and proxies fail. */
  connectNodes(access: NodeAccess): void {
    this.#context.nodeAccess = access
  }

  /** What is stored now, past the API: to be read, never written to. */
  objects(resource: Resource, namespace?: string): readonly KubeObject[] {
    const collection =
      this.#context.resources.of(resource)?.collection ?? this.#context.resources.collectionOf(resourceName(resource))
    return collection.all(namespace)
  }

  /** Everything before now is forgotten: watches end with 410 and cannot be resumed. */
  compact(): void {
    const { history, watches } = this.#context
    history.forget()
    for (const watch of watches) watch.end(expired('The resourceVersion for the provided watch is too old.').status)
  }

  /** Open watches end, and can be resumed. */
  dropWatches(): void {
    for (const watch of this.#context.watches) watch.end()
  }

  /** A listener may write, too: what it writes is told after what it was told of. */
  #tell(write: StoredWrite): void {
    this.#untold.push(write)
    if (this.#untold.length > 1) return
    for (let next = this.#untold[0]; next !== undefined; next = this.#untold[0]) {
      followDefinition(this.#context, next)
      for (const listener of this.#listeners) listener(next)
      this.#untold.shift()
    }
  }

  #createNamespace(name: string): void {
    const resource = this.#context.resources.of(namespaces)
    if (resource === undefined) return
    const object: KubeObject = { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }
    resource.kind.applyDefaults(object)
    const target = { resource, namespace: undefined, name, subresource: undefined, rest: '' }
    const options = { dryRun: false, fieldManager: 'kube-apiserver' }
    storeNew({ context: this.#context, target, client: 'kube-apiserver', verb: 'create', options }, object)
  }
}
