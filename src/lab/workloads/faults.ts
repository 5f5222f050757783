/** What is wrong with a version of the workload. By default nothing. */
export interface FaultSettings {
  /** The share of work that is answered with 500. */
  readonly errorRate: number
  /** It fails only in a second in which more work than this came before. */
  readonly errorAbove: number
  /** What it takes each second and never gives back, until it is killed for it. */
  readonly leakMiBPerSecond: number
}

/** The faults of one process. */
export class Faults {
  readonly #settings: FaultSettings
  readonly #random: () => number
  readonly #nowMs: () => number
  readonly #kept: Uint8Array[] = []
  #second = Number.NEGATIVE_INFINITY
  #came = 0

  constructor(
    settings: FaultSettings,
    random: () => number = Math.random,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#settings = settings
    this.#random = random
    this.#nowMs = nowMs
  }

  /** Whether the work that comes now fails. */
  fails(): boolean {
    const { errorRate, errorAbove } = this.#settings
    const second = Math.floor(this.#nowMs() / 1000)
    this.#came = second === this.#second ? this.#came + 1 : 1
    this.#second = second
    return this.#came > errorAbove && this.#random() < errorRate
  }

  /** Begins to leak, where it does. It keeps no process alive. */
  leak(): void {
    const { leakMiBPerSecond } = this.#settings
    if (leakMiBPerSecond === 0) return
    // Zeroes would be pages that the kernel has not given yet.
    setInterval(() => this.#kept.push(new Uint8Array(leakMiBPerSecond * 1024 * 1024).fill(1)), 1000).unref()
  }
}
