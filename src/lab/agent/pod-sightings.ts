import type { PodSighting } from '../run-status.ts'

/**
 * When new connections first and last reached each pod. Kept up with every answer, so that asking costs the same after
 * a million of them.
 */
export class PodSightings {
  readonly #pods = new Map<string, { -readonly [Key in keyof PodSighting]: PodSighting[Key] }>()

  see(pod: string, connectedMs: number, answeredMs: number): void {
    const known = this.#pods.get(pod)
    if (known === undefined) {
      this.#pods.set(pod, {
        pod,
        answers: 1,
        firstConnectedMs: connectedMs,
        lastConnectedMs: connectedMs,
        lastAnsweredMs: answeredMs,
      })
      return
    }
    // Answers may overtake one another.
    known.answers++
    known.firstConnectedMs = Math.min(known.firstConnectedMs, connectedMs)
    known.lastConnectedMs = Math.max(known.lastConnectedMs, connectedMs)
    known.lastAnsweredMs = Math.max(known.lastAnsweredMs, answeredMs)
  }

  /** In the order in which connections first reached the pods. */
  list(): PodSighting[] {
    return [...this.#pods.values()]
      .map((sighting) => ({ ...sighting }))
      .sort((a, b) => a.firstConnectedMs - b.firstConnectedMs)
  }
}
