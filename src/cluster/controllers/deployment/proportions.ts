import type { Deployment, ReplicaSet } from '../shared/objects.ts'
import { byAge, replicasOf, sumOf } from './replica-sets.ts'
import { desiredReplicas, maxReplicas } from './revisions.ts'
import { fencepostsOf, isRolling, type Scaling } from './rolling-update.ts'

/** Whether the Deployment has another size than the one its ReplicaSets were sized for. */
export function wasScaled(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets
    .filter((replicaSet) => replicasOf(replicaSet) > 0)
    .some((replicaSet) => (desiredReplicas(replicaSet) ?? replicasOf(deployment)) !== replicasOf(deployment))
}

/**
 * Sizes for a Deployment that was scaled, or is paused. One ReplicaSet with pods, or the newest when none has any, gets
 * everything. In the middle of a rollout each gets its share, so that scaling does not hasten the rollout: sizes that stay
 * are among the result too, since what they were sized for has changed.
 */
export function planProportions(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Scaling[] {
  const wanted = replicasOf(deployment)
  const all = current === undefined ? old : [...old, current]
  const active = all.filter((replicaSet) => replicasOf(replicaSet) > 0)
  if (active.length <= 1) {
    const only = active[0] ?? current ?? old.at(-1)
    if (only === undefined || replicasOf(only) === wanted) return []
    return [{ replicaSet: only, from: replicasOf(only), to: wanted }]
  }
  if (current !== undefined && isSaturated(deployment, current)) {
    return active
      .filter((replicaSet) => replicaSet !== current)
      .map((replicaSet) => ({ replicaSet, from: replicasOf(replicaSet), to: 0 }))
  }
  return isRolling(deployment) ? shares(deployment, active) : []
}

function shares(deployment: Deployment, active: readonly ReplicaSet[]): Scaling[] {
  const wanted = replicasOf(deployment)
  const allowed = wanted > 0 ? wanted + fencepostsOf(deployment).maxSurge : 0
  const toAdd = allowed - sumOf(active, replicasOf)
  // The largest first; of the same size the newer when adding, the older when removing.
  const sized = [...active].sort((one, other) => {
    const larger = replicasOf(other) - replicasOf(one)
    if (larger !== 0 || toAdd === 0) return larger
    return toAdd > 0 ? byAge(other, one) : byAge(one, other)
  })
  let added = 0
  const steps = sized.map((replicaSet) => {
    const from = replicasOf(replicaSet)
    const share = toAdd === 0 ? 0 : limited(fraction(deployment, replicaSet), toAdd - added)
    added += share
    return { replicaSet, from, to: from + share }
  })
  return steps.map((step, index) => (index === 0 ? { ...step, to: Math.max(0, step.to + toAdd - added) } : step))
}

/** Not more than is left to add, or to remove. */
function limited(share: number, left: number): number {
  if (left === 0) return 0
  return left > 0 ? Math.min(share, left) : Math.max(share, left)
}

/** By how much a ReplicaSet changes when the whole Deployment does. */
function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = replicasOf(replicaSet)
  const wanted = replicasOf(deployment)
  if (wanted === 0) return -size
  const before = maxReplicas(replicaSet) || deployment.status?.replicas || 0
  if (before === 0) return 0
  const now = wanted + fencepostsOf(deployment).maxSurge
  return Math.round((size * now) / before) - size
}

function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const wanted = replicasOf(deployment)
  return (
    replicasOf(current) === wanted &&
    desiredReplicas(current) === wanted &&
    (current.status?.availableReplicas ?? 0) === wanted
  )
}
