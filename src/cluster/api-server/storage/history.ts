import type { KubeObject } from '../../../kube/index.ts'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One stored write. */
export interface Change {
  readonly type: ChangeType
  /** The `Collection`, to compare with. */
  readonly collection: object
  readonly version: number
  /** As stored; for a deletion as it was last, with the version of the deletion. */
  readonly object: KubeObject
  readonly before: KubeObject | undefined
}

/** The one counter of versions, and the last changes in their order: what watches resume from. */
export class History {
  readonly #length: number
  #changes: Change[] = []
  #version = 1
  /** The version of the last change that is forgotten. */
  #compacted = 0

  /** `length` changes are kept at least, twice as many at most. */
  constructor(length: number) {
    this.#length = length
  }

  /** Of the last write. */
  get version(): number {
    return this.#version
  }

  /** The oldest version that can be watched from. */
  get oldest(): number {
    return this.#compacted
  }

  nextVersion(): number {
    return ++this.#version
  }

  add(change: Change): void {
    this.#changes.push(change)
    if (this.#changes.length > 2 * this.#length) {
      this.#compacted = this.#changes[this.#length]?.version ?? this.#version
      this.#changes = this.#changes.slice(this.#length + 1)
    }
  }

  /** Every change after a version; undefined when some of them are forgotten. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.#compacted) return undefined
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#changes[middle]?.version ?? 0) > version) high = middle
      else low = middle + 1
    }
    return this.#changes.slice(low)
  }

  forget(): void {
    this.#compacted = this.#version
    this.#changes = []
  }
}
