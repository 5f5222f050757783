import type { Pod } from '../shared/objects.ts'
import { isActive, isReady, readySinceMs } from '../shared/pods.ts'
import { timeOf } from '../shared/timestamps.ts'

const deletionCostKey = 'controller.kubernetes.io/pod-deletion-cost'

/** A pod and what decides how soon it is deleted. */
interface Candidate {
  readonly pod: Pod
  readonly cost: number
  /** Active pods of the same Deployment on its node. */
  readonly neighbours: number
}

/**
 * Which pods a ReplicaSet that has too many deletes: those that are missed least. `related` are the pods of all
 * ReplicaSets of the same owner, these among them.
 */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, nowMs: number): Pod[] {
  if (count >= pods.length) return [...pods]
  const onNode = new Map<string, number>()
  for (const pod of related) {
    if (isActive(pod)) onNode.set(nodeOf(pod), (onNode.get(nodeOf(pod)) ?? 0) + 1)
  }
  return pods
    .map((pod): Candidate => ({ pod, cost: deletionCost(pod), neighbours: onNode.get(nodeOf(pod)) ?? 0 }))
    .sort((one, other) => order(one, other, nowMs))
    .slice(0, count)
    .map(({ pod }) => pod)
}

/** Negative when `one` is to go before `other`. Each line decides only when those before it did not. */
function order(one: Candidate, other: Candidate, nowMs: number): number {
  const [first, second] = [one.pod, other.pod]
  return (
    yesFirst(nodeOf(first) === '', nodeOf(second) === '') ||
    phaseOrder(first) - phaseOrder(second) ||
    yesFirst(!isReady(first), !isReady(second)) ||
    one.cost - other.cost ||
    other.neighbours - one.neighbours ||
    youngerFirst(first, second, readySinceMs(first), readySinceMs(second), nowMs) ||
    restarts(second) - restarts(first) ||
    sidecarRestarts(second) - sidecarRestarts(first) ||
    youngerFirst(
      first,
      second,
      timeOf(first.metadata.creationTimestamp),
      timeOf(second.metadata.creationTimestamp),
      nowMs,
    ) ||
    byUid(first, second)
  )
}

function yesFirst(one: boolean, other: boolean): number {
  return Number(other) - Number(one)
}

/**
 * The younger first, by orders of magnitude: of ages within the same power of two (of nanoseconds) uids decide, so that
 * it is not always the newest node that loses its pods. Without a time counts as youngest.
 */
function youngerFirst(
  first: Pod,
  second: Pod,
  oneMs: number | undefined,
  otherMs: number | undefined,
  nowMs: number,
): number {
  if (oneMs === otherMs) return 0
  if (oneMs === undefined || otherMs === undefined) return oneMs === undefined ? -1 : 1
  return magnitude(nowMs - oneMs) - magnitude(nowMs - otherMs) || byUid(first, second)
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1
}

function byUid({ metadata: one }: Pod, { metadata: other }: Pod): number {
  return (one.uid ?? '') < (other.uid ?? '') ? -1 : 1
}

function phaseOrder({ status }: Pod): number {
  return ['Pending', 'Unknown', 'Running'].indexOf(status?.phase ?? 'Pending')
}

function nodeOf({ spec }: Pod): string {
  return spec.nodeName ?? ''
}

function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[deletionCostKey] ?? ''
  return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount))
}

function sidecarRestarts({ spec, status }: Pod): number {
  const sidecars = new Set(
    spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  )
  const counts = status?.initContainerStatuses ?? []
  return Math.max(0, ...counts.filter(({ name }) => sidecars.has(name)).map(({ restartCount = 0 }) => restartCount))
}
