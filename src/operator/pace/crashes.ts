import type { CrashCounts } from '../../pacing/index.ts'
import type { PodSeen } from './watched-pods.ts'

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
