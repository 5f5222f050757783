import PQueue from 'p-queue'
import type { Clock, Timer } from './clock.ts'

/** What a worker may ask for when it has succeeded. */
export interface WorkResult {
  /** Come back after this time. */
  requeueAfterMs?: number
}

/** What was seen of one run of a worker. */
export interface WorkObservation {
  key: string
  outcome: 'success' | 'error'
  /** From becoming ready to the start. */
  waitedMs: number
  durationMs: number
}

export interface WorkQueueOptions {
  clock: Clock
  /** Level-based work on one key. A rejection is reported and retried with the key's backoff; success forgets it. */
  work: (key: string) => Promise<WorkResult | void>
  /** Workers at a time; never two on one key. @default 1 */
  concurrency?: number
  /** First delay after a failure; doubles with each. @default 5 */
  backoffBaseMs?: number
  /** @default 1000000 */
  backoffMaxMs?: number
  onError?: (key: string, error: unknown) => void
  observe?: (observation: WorkObservation) => void
}

/** A queue of keys with client-go's semantics: a key waits at most once, and runs once more if added while it runs. */
export interface WorkQueue {
  add(key: string): void
  /** Adds the key after a delay. Of several, the earliest wins. */
  addAfter(key: string, delayMs: number): void
  /** Adds the key after its backoff, which grows. */
  addRateLimited(key: string): void
  /** Resets the key's backoff. */
  forget(key: string): void
  /** Failures since the last success. */
  failures(key: string): number
  /** Keys that wait for a worker (not those that wait for a delay). */
  readonly depth: number
  /** Resolves when nothing waits for a worker and nothing runs. */
  onIdle(): Promise<void>
  /** Takes no more keys, drops those that wait, and resolves when the running ones are done. */
  shutDown(): Promise<void>
}

/** A queue on client-go's rules (util/workqueue); p-queue runs the workers. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedWorkQueue(options)
}

class KeyedWorkQueue implements WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #workers: PQueue
  /** Keys that need work, with the monotonic time since when. A key is in the worker queue iff dirty and not processing. */
  readonly #dirty = new Map<string, number>()
  readonly #processing = new Set<string>()
  readonly #delayed = new Map<string, { readyMs: number; timer: Timer }>()
  readonly #failures = new Map<string, number>()
  #stopped = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#workers = new PQueue({ concurrency: options.concurrency ?? 1 })
  }

  get depth(): number {
    return this.#workers.size
  }

  add(key: string): void {
    if (this.#stopped || this.#dirty.has(key)) return
    this.#dirty.set(key, this.#options.clock.monotonicMs())
    if (!this.#processing.has(key)) this.#enqueue(key)
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const readyMs = this.#options.clock.monotonicMs() + delayMs
    const present = this.#delayed.get(key)
    if (present !== undefined && present.readyMs <= readyMs) return
    present?.timer.cancel()
    const timer = this.#options.clock.setTimeout(() => {
      this.#delayed.delete(key)
      this.add(key)
    }, delayMs)
    this.#delayed.set(key, { readyMs, timer })
  }

  addRateLimited(key: string): void {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    const { backoffBaseMs = 5, backoffMaxMs = 1_000_000 } = this.#options
    this.addAfter(key, Math.min(backoffBaseMs * 2 ** failures, backoffMaxMs))
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  onIdle(): Promise<void> {
    return this.#workers.onIdle()
  }

  async shutDown(): Promise<void> {
    this.#stopped = true
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    this.#workers.clear()
    await this.#workers.onIdle()
  }

  #enqueue(key: string): void {
    // #work never rejects; what rejects here is the AbortError of a cleared queue.
    this.#workers.add(() => this.#work(key)).catch(() => {})
  }

  async #work(key: string): Promise<void> {
    const { clock, work, observe, onError } = this.#options
    const startedMs = clock.monotonicMs()
    const waitedMs = startedMs - (this.#dirty.get(key) ?? startedMs)
    this.#processing.add(key)
    this.#dirty.delete(key)
    let outcome: WorkObservation['outcome'] = 'success'
    try {
      const result = await work(key)
      this.forget(key)
      if (result?.requeueAfterMs !== undefined) this.addAfter(key, result.requeueAfterMs)
    } catch (error) {
      outcome = 'error'
      this.addRateLimited(key)
      onError?.(key, error)
    } finally {
      this.#processing.delete(key)
      if (this.#dirty.has(key) && !this.#stopped) this.#enqueue(key)
      observe?.({ key, outcome, waitedMs, durationMs: clock.monotonicMs() - startedMs })
    }
  }
}
