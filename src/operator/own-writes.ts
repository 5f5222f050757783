import { isAtLeast } from './projections.ts'

interface Versioned {
  resourceVersion: string
}

/**
 * Our last write of each object, for as long as the watch has not delivered it. Without it a reconcile that follows a
 * write at once would decide on the object as it was before, and write again.
 */
export class OwnWrites<T extends Versioned> {
  readonly #written = new Map<string, T>()

  remember(key: string, object: T): void {
    this.#written.set(key, object)
  }

  /** The newer of the cached object and our own write of it. A deleted object (undefined) stays deleted. */
  newest(key: string, cached: T | undefined): T | undefined {
    const written = this.#written.get(key)
    if (cached !== undefined && written !== undefined && !isAtLeast(cached.resourceVersion, written.resourceVersion)) {
      return written
    }
    this.#written.delete(key)
    return cached
  }
}
