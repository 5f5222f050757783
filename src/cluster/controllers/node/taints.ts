import type { Node, Pod, Taint } from '../shared/objects.ts'
import { timeOf, timestamp } from '../shared/timestamps.ts'
import { isTolerated } from '../scheduler/fits.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const unschedulable = 'node.kubernetes.io/unschedulable'
const managed = new Set([notReady, unreachable, unschedulable])

/** The taints that a node's state asks for, after those that others gave it; the same array when it has them. */
export function taintsOf(node: Node, nowMs: number): readonly Taint[] {
  const present = node.spec?.taints ?? []
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const wanted: Taint[] = []
  const key = ready === 'Unknown' ? unreachable : ready === 'False' ? notReady : undefined
  if (key !== undefined) wanted.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute' })
  if (node.spec?.unschedulable === true) wanted.push({ key: unschedulable, effect: 'NoSchedule' })
  const kept = present.filter((taint) => !managed.has(taint.key) || wanted.some((each) => isSame(each, taint)))
  const added = wanted
    .filter((taint) => !present.some((each) => isSame(each, taint)))
    .map((taint) => ({ ...taint, timeAdded: timestamp(nowMs) }))
  return added.length === 0 && kept.length === present.length ? present : [...kept, ...added]
}

/**
 * When a pod has to leave a node for its taints: wall time, which may have passed; undefined when it may stay. It leaves
 * as soon as one taint is not tolerated any more.
 */
export function evictionMs(pod: Pod, node: Node, nowMs: number): number | undefined {
  let earliest: number | undefined
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue
    const seconds = (pod.spec.tolerations ?? [])
      .filter((toleration) => isTolerated(taint, toleration))
      .map(({ tolerationSeconds = Infinity }) => Math.max(0, tolerationSeconds))
    const stays = seconds.length === 0 ? 0 : Math.min(...seconds)
    if (stays === Infinity) continue
    const leavesMs = (timeOf(taint.timeAdded) ?? nowMs) + stays * 1000
    earliest = Math.min(earliest ?? Infinity, leavesMs)
  }
  return earliest
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect
}
