import type { Clock } from '../clock.ts'

/** The time between two turns. One stream a turn, where the window allows it: at most 100 a second. */
const turnMs = 10

/** The part of the remaining time in which streams are ended; the rest is their peers' to answer. */
const windowShare = 1 / 2

/**
 * Ends long-lived streams one after the other, so that thousands of clients do not all come back at once: 100 a second,
 * or more when that many would not be over in half of the time that is left. A single stream is ended at once.
 */
export class Stagger<Stream> {
  readonly #clock: Clock
  readonly #windowEndMs: number
  readonly #end: (stream: Stream) => void
  readonly #waiting = new Set<Stream>()
  #cancelTurn: (() => void) | undefined

  /**
   * @param untilMs when everything has to be over, on the clock
   * @param end is called once for each stream, never after delete() or cancel()
   */
  constructor(clock: Clock, untilMs: number, end: (stream: Stream) => void) {
    const nowMs = clock.nowMs()
    this.#clock = clock
    this.#windowEndMs = nowMs + (untilMs - nowMs) * windowShare
    this.#end = end
  }

  /** Queues a stream; it is ended before this returns when none was in the last 10 ms, or when no time is left. */
  add(stream: Stream): void {
    this.#waiting.add(stream)
    if (this.#cancelTurn === undefined || this.#leftMs < turnMs) this.#turn()
  }

  /** The stream is over without us. */
  delete(stream: Stream): void {
    this.#waiting.delete(stream)
  }

  /** Ends none of those that are waiting. */
  cancel(): void {
    this.#waiting.clear()
    this.#cancelTurn?.()
    this.#cancelTurn = undefined
  }

  get #leftMs(): number {
    return this.#windowEndMs - this.#clock.nowMs()
  }

  #turn(): void {
    this.#cancelTurn?.()
    this.#cancelTurn = undefined
    if (this.#waiting.size === 0) return
    this.#cancelTurn = this.#clock.after(turnMs, () => this.#turn())
    let due = dueNow(this.#waiting.size, this.#leftMs)
    for (const stream of this.#waiting) {
      if (due === 0) break
      due -= 1
      this.#waiting.delete(stream)
      this.#end(stream)
    }
  }
}

/** How many of the waiting streams this turn ends, so that all of them are over when the window is. */
function dueNow(waiting: number, leftMs: number): number {
  return leftMs < turnMs ? waiting : Math.ceil((waiting * turnMs) / leftMs)
}
