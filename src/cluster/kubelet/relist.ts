import type { Clock } from '../../kube/index.ts'

/**
 * Kubelet looks at its containers once in a while (PLEG): that one has started, or has ended by itself, is noticed then
 * and not before. What it ends itself, it notices at once.
 */
export class Relist {
  readonly #clock: Clock
  readonly #periodMs: number
  #next: Promise<void> | undefined

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  /** Resolves at the next look, or when the signal aborts. */
  async noticed(signal: AbortSignal): Promise<void> {
    if (this.#periodMs === 0 || signal.aborted) return
    this.#next ??= new Promise((resolve) => {
      this.#clock.setTimeout(
        () => {
          this.#next = undefined
          resolve()
        },
        this.#periodMs - (this.#clock.monotonicMs() % this.#periodMs),
      )
    })
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([this.#next, aborted])
  }
}
