import type { Clock } from '../../../src/kube/clock.ts'

type Item = { chunk: Uint8Array } | { ends: unknown }

/** The body of a watch on its way: chunks arrive in order, each after its lag or when the one before it has. */
export class BytePipe implements AsyncIterable<Uint8Array> {
  readonly #clock: Clock
  readonly #arrived: Item[] = []
  #wake: (() => void) | undefined
  #latestMs = 0
  #closed = false

  /** @param clock of the process that reads. */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  push(chunk: Uint8Array, lagMs: number): void {
    this.#send({ chunk }, lagMs)
  }

  /** After all that was pushed. With an error the reader throws it. */
  end(lagMs: number, error?: Error): void {
    this.#send({ ends: error }, lagMs)
  }

  /** At once, whatever is still on its way. */
  cut(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#arrived.push({ ends: error })
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const next = this.#arrived.shift()
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if ('chunk' in next) {
        yield next.chunk
      } else {
        if (next.ends !== undefined) throw next.ends
        return
      }
    }
  }

  #send(item: Item, lagMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#latestMs = Math.max(this.#latestMs, nowMs + lagMs)
    this.#clock.setTimeout(() => {
      if (this.#closed) return
      this.#arrived.push(item)
      if ('ends' in item) this.#closed = true
      this.#wake?.()
    }, this.#latestMs - nowMs)
  }
}
