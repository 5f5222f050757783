import type { KubeApi } from './api.ts'
import type { Clock, Random, Timer } from './clock.ts'
import { KubeError } from './kube-error.ts'
import { LeaseRecord } from './lease-record.ts'

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

/** @throws TypeError unless leaseDuration > renewDeadline > 1.2 x retryPeriod, without which two could lead. */
export function createLeaseElector(options: LeaseElectorOptions): LeaseElector {
  return new ClientGoElector(options)
}

/** client-go's JitterFactor (leaderelection.go). */
const jitterFactor = 1.2

class ClientGoElector implements LeaseElector {
  readonly #options: LeaseElectorOptions
  readonly #random: Random
  readonly #retryPeriodMs: number
  readonly #renewDeadlineMs: number
  readonly #lease: LeaseRecord

  constructor(options: LeaseElectorOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs * jitterFactor && retryPeriodMs > 0)) {
      throw new TypeError('a lease needs leaseDuration > renewDeadline > 1.2 x retryPeriod > 0')
    }
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#retryPeriodMs = retryPeriodMs
    this.#renewDeadlineMs = renewDeadlineMs
    // One call that hangs must leave time for another before the deadline.
    this.#lease = new LeaseRecord({ ...options, leaseDurationMs, requestTimeoutMs: renewDeadlineMs / 2 })
  }

  async run(lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<ElectionOutcome> {
    const acquiredMs = await this.#acquire(signal)
    if (acquiredMs === undefined) return 'Released'
    const { clock } = this.#options
    const ended = new AbortController()
    let renewedMs = acquiredMs
    const deadlineMs = (): number => renewedMs + this.#renewDeadlineMs
    const leadership: Leadership = {
      signal: ended.signal,
      isValid: () => !ended.signal.aborted && clock.monotonicMs() < deadlineMs(),
    }
    const done = new AbortController()
    const leading = (async () => lead(leadership))().finally(() => done.abort())
    // Rethrown below, unless leadership is lost first: then nobody may ever await it.
    leading.catch(() => {})
    const stopRenewing = AbortSignal.any([done.signal, ended.signal])
    const renewals = this.#renew(deadlineMs, (atMs) => (renewedMs = atMs), stopRenewing)
    const lost = await renewals
    if (lost) {
      ended.abort(new KubeError('Aborted', 'leadership was lost'))
      return 'Lost'
    }
    ended.abort(new KubeError('Aborted', 'leadership was released'))
    await this.#release()
    await leading
    return 'Released'
  }

  /** Tries until it holds the lease; returns when that attempt began, or undefined when `signal` aborted before. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs()
      // Not ended by `signal`: a write that is cut may have taken the lease.
      const acquired = await this.#try()
      if (acquired && !signal.aborted) return startedMs
      if (acquired) await this.#release()
      else await clock.sleep(this.#retryPeriodMs * (1 + this.#random() * jitterFactor), signal).catch(() => {})
    }
    return undefined
  }

  /** Renews until `stop` aborts (returns false), or until leadership is lost (returns true). */
  async #renew(deadlineMs: () => number, renewed: (atMs: number) => void, stop: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    const late = new AbortController()
    const either = AbortSignal.any([late.signal, stop])
    let timer: Timer | undefined
    const arm = (): void => {
      timer?.cancel()
      timer = clock.setTimeout(
        () => late.abort(new KubeError('Timeout', 'the lease was not renewed in time')),
        deadlineMs() - clock.monotonicMs(),
      )
    }
    arm()
    try {
      for (;;) {
        await clock.sleep(this.#retryPeriodMs, either).catch(() => {})
        if (stop.aborted) return false
        const startedMs = clock.monotonicMs()
        if (startedMs >= deadlineMs() || late.signal.aborted) return true
        const ok = await this.#try(late.signal)
        if (ok) {
          renewed(startedMs)
          arm()
        } else if (this.#lease.heldByOther) {
          return true
        }
      }
    } finally {
      timer?.cancel()
    }
  }

  async #try(signal?: AbortSignal): Promise<boolean> {
    const before = this.#lease.holder
    try {
      return await this.#lease.acquireOrRenew(signal)
    } catch (error) {
      this.#options.onError?.(error)
      return false
    } finally {
      const { holder } = this.#lease
      if (holder !== undefined && holder !== before) this.#options.onHolderChange?.(holder)
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#lease.release()
    } catch (error) {
      this.#options.onError?.(error)
    }
  }
}
