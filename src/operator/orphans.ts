/** A policy that is being renamed or re-created is gone for a moment: giving back and writing again are two rollouts. */
export const releaseDelayMs = 30_000

/**
 * Since when each Deployment that carries our contract has had no policy. A policy that comes and goes meanwhile begins
 * the time anew, though the look that was planned for the first one's end comes earlier.
 */
export class Orphans {
  readonly #sinceMs = new Map<string, number>()
  readonly #monotonicMs: () => number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /** What was seen of a Deployment, each time that this may have changed. */
  saw(deploymentUid: string, orphaned: boolean): void {
    if (!orphaned) this.#sinceMs.delete(deploymentUid)
    else if (!this.#sinceMs.has(deploymentUid)) this.restart(deploymentUid)
  }

  /** There is a policy for it after all, of which the watch has not told: the time begins anew. */
  restart(deploymentUid: string): void {
    this.#sinceMs.set(deploymentUid, this.#monotonicMs())
  }

  /** How long an orphan still waits; one that was never seen begins to wait now. */
  remainingMs(deploymentUid: string): number {
    this.saw(deploymentUid, true)
    const sinceMs = this.#sinceMs.get(deploymentUid) ?? this.#monotonicMs()
    return Math.max(0, sinceMs + releaseDelayMs - this.#monotonicMs())
  }
}
