import type { Condition, Pod } from './objects.ts'
import { timeOf } from './timestamps.ts'

export function podCondition(pod: Pod, type: string): Condition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** Wall time since which the pod is ready; undefined when it is not, or when nobody wrote down since when. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'Ready')
  return condition?.status === 'True' ? timeOf(condition.lastTransitionTime) : undefined
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isReady(pod)) return false
  return minReadySeconds === 0 || (availableInMs(pod, minReadySeconds, nowMs) ?? Infinity) <= 0
}

/** How long until a ready pod is available; undefined when time alone will not make it so. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const sinceMs = readySinceMs(pod)
  return sinceMs === undefined ? undefined : sinceMs + minReadySeconds * 1000 - nowMs
}

/** Its containers have ended and will not start again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Counts as a replica: neither over nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined
}

/** Was deleted, and still runs. */
export function isTerminating(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined
}
