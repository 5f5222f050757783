import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/drain-server/clock.ts'

interface Timer {
  dueMs: number
  callback: () => void
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #nowMs = 1000
  readonly #timers = new Set<Timer>()

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets time pass: what falls due is called in its order, and sees the time at which it fell due. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next)
      this.#nowMs = next.dueMs
      next.callback()
    }
    this.#nowMs = untilMs
  }

  /** Lets time fly, 5 ms in each turn of the event loop, until the promise is settled. */
  async fly<Value>(until: Promise<Value>): Promise<Value> {
    const landed = new AbortController()
    const value = until.finally(() => landed.abort())
    while (!landed.signal.aborted) {
      await turn()
      this.advance(5)
    }
    return value
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }
}
