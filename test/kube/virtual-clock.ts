import { sleepOn, type Clock, type Timer } from '../../src/kube/clock.ts'

interface Pending {
  dueMs: number
  order: number
  callback: () => void
}

/**
 * A clock that moves only when told to. Monotonic time starts at 0; wall time can jump on its own.
 * Timers fire in the order of their time, then of their setting.
 */
export class VirtualClock implements Clock {
  #monotonicMs = 0
  #wallOffsetMs: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(wallMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = wallMs
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const pending = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback }
    this.#pending.add(pending)
    return { cancel: () => this.#pending.delete(pending) }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  /** Milliseconds until each timer that is set, the next one first. */
  get timers(): number[] {
    return [...this.#pending].map(({ dueMs }) => dueMs - this.#monotonicMs).sort((a, b) => a - b)
  }

  /** As when somebody sets the machine's clock: nothing but `now()` changes. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** As when the process is frozen: time passes, and no timer runs before the next `advance`. */
  freeze(forMs: number): void {
    this.#monotonicMs += forMs
  }

  /**
   * Moves time forward, and runs every timer that becomes due at its own time. Between two timers everything that is
   * ready (promises, and IO of this process that needs no waiting) runs first, so that it may set further ones.
   */
  async advance(byMs: number): Promise<void> {
    const targetMs = this.#monotonicMs + byMs
    await settled()
    for (let next = this.#nextUntil(targetMs); next !== undefined; next = this.#nextUntil(targetMs)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs)
      this.#pending.delete(next)
      next.callback()
      await settled()
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, targetMs)
  }

  #nextUntil(targetMs: number): Pending | undefined {
    let next: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.dueMs > targetMs) continue
      const isEarlier =
        next === undefined || pending.dueMs < next.dueMs || (pending.dueMs === next.dueMs && pending.order < next.order)
      if (isEarlier) next = pending
    }
    return next
  }
}

/** Lets everything that is ready run. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits, for real IO, until something is so; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
