import { apiVersionOf, type Resource, resourceName } from '../../../kube/index.ts'
import type { Kind } from '../kinds/index.ts'
import { Collection } from '../storage/collection.ts'
import type { History } from '../storage/history.ts'
import { eventConversion } from './event-conversion.ts'
import type { ServedResource } from './served-resource.ts'

/** Everything that is served now, built-in or custom, by its place in the API. */
export class Resources {
  readonly #history: History
  readonly #served = new Map<string, ServedResource>()
  readonly #collections = new Map<string, Collection>()
  #groupVersions: ReadonlySet<string> | undefined
  /** Rises whenever something else is served. */
  #generation = 0

  constructor(kinds: readonly Kind[], history: History) {
    this.#history = history
    for (const kind of kinds) {
      const { group, plural } = kind.resource
      const isNewEvent = group === 'events.k8s.io' && plural === 'events'
      this.add({
        kind,
        collection: this.collectionOf(isNewEvent ? 'events' : resourceName(kind.resource)),
        ...(isNewEvent ? { conversion: eventConversion } : {}),
      })
    }
  }

  /** The objects called so, e.g. `deployments.apps`, of whatever version. */
  collectionOf(name: string): Collection {
    let collection = this.#collections.get(name)
    if (collection === undefined) this.#collections.set(name, (collection = new Collection(name, this.#history)))
    return collection
  }

  add(resource: ServedResource): void {
    this.#served.set(keyOfResource(resource.kind.resource), resource)
    this.#groupVersions = undefined
    this.#generation++
  }

  remove(resource: Resource): void {
    this.#served.delete(keyOfResource(resource))
    this.#groupVersions = undefined
    this.#generation++
  }

  get generation(): number {
    return this.#generation
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#served.get(`${group}/${version}/${plural}`)
  }

  of(resource: Resource): ServedResource | undefined {
    return this.#served.get(keyOfResource(resource))
  }

  all(): readonly ServedResource[] {
    return [...this.#served.values()]
  }

  /** Every collection of objects that live in a namespace. */
  namespaced(): readonly Collection[] {
    return [...new Set(this.all().flatMap(({ kind, collection }) => (kind.resource.namespaced ? [collection] : [])))]
  }

  /** `v1`, `apps/v1`: each that has a resource. */
  get groupVersions(): ReadonlySet<string> {
    this.#groupVersions ??= new Set(this.all().map(({ kind }) => apiVersionOf(kind.resource)))
    return this.#groupVersions
  }
}

function keyOfResource({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`
}
