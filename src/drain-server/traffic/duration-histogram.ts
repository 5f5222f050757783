/** Upper bounds in seconds: Prometheus's customary ones, and 30 and 60 for what a drain must wait for. */
const boundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

/** A cumulative histogram of request durations. */
export class DurationHistogram {
  count = 0
  sumSeconds = 0
  /** Not cumulative; the last one counts what lies above every bound. */
  readonly #counts = [...boundsSeconds.map(() => 0), 0]

  observe(durationMs: number): void {
    const seconds = durationMs / 1000
    this.count += 1
    this.sumSeconds += seconds
    let index = 0
    while (seconds > (boundsSeconds[index] ?? Infinity)) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  /** Each bound with the number of observations at or below it, without +Inf, whose number is `count`. */
  buckets(): { boundSeconds: number; count: number }[] {
    let cumulative = 0
    return boundsSeconds.map((boundSeconds, index) => {
      cumulative += this.#counts[index] ?? 0
      return { boundSeconds, count: cumulative }
    })
  }
}
