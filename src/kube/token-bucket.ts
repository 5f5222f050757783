/** Allows a burst, and then one each refill time. */
export class TokenBucket {
  readonly #capacity: number
  readonly #refillMs: number
  #tokens: number
  #countedMs: number

  constructor(capacity: number, refillMs: number, nowMs: number) {
    this.#capacity = capacity
    this.#refillMs = refillMs
    this.#tokens = capacity
    this.#countedMs = nowMs
  }

  /** Takes a token, if there is one. `nowMs` is monotonic. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#countedMs) / this.#refillMs)
    this.#countedMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
