/** What handlers and reconciles read. Objects are shared: never change them. */
export interface Cache<T> {
  readonly size: number
  get(namespace: string | undefined, name: string): T | undefined
  list(): T[]
  /** Objects that the named index files under `key`. @throws TypeError for an index that was not declared. */
  byIndex(index: string, key: string): T[]
}

/** For each named index, the keys under which an object is filed. */
export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** A cached object with the identity that its projection may lack. */
export interface Entry<T> {
  readonly namespace: string | undefined
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly object: T
}

/** The cache, and the way to change it, which only the reflector has. */
export class Store<T> implements Cache<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #indexes = new Map<string, { keysOf: (object: T) => readonly string[]; filed: Map<string, Set<Entry<T>>> }>()

  constructor(indexes: Indexes<T> = {}) {
    for (const [name, keysOf] of Object.entries(indexes)) this.#indexes.set(name, { keysOf, filed: new Map() })
  }

  get size(): number {
    return this.#entries.size
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.entry(namespace, name)?.object
  }

  list(): T[] {
    return Array.from(this.#entries.values(), (entry) => entry.object)
  }

  byIndex(index: string, key: string): T[] {
    const present = this.#indexes.get(index)
    if (present === undefined)
      throw new TypeError(`no index "${index}": declared are ${[...this.#indexes.keys()].join(', ')}`)
    return Array.from(present.filed.get(key) ?? [], (entry) => entry.object)
  }

  entry(namespace: string | undefined, name: string): Entry<T> | undefined {
    return this.#entries.get(storeKey(namespace, name))
  }

  entries(): Entry<T>[] {
    return [...this.#entries.values()]
  }

  put(entry: Entry<T>): void {
    this.remove(entry.namespace, entry.name)
    this.#entries.set(storeKey(entry.namespace, entry.name), entry)
    for (const { keysOf, filed } of this.#indexes.values()) {
      for (const key of keysOf(entry.object)) {
        const present = filed.get(key)
        if (present === undefined) filed.set(key, new Set([entry]))
        else present.add(entry)
      }
    }
  }

  remove(namespace: string | undefined, name: string): void {
    const key = storeKey(namespace, name)
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    for (const { keysOf, filed } of this.#indexes.values()) {
      for (const indexKey of keysOf(entry.object)) {
        const present = filed.get(indexKey)
        present?.delete(entry)
        if (present?.size === 0) filed.delete(indexKey)
      }
    }
  }
}

function storeKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}
