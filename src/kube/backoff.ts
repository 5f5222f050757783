import type { Clock, Random } from './clock.ts'

export interface BackoffOptions {
  clock: Clock
  random: Random
  /** @default 800 */
  baseMs?: number
  /** @default 30000 */
  maxMs?: number
  /** Without a call for this long, the next delay is the base again. @default 120000 */
  resetAfterMs?: number
}

/** Delays that double from one call to the next, each up to twice as long by chance (client-go's reflector.go). */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #nextMs: number
  #lastCallMs: number | undefined

  constructor(options: BackoffOptions) {
    this.#options = { baseMs: 800, maxMs: 30_000, resetAfterMs: 120_000, ...options }
    this.#nextMs = this.#options.baseMs
  }

  /** How long to wait now. */
  delayMs(): number {
    const { clock, random, baseMs, maxMs, resetAfterMs } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#lastCallMs !== undefined && nowMs - this.#lastCallMs > resetAfterMs) this.#nextMs = baseMs
    this.#lastCallMs = nowMs
    const delayMs = this.#nextMs * (1 + random())
    this.#nextMs = Math.min(this.#nextMs * 2, maxMs)
    return delayMs
  }
}
