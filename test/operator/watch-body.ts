import type { Clock } from '../../src/kube/index.ts'

/** The body of a watch: lines that arrive in order, each after its lag or when the one before it has. */
export class WatchBody implements AsyncIterable<Uint8Array> {
  readonly #clock: Clock
  readonly #ready: (Uint8Array | 'end' | { failure: unknown })[] = []
  #wake: (() => void) | undefined
  #latestMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  push(line: object, lagMs: number): void {
    this.#deliver(Buffer.from(`${JSON.stringify(line)}\n`), lagMs)
  }

  end(lagMs: number): void {
    this.#deliver('end', lagMs)
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

  #deliver(item: Uint8Array | 'end', lagMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#latestMs = Math.max(this.#latestMs, nowMs + lagMs)
    if (this.#latestMs === Infinity) return
    const arrive = (): void => {
      this.#ready.push(item)
      this.#wake?.()
    }
    if (this.#latestMs <= nowMs) arrive()
    else this.#clock.setTimeout(arrive, this.#latestMs - nowMs)
  }
}
