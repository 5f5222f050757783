import { type Clock, sleepOn, type Timer } from '../../../src/kube/clock.ts'

interface Due {
  dueMs: number
  order: number
  callback: (() => void) | undefined
}

/**
 * The one clock of a history. Time passes only from one timer to the next; at the same time they fire in the order of
 * their setting. After each, everything that promises have ready runs to its end: code takes no time.
 */
export class SimClock implements Clock {
  #monotonicMs = 0
  #wallOffsetMs: number
  #order = 0
  /** A binary heap, the next timer first. */
  readonly #heap: Due[] = []

  constructor(wallMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffsetMs = wallMs
  }

  now(): number {
    return Math.floor(this.#monotonicMs) + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const due: Due = {
      dueMs: this.#monotonicMs + Math.max(0, delayMs),
      order: (this.#order += 1),
      callback,
    }
    this.#push(due)
    return {
      cancel: () => {
        due.callback = undefined
      },
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  /** Lets time pass until `untilMs`. */
  async runUntil(untilMs: number): Promise<void> {
    await turn()
    for (let next = this.#heap[0]; next !== undefined && next.dueMs <= untilMs; next = this.#heap[0]) {
      this.#pop()
      if (next.callback === undefined) continue
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs)
      next.callback()
      await turn()
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs)
  }

  #push(due: Due): void {
    const heap = this.#heap
    let index = heap.push(due) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above] as Due
      if (isBefore(parent, due)) break
      heap[index] = parent
      index = above
    }
    heap[index] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= heap.length) break
      const right = left + 1
      const below = right < heap.length && isBefore(heap[right] as Due, heap[left] as Due) ? right : left
      const child = heap[below] as Due
      if (isBefore(last, child)) break
      heap[index] = child
      index = below
    }
    heap[index] = last
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.dueMs === other.dueMs ? one.order < other.order : one.dueMs < other.dueMs
}

/** Every promise that is ready, and what follows from it, has run when the next macrotask does. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
