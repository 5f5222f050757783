import type { TransportRequest } from '../../../src/kube/index.ts'

/** Longer than this after it sent its last good renewal, no process may write (lease-elector.ts: renewDeadlineMs). */
const renewDeadlineMs = 10_000

/**
 * Whether a process leads, as it can know by itself: it holds the lease from the moment it sent a write of it that was
 * answered well, for the renew deadline. Judged from outside, by what passes on its wire.
 */
export class LeaseView {
  readonly #identity: string
  readonly #sentMs = new Map<TransportRequest, number>()
  #heldSinceMs: number | undefined
  #released = false

  constructor(identity: string) {
    this.#identity = identity
  }

  sent(request: TransportRequest, nowMs: number): void {
    if (!isLeaseWrite(request)) return
    if (this.#holds(request)) this.#sentMs.set(request, nowMs)
    else this.#released = true
  }

  heard(request: TransportRequest, outcome: number | string): void {
    const sentMs = this.#sentMs.get(request)
    if (sentMs === undefined) return
    this.#sentMs.delete(request)
    if (outcome === 200 || outcome === 201) this.#heldSinceMs = Math.max(this.#heldSinceMs ?? 0, sentMs)
  }

  leads(nowMs: number): boolean {
    return !this.#released && this.#heldSinceMs !== undefined && nowMs < this.#heldSinceMs + renewDeadlineMs
  }

  #holds({ body = '' }: TransportRequest): boolean {
    return body.includes(`"holderIdentity":${JSON.stringify(this.#identity)}`)
  }
}

export function isLeaseWrite({ method, resource }: TransportRequest): boolean {
  return method !== 'GET' && resource === 'leases.coordination.k8s.io'
}
