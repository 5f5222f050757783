/** How long a container that ends again and again is left alone: 10 s, doubled each time, at most 300 s. */
const firstMs = 10_000
const mostMs = 300_000

/** One container's delays. After it was fine for twice the longest delay, it begins anew. */
export class RestartBackoff {
  #delayMs = 0
  #lastMs = 0

  /** What to wait after an end at `endedMs`; the first time nothing. */
  next(endedMs: number): number {
    if (endedMs - this.#lastMs > 2 * mostMs) this.#delayMs = 0
    const delayMs = this.#delayMs
    this.#delayMs = delayMs === 0 ? firstMs : Math.min(delayMs * 2, mostMs)
    this.#lastMs = endedMs
    return delayMs
  }
}

/** As Go writes a duration: `10s`, `1m20s`, `5m0s`. */
export function inGoWords(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
