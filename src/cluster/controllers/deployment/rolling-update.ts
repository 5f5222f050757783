import { amountOf } from '../shared/int-or-percent.ts'
import type { Deployment, ReplicaSet } from '../shared/objects.ts'
import { byAge, replicasOf, sumOf } from './replica-sets.ts'

/** One change of a ReplicaSet's size. */
export interface Scaling {
  readonly replicaSet: ReplicaSet
  readonly from: number
  readonly to: number
}

/** How far a rollout may go from the wanted number of pods. */
export interface Fenceposts {
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/** Surge is rounded up, unavailability down; a rollout that could do neither may miss one pod. */
export function fencepostsOf(deployment: Deployment): Fenceposts {
  const { strategy } = deployment.spec
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const replicas = replicasOf(deployment)
  const maxSurge = amountOf(strategy?.rollingUpdate?.maxSurge, replicas, 'up')
  const maxUnavailable = amountOf(strategy?.rollingUpdate?.maxUnavailable, replicas, 'down')
  const atLeast = maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable
  return { maxSurge, maxUnavailable: Math.min(atLeast, replicas) }
}

export function isRolling(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** How large the current ReplicaSet may be now; `all` are the ReplicaSets that there are, with or without it. */
export function newReplicaCount(deployment: Deployment, all: readonly ReplicaSet[], present: number): number {
  const wanted = replicasOf(deployment)
  if (!isRolling(deployment)) return wanted
  const room = wanted + fencepostsOf(deployment).maxSurge - sumOf(all, replicasOf)
  if (room <= 0) return present
  return present + Math.min(room, wanted - present)
}

/** The next step of a rolling update upwards; undefined when there is none to take now. */
export function planScaleUp(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): Scaling | undefined {
  const from = replicasOf(current)
  const wanted = replicasOf(deployment)
  if (from === wanted) return undefined
  const to = from > wanted ? wanted : newReplicaCount(deployment, [...old, current], from)
  return to === from ? undefined : { replicaSet: current, from, to }
}

/**
 * The next steps of a rolling update downwards: first pods that are not available anyway, then available ones as far as
 * enough remain. Pods of the current ReplicaSet that are not available yet hold back as many old ones.
 */
export function planScaleDown(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  const all = [...old, current]
  const minAvailable = replicasOf(deployment) - fencepostsOf(deployment).maxUnavailable
  const currentUnavailable = replicasOf(current) - availableOf(current)
  const removable = sumOf(all, replicasOf) - minAvailable - currentUnavailable
  const oldest = old.filter((replicaSet) => replicasOf(replicaSet) > 0).sort(byAge)
  if (oldest.length === 0 || removable <= 0) return []
  const sizes = new Map(oldest.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]))
  const steps: Scaling[] = []
  const shrink = (replicaSet: ReplicaSet, by: number): void => {
    const from = sizes.get(replicaSet) ?? 0
    sizes.set(replicaSet, from - by)
    steps.push({ replicaSet, from, to: from - by })
  }
  let unhealthyLeft = removable
  for (const replicaSet of oldest) {
    if (unhealthyLeft === 0) break
    const unhealthy = Math.min(unhealthyLeft, replicasOf(replicaSet) - availableOf(replicaSet))
    // One that counts more pods than it is to have has yet to let some go: what is available is not known.
    if (unhealthy < 0) return steps
    if (unhealthy === 0) continue
    shrink(replicaSet, unhealthy)
    unhealthyLeft -= unhealthy
  }
  let spare = sumOf(all, availableOf) - minAvailable
  for (const replicaSet of oldest) {
    const by = Math.min(spare, sizes.get(replicaSet) ?? 0)
    if (by <= 0) continue
    shrink(replicaSet, by)
    spare -= by
  }
  return steps
}

/** Everything old to nothing, for a Deployment that is recreated. */
export function planTearDown(old: readonly ReplicaSet[]): Scaling[] {
  return old
    .filter((replicaSet) => replicasOf(replicaSet) > 0)
    .map((replicaSet) => ({ replicaSet, from: replicasOf(replicaSet), to: 0 }))
}

function availableOf(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0
}
