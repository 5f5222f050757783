import { type Cache, type Entry, type Indexes, Store } from './cache.ts'
import { keyOf, type KubeObject } from './object.ts'

/** A change of one object, as the cache has already taken it. */
export interface ReflectorEvent<T> {
  type: 'upsert' | 'delete'
  namespace: string | undefined
  name: string
  uid: string
  /** As it is now; for a delete, the last that was seen of it (the final state where the watch delivered one). */
  object: T
  /** What the cache held before; absent for a new object. */
  previous?: T
  /** Wall time at which the line arrived, taken before it was parsed. */
  receivedAtMs: number
  /** The same moment on the monotonic clock. */
  receivedMonotonicMs: number
  /** It comes from a list (the first, or one after a gap): when it happened is unknown. Never measure with it. */
  initial: boolean
}

/** When something arrived. */
export type Arrival = Pick<ReflectorEvent<unknown>, 'receivedAtMs' | 'receivedMonotonicMs'>

export interface ReflectedCacheOptions<T> {
  project: (raw: KubeObject) => T | undefined
  indexes?: Indexes<T>
  onError?: (error: unknown) => void
}

/**
 * The cache of a reflector: takes raw objects, keeps their projections, and tells handlers what changed. What projections
 * and handlers throw is reported, and stops nothing.
 */
export class ReflectedCache<T> implements Cache<T> {
  readonly #options: ReflectedCacheOptions<T>
  readonly #store: Store<T>
  readonly #handlers = new Set<(event: ReflectorEvent<T>) => void>()

  constructor(options: ReflectedCacheOptions<T>) {
    this.#options = options
    this.#store = new Store(options.indexes)
  }

  get size(): number {
    return this.#store.size
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(namespace, name)
  }

  list(): T[] {
    return this.#store.list()
  }

  byIndex(index: string, key: string): T[] {
    return this.#store.byIndex(index, key)
  }

  onEvent(handler: (event: ReflectorEvent<T>) => void): () => void {
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Takes an object that exists; returns its key. */
  upsert(raw: KubeObject, arrival: Arrival, initial: boolean): string {
    const { namespace, name, uid = '', resourceVersion = '' } = raw.metadata
    const present = this.#store.entry(namespace, name)
    const key = keyOf(raw.metadata)
    if (present?.uid === uid && present.resourceVersion === resourceVersion) return key
    const projected = this.#project(raw)
    if (projected === failed) return key
    // An object of another uid is another object: the present one was deleted while nobody watched.
    const replaced = present !== undefined && present.uid !== uid
    if (present !== undefined && (replaced || projected === undefined))
      this.#remove(present, present.object, arrival, initial)
    if (projected === undefined) return key
    this.#store.put({ namespace, name, uid, resourceVersion, object: projected })
    this.#tell({
      type: 'upsert',
      namespace,
      name,
      uid,
      object: projected,
      ...(present === undefined || replaced ? {} : { previous: present.object }),
      ...when(arrival),
      initial,
    })
    return key
  }

  /** Takes the final state of an object that is gone. */
  delete(raw: KubeObject, arrival: Arrival, initial: boolean): void {
    const present = this.#store.entry(raw.metadata.namespace, raw.metadata.name)
    if (present === undefined) return
    const final = present.uid === raw.metadata.uid ? this.#project(raw) : undefined
    this.#remove(present, final === undefined || final === failed ? present.object : final, arrival, initial)
  }

  /** Removes what a complete list did not have: it was deleted while nobody watched. */
  deleteAllBut(keys: ReadonlySet<string>, arrival: Arrival): void {
    for (const entry of this.#store.entries()) {
      if (!keys.has(keyOf(entry))) {
        this.#remove(entry, entry.object, arrival, true)
      }
    }
  }

  #remove(entry: Entry<T>, final: T, arrival: Arrival, initial: boolean): void {
    const { namespace, name, uid, object: previous } = entry
    this.#store.remove(namespace, name)
    this.#tell({ type: 'delete', namespace, name, uid, object: final, previous, ...when(arrival), initial })
  }

  #project(raw: KubeObject): T | undefined | typeof failed {
    try {
      return this.#options.project(raw)
    } catch (error) {
      this.#options.onError?.(error)
      return failed
    }
  }

  #tell(event: ReflectorEvent<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(event)
      } catch (error) {
        this.#options.onError?.(error)
      }
    }
  }
}

/** A projection that threw: the object is left as it was. */
const failed = Symbol('projection failed')

function when({ receivedAtMs, receivedMonotonicMs }: Arrival): Arrival {
  return { receivedAtMs, receivedMonotonicMs }
}
