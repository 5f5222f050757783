import { type KubeObject, keyOf } from '../../../kube/index.ts'
import type { Change, ChangeType, History } from './history.ts'

/**
 * The objects of one resource. What is stored is never changed afterwards: whoever wants to change an object stores
 * another one. Readers may therefore keep what they were given, and must not write to it.
 */
export class Collection {
  /** For people, e.g. `deployments.apps`. */
  readonly name: string
  readonly #history: History
  readonly #objects = new Map<string, KubeObject>()
  readonly #listeners = new Set<(change: Change) => void>()
  #sorted: readonly KubeObject[] | undefined

  constructor(name: string, history: History) {
    this.name = name
    this.#history = history
  }

  get size(): number {
    return this.#objects.size
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf({ namespace, name }))
  }

  /** In the order of their keys, as a list has them. */
  all(namespace?: string): readonly KubeObject[] {
    this.#sorted ??= sortedByKey([...this.#objects.values()])
    return namespace === undefined
      ? this.#sorted
      : this.#sorted.filter(({ metadata }) => metadata.namespace === namespace)
  }

  /** As they were at a version; undefined when that is forgotten. */
  allAt(version: number): readonly KubeObject[] | undefined {
    if (version >= this.#history.version) return this.all()
    const later = this.#history.since(version)
    if (later === undefined) return undefined
    const then = new Map(this.#objects)
    for (const { collection, object, before } of later.toReversed()) {
      if (collection !== this) continue
      if (before === undefined) then.delete(keyOf(object.metadata))
      else then.set(keyOf(before.metadata), before)
    }
    return sortedByKey([...then.values()])
  }

  /** Stores an object under its next version, and tells every watch. Returns it as it is stored. */
  put(object: KubeObject): KubeObject {
    const key = keyOf(object.metadata)
    const before = this.#objects.get(key)
    const stored = this.#stamped(object)
    this.#objects.set(key, stored)
    this.#commit(before === undefined ? 'ADDED' : 'MODIFIED', stored, before)
    return stored
  }

  /** Returns the object as it was last, with the version of its deletion. */
  remove(object: KubeObject): KubeObject {
    const key = keyOf(object.metadata)
    const before = this.#objects.get(key)
    this.#objects.delete(key)
    const last = this.#stamped(object)
    this.#commit('DELETED', last, before)
    return last
  }

  /** Calls for each change, while it is stored. Returns how to stop. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #stamped({ kind, apiVersion, metadata, ...rest }: KubeObject): KubeObject {
    // In the order in which the API server writes them; that kind and apiVersion come first is what lists rely on.
    const { name, generateName, namespace, uid, ...more } = metadata as KubeObject['metadata'] & {
      generateName?: string
    }
    const identity = {
      name,
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion: String(this.#history.nextVersion()),
    }
    return {
      kind,
      apiVersion,
      metadata: { ...identity, ...more, resourceVersion: identity.resourceVersion },
      ...rest,
    } as KubeObject
  }

  #commit(type: ChangeType, object: KubeObject, before: KubeObject | undefined): void {
    this.#sorted = undefined
    const change: Change = { type, collection: this, version: this.#history.version, object, before }
    this.#history.add(change)
    for (const listener of this.#listeners) listener(change)
  }
}

/** By the bytes of `namespace/name`, as etcd keeps them. */
function sortedByKey(objects: KubeObject[]): KubeObject[] {
  const keyed = objects.map((object) => ({ key: keyOf(object.metadata), object }))
  keyed.sort((one, other) => (one.key < other.key ? -1 : 1))
  return keyed.map(({ object }) => object)
}
