import { type CountsByOrigin, increaseOf, noCounts, type Reading } from '../../pacing/index.ts'
import { type Ask, createPodsSignal, type PodsSignal, type WatchedPod } from '../../signals/index.ts'
import type { Ear } from './ear.ts'

export interface PodsEarOptions {
  /** As they are known now. */
  readonly pods: () => readonly WatchedPod[]
  readonly ask: Ask
  readonly monotonicMs: () => number
}

/** A time that was not named before is at most this long ago, when it is asked for first. */
export const historyMs = 10 * 60_000

/**
 * Hears the pods themselves. One signal is kept for as long as the Deployment is followed, and its counts at each
 * listening: what ended since a time is the newest of them minus the first whose listening began at or after it.
 */
export class PodsEar implements Ear {
  readonly #signal: PodsSignal
  readonly #monotonicMs: () => number
  #history: readonly { readonly atMs: number; readonly counts: CountsByOrigin }[] = []

  constructor({ pods, ask, monotonicMs }: PodsEarOptions) {
    this.#signal = createPodsSignal({ pods, ask })
    this.#monotonicMs = monotonicMs
  }

  async hear(sinceMs: readonly number[], abort: AbortSignal): Promise<readonly Reading[]> {
    // Its beginning, since a pod may have been asked right then.
    const atMs = this.#monotonicMs()
    const reading = await this.#signal.read(abort)
    if (reading.kind === 'silent') return sinceMs.map(() => reading)
    const newest = named(reading.counts)
    const history = [...this.#history, { atMs, counts: newest }]
    this.#history = history.filter(
      (entry, index) =>
        entry.atMs >= atMs - historyMs ||
        sinceMs.some((ms) => entry.atMs >= ms && (history[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY) < ms),
    )
    return sinceMs.map((ms): Reading => {
      const first = history.find((entry) => entry.atMs >= ms)
      if (first !== undefined) return { kind: 'counts', counts: increaseOf(first.counts, newest) }
      return { kind: 'silent', reason: 'NoData', message: 'no pod was asked since then' }
    })
  }

  forcedOf(podUid: string): number {
    return this.#signal.forcedOf(podUid)
  }

  /** For tests: how many listenings are remembered. */
  get remembered(): number {
    return this.#history.length
  }
}

/** This source tells origins apart, also those that it has heard nothing of: health is never that of another origin. */
function named(counts: CountsByOrigin): CountsByOrigin {
  return { draining: noCounts, newVersion: noCounts, background: noCounts, ...counts }
}
