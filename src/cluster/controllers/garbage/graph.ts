import {
  type KubeObject,
  keyOf,
  type OwnerReference,
  type ReflectorEvent,
  type Resource,
  resourceName,
} from '../../../kube/index.ts'
import { type ControllerContext, refOf } from '../shared/controller.ts'
import { customResourceDefinitions } from '../shared/resources.ts'
import { refersTo, servedResources } from './owners.ts'

/** An object with the resource that it is of. */
export interface Item {
  readonly resource: Resource
  readonly object: KubeObject
}

/** What comes and goes by itself, in masses, and owns nothing. */
const ignored = new Set(['events', 'events.events.k8s.io'])

/** Who owns whom, over every resource that can be listed and deleted, custom ones too. */
export class OwnerGraph {
  readonly #context: ControllerContext
  readonly #onEvent: (resource: Resource, event: ReflectorEvent<KubeObject>) => void
  readonly #resources = new Map<string, Resource>()

  constructor(context: ControllerContext, onEvent: (resource: Resource, event: ReflectorEvent<KubeObject>) => void) {
    this.#context = context
    this.#onEvent = onEvent
  }

  /** Watches what is served now and was not before; resolves when all of it is known. */
  async discover(): Promise<void> {
    const { api, informers } = this.#context
    const { groups } = await api.getPath<{ groups: readonly ServedGroup[] }>('/apis')
    const found: Resource[] = []
    for (const version of ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)]) {
      found.push(...(await servedResources(api, version)))
    }
    const isNew = (resource: Resource): boolean =>
      !ignored.has(resourceName(resource)) && !this.#resources.has(resourceName(resource))
    const added = found.filter(isNew)
    for (const resource of added) {
      this.#resources.set(resourceName(resource), resource)
      const reflector = informers.ofAny(resource)
      // What a shared cache holds already was told before we listened.
      for (const object of reflector.cache.list()) this.#onEvent(resource, known(object))
      reflector.onEvent((event) => this.#onEvent(resource, event))
    }
    await Promise.all(added.map((resource) => informers.ofAny(resource).synced))
  }

  /** Calls back when the resources that are served may have changed. */
  onResources(handler: () => void): void {
    this.#context.informers.ofAny(customResourceDefinitions).onEvent(handler)
  }

  keyOf({ resource, object }: Item): string {
    return `${resourceName(resource)}|${keyOf(object.metadata)}`
  }

  get(key: string): Item | undefined {
    const [name = '', ref = ''] = key.split('|')
    const resource = this.#resources.get(name)
    if (resource === undefined) return undefined
    const { namespace, name: objectName } = refOf(ref)
    const object = this.#context.informers.ofAny(resource).cache.get(namespace, objectName)
    return object === undefined ? undefined : { resource, object }
  }

  /** An owner, if it is known to be there. */
  owner(reference: OwnerReference, namespace: string | undefined): Item | undefined {
    for (const resource of this.#resources.values()) {
      if (!refersTo(reference, resource)) continue
      const { cache } = this.#context.informers.ofAny(resource)
      const object = cache.get(resource.namespaced ? namespace : undefined, reference.name)
      return object?.metadata.uid === reference.uid ? { resource, object } : undefined
    }
    return undefined
  }

  dependents({ metadata }: KubeObject): Item[] {
    const { uid } = metadata
    if (uid === undefined) return []
    return [...this.#resources.values()].flatMap((resource) =>
      this.#context.informers
        .ofAny(resource)
        .cache.byIndex('owner', uid)
        .map((object) => ({ resource, object })),
    )
  }
}

interface ServedGroup {
  readonly preferredVersion: { readonly groupVersion: string }
}

function known(object: KubeObject): ReflectorEvent<KubeObject> {
  const { namespace, name, uid = '' } = object.metadata
  return { type: 'upsert', namespace, name, uid, object, receivedAtMs: 0, receivedMonotonicMs: 0, initial: true }
}
