import { keyOf } from '../../../kube/index.ts'
import type { EndpointSlice } from '../shared/objects.ts'

/** Our last write of each slice: what the cache must show before anything is decided on it again. */
export class WrittenSlices {
  /** By the key of the Service, then by the name of the slice; `gone` for one that we deleted. */
  readonly #written = new Map<string, Map<string, string>>()

  wrote(service: string, { metadata }: EndpointSlice): void {
    this.#of(service).set(metadata.name, metadata.resourceVersion ?? '')
  }

  deleted(service: string, { metadata }: EndpointSlice): void {
    this.#of(service).set(metadata.name, gone)
  }

  /** Whether the cache is older than what we wrote. */
  areNewerThan(service: string, cached: readonly EndpointSlice[]): boolean {
    const present = new Map(cached.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']))
    for (const [name, version] of this.#written.get(service) ?? []) {
      const shown = present.get(name)
      if (version === gone ? shown !== undefined : shown === undefined || isOlder(shown, version)) return true
    }
    return false
  }

  /** Whether a slice that was seen to change, or to go, did so by somebody else's doing. */
  isForeign(service: string, { metadata }: EndpointSlice, type: 'upsert' | 'delete'): boolean {
    const versions = this.#written.get(service)
    const version = versions?.get(metadata.name)
    if (type === 'upsert')
      return version === undefined || version === gone || isOlder(version, metadata.resourceVersion)
    // It is gone for the cache as well: there is nothing more to wait for.
    versions?.delete(metadata.name)
    return version !== gone
  }

  forget(service: { namespace?: string; name: string }): void {
    this.#written.delete(keyOf(service))
  }

  #of(service: string): Map<string, string> {
    const present = this.#written.get(service)
    if (present !== undefined) return present
    const made = new Map<string, string>()
    this.#written.set(service, made)
    return made
  }
}

const gone = ''

/** Versions are compared by length, then as text: they are numbers without leading zeros. */
function isOlder(one: string, other = ''): boolean {
  return one.length === other.length ? one < other : one.length < other.length
}
