import type { Node, Pod, Taint } from '../shared/objects.ts'
import { controllerOf } from '../shared/ownership.ts'
import { obstacle, type Placement, skewWith, tolerates } from './fits.ts'

/** A node, or why there is none. */
export type Choice = { readonly node: string } | { readonly unschedulable: string }

/**
 * The node for a pod: of those it may run on, the one with the fewest taints that ask to stay away, the best spread as
 * its constraints wish, the fewest pods of the same owner, the fewest pods; then by name.
 */
export function chooseNode(pod: Pod, placement: Placement, podsOn: (node: string) => readonly Pod[]): Choice {
  const { nodes } = placement
  if (nodes.length === 0) return { unschedulable: 'no nodes available to schedule pods' }
  const obstacles = new Map<string, number>()
  const fitting: { node: Node; penalty: readonly number[] }[] = []
  for (const node of nodes) {
    const why = obstacle(pod, node, placement)
    if (why === undefined) fitting.push({ node, penalty: penaltyOf(pod, node, placement, podsOn) })
    else obstacles.set(why, (obstacles.get(why) ?? 0) + 1)
  }
  const [best] = fitting.sort(
    (one, other) => compare(one.penalty, other.penalty) || (one.node.metadata.name < other.node.metadata.name ? -1 : 1),
  )
  return best === undefined ? { unschedulable: unfit(nodes.length, obstacles) } : { node: best.node.metadata.name }
}

function penaltyOf(
  pod: Pod,
  node: Node,
  placement: Placement,
  podsOn: (node: string) => readonly Pod[],
): readonly number[] {
  const avoided = (node.spec?.taints ?? []).filter((taint: Taint) => {
    return taint.effect === 'PreferNoSchedule' && !tolerates(pod, taint)
  })
  const wishes = (pod.spec.topologySpreadConstraints ?? []).map((constraint) => {
    const domain = node.metadata.labels?.[constraint.topologyKey]
    return domain === undefined ? Infinity : skewWith(pod, constraint, domain, placement)
  })
  const owner = controllerOf(pod)?.uid
  const present = podsOn(node.metadata.name).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const siblings = present.filter((other) => owner !== undefined && controllerOf(other)?.uid === owner)
  return [avoided.length, wishes.reduce((sum, skew) => sum + skew, 0), siblings.length, present.length]
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, left] of one.entries()) {
    const right = other[index] ?? 0
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

function unfit(total: number, obstacles: ReadonlyMap<string, number>): string {
  const reasons = Array.from(obstacles, ([why, count]) => `${count} ${why}`).sort()
  return `0/${total} nodes are available: ${reasons.join(', ')}. ${noPreemption(total)}`
}

/** Nobody is evicted for anybody here; the real scheduler says it in these words when that would not help. */
function noPreemption(total: number): string {
  return `preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`
}
