import type { KubeApi } from './api.ts'
import type { Clock, Random } from './clock.ts'

/** The right to write, while it lasts. */
export interface Leadership {
  /** Aborts when leadership is lost, and after it was released. */
  readonly signal: AbortSignal
  /** False as soon as the renew deadline has passed on the monotonic clock, even if no timer could run (a frozen process). */
  isValid(): boolean
}

export interface LeaseElectorOptions {
  api: KubeApi
  clock: Clock
  random?: Random
  namespace: string
  name: string
  /** Unique to this process, e.g. pod name and a random suffix. */
  identity: string
  /** Others wait this long after the last change that they saw. @default 15000 */
  leaseDurationMs?: number
  /** The leader gives up when it could not renew for this long. @default 10000 */
  renewDeadlineMs?: number
  /** @default 2000 */
  retryPeriodMs?: number
  /** Requests that failed; the elector goes on by itself. */
  onError?: (error: unknown) => void
  /** Another holder was seen (or none: empty). */
  onHolderChange?: (identity: string) => void
}

/** How a candidacy ended. */
export type ElectionOutcome = 'Lost' | 'Released'

/**
 * Elects one of many by a Lease, on client-go's rules. There is no fencing: two may believe to lead for a moment if one
 * of them was frozen, hence {@link Leadership.isValid} before every write.
 */
export interface LeaseElector {
  /**
   * Waits for leadership, then calls `lead` once. The lease is renewed until `lead` settles, which it must do soon after
   * `signal` aborts; then the lease is released, so that the next one need not wait.
   * @returns `Lost` when the lease could not be renewed in time: `leadership.signal` has aborted, and the process should exit.
   * @throws what `lead` throws, after release.
   */
  run(lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<ElectionOutcome>
}

export function createLeaseElector(_options: LeaseElectorOptions): LeaseElector {
  throw new Error('not implemented')
}
