/**
 * Pods that are deleted together report one after the other, the one with the longest propagation last: each of them
 * would be a raise, and each raise a rollout. What comes within this time of our last write is one raise.
 */
export const raisePaceMs = 15_000

/** How long a raise waits. A restarted process knows of no write: its first raise is written at once. */
export class RaisePace {
  readonly #wroteMs = new Map<string, number>()
  readonly #monotonicMs: () => number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /** A write of the template of this Deployment that succeeded. */
  wrote(deploymentUid: string): void {
    const nowMs = this.#monotonicMs()
    for (const [uid, wroteMs] of this.#wroteMs) if (nowMs - wroteMs >= raisePaceMs) this.#wroteMs.delete(uid)
    this.#wroteMs.set(deploymentUid, nowMs)
  }

  /** 0 when a raise need not wait. */
  waitMs(deploymentUid: string): number {
    const wroteMs = this.#wroteMs.get(deploymentUid)
    return wroteMs === undefined ? 0 : Math.max(0, wroteMs + raisePaceMs - this.#monotonicMs())
  }
}
