import type { Pod, Service } from '../shared/objects.ts'
import { podCondition } from '../shared/pods.ts'
import { timeOf } from '../shared/timestamps.ts'

/**
 * Since when a change waits to be told: the earliest of the times at which a pod's readiness changed, or the Service was
 * made, that are later than at the last look. A termination leaves no such time.
 */
export class TriggerTimes {
  readonly #seen = new Map<string, ReadonlyMap<string, number>>()

  /** Wall time of the change, and remembers what there is; undefined when no time is known. */
  look(service: Service, pods: readonly Pod[]): number | undefined {
    const key = service.metadata.uid ?? ''
    const before = this.#seen.get(key)
    const now = new Map<string, number>()
    for (const pod of pods) {
      const changedMs = timeOf(podCondition(pod, 'Ready')?.lastTransitionTime)
      if (changedMs !== undefined) now.set(pod.metadata.name, changedMs)
    }
    this.#seen.set(key, now)
    if (before === undefined) return timeOf(service.metadata.creationTimestamp)
    const changed = [...now].filter(([name, changedMs]) => changedMs > (before.get(name) ?? 0))
    return changed.length === 0 ? undefined : Math.min(...changed.map(([, changedMs]) => changedMs))
  }

  forget({ metadata }: Service): void {
    this.#seen.delete(metadata.uid ?? '')
  }
}
