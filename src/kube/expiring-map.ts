/** A map that forgets what nobody has touched for a while, so that it cannot grow for ever. */
export class ExpiringMap<V> {
  readonly #lifetimeMs: number
  /** In the order of their last touch: the oldest is first. */
  readonly #entries = new Map<string, { value: V; touchedMs: number }>()

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  get size(): number {
    return this.#entries.size
  }

  /** `nowMs` is monotonic, here and below. */
  get(key: string, nowMs: number): V | undefined {
    this.#expire(nowMs)
    return this.#entries.get(key)?.value
  }

  set(key: string, value: V, nowMs: number): void {
    this.#expire(nowMs)
    this.#entries.delete(key)
    this.#entries.set(key, { value, touchedMs: nowMs })
  }

  /** The value, which counts as touched. */
  getOrSet(key: string, nowMs: number, create: () => V): V {
    const value = this.get(key, nowMs) ?? create()
    this.set(key, value, nowMs)
    return value
  }

  #expire(nowMs: number): void {
    for (const [key, { touchedMs }] of this.#entries) {
      if (nowMs - touchedMs <= this.#lifetimeMs) return
      this.#entries.delete(key)
    }
  }
}
