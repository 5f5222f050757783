/** The longest work that a request may ask for. */
const MAX_WORK_MS = 60_000

/**
 * The work of a server that can do only so much at a time: what is above that waits, first come, first served. As most
 * servers, it does not notice that somebody who waits has given up.
 */
export class WorkQueue {
  readonly #concurrency: number
  readonly #waiting: (() => void)[] = []
  #working = 0

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Calls `done` when the work is done; at once where there is none and nothing to wait for. */
  work(ms: number, done: () => void): void {
    if (this.#working >= this.#concurrency) this.#waiting.push(() => this.#begin(ms, done))
    else this.#begin(ms, done)
  }

  #begin(ms: number, done: () => void): void {
    if (!(ms > 0)) {
      done()
      return
    }
    this.#working++
    setTimeout(
      () => {
        this.#working--
        done()
        this.#waiting.shift()?.()
      },
      Math.min(MAX_WORK_MS, ms),
    )
  }
}
