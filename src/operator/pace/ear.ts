import type { Reading } from '../../pacing/index.ts'

/** Listens to one Deployment for as long as it is followed. Times are of the monotonic clock. */
export interface Ear {
  /**
   * Listens once. Of each time it says what ended since then; what ended before is never credited.
   * @throws the abort signal's reason, when that aborts
   */
  hear(sinceMs: readonly number[], abort: AbortSignal): Promise<readonly Reading[]>
  /** Of what it has counted as errors: what the drain of this pod cut off. */
  forcedOf(podUid: string): number
}
