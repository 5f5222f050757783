import type { Clock } from './clock.ts'

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

export function createWorkQueue(_options: WorkQueueOptions): WorkQueue {
  throw new Error('not implemented')
}
