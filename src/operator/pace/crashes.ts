import type { Verdict } from '../../pacing/index.ts'
import type { Judged } from './epoch-judge.ts'
import type { Epoch } from './sight.ts'
import type { PodSeen } from './watched-pods.ts'

/** How often containers ended by themselves and were started again. */
export interface CrashCounts {
  readonly ofNewVersion: number
  readonly ofOthers: number
}

/** One may have been its node's fault. */
const fewestToBlame = 2

/**
 * Restarts of containers, when they were seen. What a container that was killed did not answer is counted by nobody, so
 * that a version that is killed again and again looks healthy to whoever listens to those that are left. Times are of the
 * monotonic clock.
 */
export class Crashes {
  readonly #restarts = new Map<string, number>()
  #seen: readonly { readonly atMs: number; readonly ofNewVersion: boolean; readonly count: number }[] = []

  /** @param hash of the present template; before it is known nothing is of the new version */
  look(pods: readonly PodSeen[], hash: string | undefined, atMs: number): void {
    for (const { uid, restarts, hash: own, deletionTimestamp } of pods) {
      const before = this.#restarts.get(uid) ?? restarts
      this.#restarts.set(uid, Math.max(before, restarts))
      // Nobody asks what becomes of a pod that was deleted.
      if (restarts <= before || deletionTimestamp !== undefined) continue
      this.#seen = [...this.#seen, { atMs, ofNewVersion: own === hash, count: restarts - before }]
    }
    const present = new Set(pods.map(({ uid }) => uid))
    for (const uid of this.#restarts.keys()) if (!present.has(uid)) this.#restarts.delete(uid)
  }

  since(ms: number): CrashCounts {
    const count = (ofNewVersion: boolean): number =>
      this.#seen
        .filter((crash) => crash.atMs >= ms && crash.ofNewVersion === ofNewVersion)
        .reduce((sum, crash) => sum + crash.count, 0)
    return { ofNewVersion: count(true), ofOthers: count(false) }
  }

  forgetBefore(ms: number): void {
    if (this.#seen.some(({ atMs }) => atMs < ms)) this.#seen = this.#seen.filter(({ atMs }) => atMs >= ms)
  }
}

/**
 * What was judged, with what crashed: a version whose containers end again and again is to blame, unless the others do so
 * as often. It stays for the epoch, as every breach does.
 */
export function withCrashes(judged: Judged, { ofNewVersion, ofOthers }: CrashCounts, { blameFromMs }: Epoch): Judged {
  const blamed = ofNewVersion >= fewestToBlame && ofNewVersion > ofOthers
  if (!blamed || judged.pace.blame === 'newVersion') return judged
  const { counts, interval, limit, attribution } = judged.verdict
  const because = `containers of the new version ended ${ofNewVersion} times by themselves, and ${ofOthers} times elsewhere`
  const verdict: Verdict = { kind: 'Breached', counts, interval, limit, attribution, because }
  return {
    memory: { ...judged.memory, breach: { blame: 'newVersion', verdict } },
    pace: { outcome: 'Breached', blame: 'newVersion', sinceMs: blameFromMs },
    verdict,
  }
}
