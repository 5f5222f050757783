import {
  createKubeApi,
  createReflector,
  isKubeError,
  type KubeApi,
  type KubeObject,
  namespaces,
  type ObjectRef,
  type Resource,
  resourceName,
  systemClock,
  type Transport,
} from '../../kube/index.ts'

interface ApiResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[]
}

/** Asks the API server which resource a kind is; each group version once. */
export class Kinds {
  readonly #api: KubeApi
  readonly #groups = new Map<string, Promise<readonly Resource[]>>()

  constructor(api: KubeApi) {
    this.#api = api
  }

  /** @throws Error when this API server does not serve the kind. */
  async resourceOf({ apiVersion = '', kind = '' }: KubeObject): Promise<Resource> {
    let resources = this.#groups.get(apiVersion)
    if (resources === undefined) {
      resources = this.#discover(apiVersion)
      this.#groups.set(apiVersion, resources)
    }
    const found = (await resources).find((resource) => resource.kind === kind)
    if (found === undefined) throw new Error(`this API server serves no ${kind} of ${apiVersion}`)
    return found
  }

  async #discover(apiVersion: string): Promise<Resource[]> {
    const [version = '', group = ''] = apiVersion.split('/').toReversed()
    const path = group === '' ? `/api/${version}` : `/apis/${apiVersion}`
    const { resources = [] } = await this.#api
      .getPath<ApiResourceList>(path)
      .catch((error: unknown): ApiResourceList => {
        if (isKubeError(error, 'NotFound')) return {}
        throw error
      })
    return resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }))
  }
}

/** Objects in a cluster, as one hand puts them there and takes them away again. */
export class Objects {
  readonly #transport: Transport
  readonly #api: KubeApi
  readonly #kinds: Kinds
  readonly #fieldManager: string

  constructor(transport: Transport, fieldManager: string) {
    this.#transport = transport
    this.#api = createKubeApi(transport)
    this.#kinds = new Kinds(this.#api)
    this.#fieldManager = fieldManager
  }

  /** Server-side apply of each, in this order. */
  async apply(objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
    for (const object of objects) {
      const resource = await this.#kinds.resourceOf(object)
      const { apiVersion: _version, kind: _kind, ...fields } = object
      await this.#api.apply(resource, refOf(resource, object), fields, { fieldManager: this.#fieldManager, signal })
    }
  }

  /** Deletes those that are there, last one first. Everything is tried; the first thing that went wrong is thrown. */
  async delete(objects: readonly KubeObject[]): Promise<void> {
    const failures: unknown[] = []
    for (const object of objects.toReversed()) {
      try {
        const resource = await this.#kinds.resourceOf(object)
        await this.#api.delete(resource, refOf(resource, object), {
          propagationPolicy: 'Background',
          timeoutMs: 10_000,
        })
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Resolves with the object once it is as wanted; `undefined` stands for one that is not there. */
  async until(
    resource: Resource,
    ref: ObjectRef,
    wanted: (object: KubeObject | undefined) => boolean,
    { timeoutSeconds, signal }: { timeoutSeconds: number; signal?: AbortSignal },
  ): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000)
    const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
    const reflector = createReflector({
      transport: this.#transport,
      clock: systemClock,
      resource,
      fieldSelector: `metadata.name=${ref.name}`,
      ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
      project: (raw) => raw,
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (): void => {
      if (wanted(reflector.cache.get(ref.namespace, ref.name))) resolve()
    }
    const onAbort = (): void =>
      reject(
        signal?.aborted === true
          ? (signal.reason as Error)
          : new Error(`${resourceName(resource)} ${ref.name}: not as wanted within ${timeoutSeconds} s`),
      )
    reflector.onEvent(look)
    stop.addEventListener('abort', onAbort, { once: true })
    if (stop.aborted) onAbort()
    reflector.start()
    reflector.synced.then(look, () => undefined)
    try {
      await promise
    } finally {
      stop.removeEventListener('abort', onAbort)
      await reflector.stop()
    }
  }

  /** Resolves when the namespace is no more. */
  untilNamespaceGone(name: string, timeoutSeconds: number): Promise<void> {
    return this.until(namespaces, { name }, (object) => object === undefined, { timeoutSeconds })
  }

  /** Whether the object is there. */
  async has(resource: Resource, ref: ObjectRef, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#api.get(resource, ref, { signal })
      return true
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return false
      throw error
    }
  }
}

/** The namespace of a namespaced object; `default` where it names none. */
function refOf(resource: Resource, { metadata }: KubeObject): ObjectRef {
  return resource.namespaced
    ? { namespace: metadata.namespace ?? 'default', name: metadata.name }
    : { name: metadata.name }
}
