import type { Clock } from '../../src/kube/index.ts'

/** The body of a watch: lines that arrive in order, each after the lag that the network has at its moment. */
export class WatchBody implements AsyncIterable<Uint8Array> {
  readonly #clock: Clock
  readonly #lagMs: () => number
  readonly #ready: (Uint8Array | 'end' | { failure: unknown })[] = []
  #wake: (() => void) | undefined
  #latestMs = 0

  constructor(clock: Clock, lagMs: () => number) {
    this.#clock = clock
    this.#lagMs = lagMs
  }

  push(line: object): void {
    this.#deliver(Buffer.from(`${JSON.stringify(line)}\n`))
  }

  end(): void {
    this.#deliver('end')
  }

  /** At once, whatever is still on its way. */
  fail(failure: unknown): void {
    this.#ready.push({ failure })
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const next = this.#ready.shift()
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (next === 'end') return
      else if ('failure' in next) throw next.failure
      else yield next
    }
  }

  #deliver(item: Uint8Array | 'end'): void {
    const nowMs = this.#clock.monotonicMs()
    this.#latestMs = Math.max(this.#latestMs, nowMs + this.#lagMs())
    if (this.#latestMs === Infinity) return
    const arrive = (): void => {
      this.#ready.push(item)
      this.#wake?.()
    }
    if (this.#latestMs <= nowMs) arrive()
    else this.#clock.setTimeout(arrive, this.#latestMs - nowMs)
  }
}
