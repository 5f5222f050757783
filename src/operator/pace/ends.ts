import type { DrainOutcome } from '../../propagation/index.ts'
import { byOrigin, type Counts, noCounts, type Reading, sumOf } from '../../pacing/index.ts'
import { harmOf } from '../../signals/index.ts'
import type { Drain } from '../termination-observer.ts'

/** How a pod ended, as the operator's watches told. */
export type PodEnded = Pick<Drain, 'namespace' | 'deployment' | 'podUid'> & {
  readonly outcome: Pick<DrainOutcome, 'outcome' | 'forced'>
}

/** What ends of pods have cost, when. Times are of the monotonic clock. */
export class Ends {
  #fresh: readonly { readonly atMs: number; readonly end: PodEnded }[] = []
  #harms: readonly { readonly atMs: number; readonly harm: Counts }[] = []

  add(end: PodEnded, atMs: number): void {
    this.#fresh = [...this.#fresh, { atMs, end }]
  }

  /**
   * Weighs those that are new; after a listening, as a pod's last answer may still have been under way when it ended.
   * @param forcedOf what the source counted as forced of a pod by itself, which is not counted again
   */
  settle(forcedOf: (podUid: string) => number): void {
    const harms = this.#fresh.flatMap(({ atMs, end: { podUid, outcome } }) => {
      const harm = harmOf({ ...outcome, countedForced: forcedOf(podUid) })
      return harm === undefined || harm.errors === 0 ? [] : [{ atMs, harm }]
    })
    this.#harms = [...this.#harms, ...harms]
    this.#fresh = []
  }

  forgetBefore(ms: number): void {
    if (this.#harms.some(({ atMs }) => atMs < ms)) this.#harms = this.#harms.filter(({ atMs }) => atMs >= ms)
  }

  /**
   * The reading with what ended since then: errors of draining pods, or of the service where the source tells no origins
   * apart. It adds to what was heard, and is never all that there is: of ends alone every request has failed.
   */
  addTo(reading: Reading, sinceMs: number): Reading {
    if (reading.kind === 'silent') return reading
    const harm = sumOf(this.#harms.filter(({ atMs }) => atMs >= sinceMs).map((end) => end.harm))
    if (harm.errors === 0) return reading
    const into = reading.counts.service === undefined ? 'draining' : 'service'
    const counts = byOrigin({ [into]: noCounts, ...reading.counts }, (known, origin) =>
      origin === into ? sumOf([known, harm]) : known,
    )
    return { kind: 'counts', counts }
  }
}
