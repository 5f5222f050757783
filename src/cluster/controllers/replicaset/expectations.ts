import type { Clock } from '../../../kube/index.ts'

/** Afterwards what was expected is no longer waited for: an event was lost. */
export const expectationsTimeoutMs = 300_000

interface Expected {
  creations: number
  /** Uids of pods whose deletion has not been seen. */
  readonly deletions: Set<string>
  readonly sinceMs: number
}

/**
 * What a ReplicaSet was made to do and its cache has not shown yet. Until it has, the cache is too old to count pods by:
 * one would make, or delete, the same pods twice.
 */
export class Expectations {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #expected = new Map<string, Expected>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  expectCreations(key: string, creations: number): void {
    this.#expected.set(key, { creations, deletions: new Set(), sinceMs: this.#clock.monotonicMs() })
  }

  expectDeletions(key: string, uids: readonly string[]): void {
    this.#expected.set(key, { creations: 0, deletions: new Set(uids), sinceMs: this.#clock.monotonicMs() })
  }

  /** A pod was seen, or will not come since making it failed. */
  created(key: string): void {
    const expected = this.#expected.get(key)
    if (expected !== undefined) expected.creations -= 1
  }

  /** A pod was seen to be on its way out, or gone, or will not go since deleting it failed. */
  deleted(key: string, uid: string): void {
    this.#expected.get(key)?.deletions.delete(uid)
  }

  forget(key: string): void {
    this.#expected.delete(key)
  }

  /** Whether the cache shows everything that was done. */
  areMet(key: string): boolean {
    const expected = this.#expected.get(key)
    if (expected === undefined) return true
    const isSeen = expected.creations <= 0 && expected.deletions.size === 0
    return isSeen || this.#clock.monotonicMs() - expected.sinceMs > expectationsTimeoutMs
  }
}
