import type { RequestRecord } from '../record.ts'
import type { PodSighting } from '../run-status.ts'

/** What probe records say about each pod: when a new connection first and last reached it. Ordered by first sight. */
export function podSightings(records: Iterable<RequestRecord>): PodSighting[] {
  const sightings = new Map<string, PodSighting>()
  for (const { pod, sentMs, doneMs } of records) {
    if (pod === null || sentMs === null) continue
    const known = sightings.get(pod)
    sightings.set(pod, {
      pod,
      answers: (known?.answers ?? 0) + 1,
      firstConnectedMs: Math.min(known?.firstConnectedMs ?? sentMs, sentMs),
      lastConnectedMs: Math.max(known?.lastConnectedMs ?? sentMs, sentMs),
      lastAnsweredMs: Math.max(known?.lastAnsweredMs ?? doneMs, doneMs),
    })
  }
  return [...sightings.values()].sort((a, b) => a.firstConnectedMs - b.firstConnectedMs)
}
