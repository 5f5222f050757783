import type { KubeApi } from './api.ts'
import type { Clock } from './clock.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './object.ts'
import { leases } from './resource.ts'

/** The API's Lease, with the fields that election uses. Times have microseconds: `2026-01-02T03:04:05.678000Z`. */
export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

export interface LeaseRecordOptions {
  api: KubeApi
  clock: Clock
  namespace: string
  name: string
  identity: string
  leaseDurationMs: number
  requestTimeoutMs: number
}

/**
 * A candidate's view of the Lease. Whether another's lease still holds is judged only by when this process last saw it
 * change, on its own monotonic clock; the times written in it are for people.
 */
export class LeaseRecord {
  readonly #options: LeaseRecordOptions
  #observed: Lease | undefined
  #observedMs = 0

  constructor(options: LeaseRecordOptions) {
    this.#options = options
  }

  /** The last holder seen; empty when released, undefined when nothing was seen yet. */
  get holder(): string | undefined {
    return this.#observed === undefined ? undefined : (this.#observed.spec?.holderIdentity ?? '')
  }

  get heldByOther(): boolean {
    return this.holder !== undefined && this.holder !== '' && this.holder !== this.#options.identity
  }

  /**
   * Takes the lease if it is free, or renews it if it is ours. Every write is checked by resource version.
   * @returns whether this process holds it now.
   * @throws KubeError when a request failed: then a write may or may not have happened.
   */
  async acquireOrRenew(signal?: AbortSignal): Promise<boolean> {
    const { api, namespace, name, identity } = this.#options
    const call = this.#call(signal)
    // Ours: renew without reading. A conflict tells that somebody else wrote.
    if (this.#observed !== undefined && this.holder === identity) {
      try {
        this.#observe(await api.replace(leases, this.#renewed(this.#observed), call))
        return true
      } catch (error) {
        if (!isKubeError(error, 'Conflict', 'NotFound')) throw error
      }
    }
    let present: Lease
    try {
      present = await api.get<Lease>(leases, { namespace, name }, call)
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
      return this.#writeUnlessConflict(() => api.create(leases, this.#fresh(), call))
    }
    this.#observe(present)
    if (this.heldByOther && !this.#expired()) return false
    return this.#writeUnlessConflict(() => api.replace(leases, this.#renewed(present), call))
  }

  /** Gives the lease up, so that another can take it at once. Does nothing if it is not ours. */
  async release(): Promise<void> {
    const { api, clock, identity } = this.#options
    const present = this.#observed
    if (present === undefined || this.holder !== identity) return
    const now = microTime(clock.now())
    const spec = { ...present.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
    await this.#writeUnlessConflict(() => api.replace(leases, { ...present, spec }, this.#call()))
  }

  async #writeUnlessConflict(write: () => Promise<Lease>): Promise<boolean> {
    try {
      this.#observe(await write())
      return true
    } catch (error) {
      if (isKubeError(error, 'Conflict')) return false
      throw error
    }
  }

  #observe(lease: Lease): void {
    if (lease.metadata.resourceVersion === this.#observed?.metadata.resourceVersion) return
    this.#observed = lease
    this.#observedMs = this.#options.clock.monotonicMs()
  }

  #expired(): boolean {
    const { clock, leaseDurationMs } = this.#options
    const seconds = this.#observed?.spec?.leaseDurationSeconds
    const durationMs = seconds === undefined ? leaseDurationMs : seconds * 1000
    return clock.monotonicMs() >= this.#observedMs + durationMs
  }

  #fresh(): Lease {
    const { namespace, name } = this.#options
    return this.#renewed({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } })
  }

  /** `lease`, whole, as held by us from now. */
  #renewed(lease: Lease): Lease {
    const { clock, identity, leaseDurationMs } = this.#options
    const now = microTime(clock.now())
    const ours = lease.spec?.holderIdentity === identity
    const transitions = lease.spec?.leaseTransitions
    return {
      ...lease,
      spec: {
        ...lease.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
        acquireTime: ours ? (lease.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: transitions === undefined ? 0 : ours ? transitions : transitions + 1,
      },
    }
  }

  #call(signal?: AbortSignal): { timeoutMs: number; signal?: AbortSignal } {
    return { timeoutMs: this.#options.requestTimeoutMs, ...(signal === undefined ? {} : { signal }) }
  }
}

/** The API's MicroTime. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z')
}
