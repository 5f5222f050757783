/** What handlers and reconciles read. Objects are shared: never change them. */
export interface Cache<T> {
  readonly size: number
  get(namespace: string | undefined, name: string): T | undefined
  list(): T[]
  /** Objects that the named index files under `key`. @throws TypeError for an index that was not declared. */
  byIndex(index: string, key: string): T[]
}
