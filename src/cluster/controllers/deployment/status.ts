import { setCondition } from '../shared/conditions.ts'
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from '../shared/objects.ts'
import { omitZeros } from '../shared/status.ts'
import { timeOf, timestamp } from '../shared/timestamps.ts'
import { currentReplicas, type Generations, replicasOf, sumOf } from './replica-sets.ts'
import { fencepostsOf } from './rolling-update.ts'

/** A deadline of this many seconds is none. */
const noDeadline = 2 ** 31 - 1

/** How long a rollout may go without progress; undefined when for ever. */
export function progressDeadlineSeconds({ spec }: Deployment): number | undefined {
  const { progressDeadlineSeconds: seconds } = spec
  return seconds === noDeadline ? undefined : seconds
}

export function progressing(status: DeploymentStatus | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing')
}

/** A condition of type Progressing; it begins now. */
export function progressCondition(
  nowMs: number,
  status: Condition['status'],
  reason: string,
  message: string,
): Condition {
  const now = timestamp(nowMs)
  return { type: 'Progressing', status, lastUpdateTime: now, lastTransitionTime: now, reason, message }
}

/** The counts of a Deployment's ReplicaSets, and whether enough pods are available; other conditions stay. */
export function countedStatus(deployment: Deployment, { current, old }: Generations, nowMs: number): DeploymentStatus {
  const all = current === undefined ? old : [...old, current]
  const available = sumOf(all, ({ status }) => status?.availableReplicas ?? 0)
  const { collisionCount, conditions = [] } = deployment.status ?? {}
  const terminating = terminatingOf(all)
  const enough = available >= replicasOf(deployment) - fencepostsOf(deployment).maxUnavailable
  const now = timestamp(nowMs)
  return omitZeros({
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, currentReplicas),
    updatedReplicas: current === undefined ? 0 : currentReplicas(current),
    readyReplicas: sumOf(all, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(conditions, {
      type: 'Available',
      status: enough ? 'True' : 'False',
      lastUpdateTime: now,
      lastTransitionTime: now,
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
  })
}

/** The counted status of a rollout, with what is known of its progress and of pods that cannot be made. */
export function rolloutStatus(deployment: Deployment, generations: Generations, nowMs: number): DeploymentStatus {
  const status = countedStatus(deployment, generations, nowMs)
  let conditions = withProgress(deployment, status, generations.current, nowMs)
  const failure = replicaFailure(generations)
  conditions = conditions.filter(({ type }) => failure !== undefined || type !== 'ReplicaFailure')
  if (failure !== undefined) conditions = setCondition(conditions, failure)
  return { ...status, conditions }
}

/** All replicas are of the present template and available, and no other pod is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = replicasOf(deployment)
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

/** When to look whether the rollout has run out of time; undefined when there is nothing to look for. */
export function nextProgressCheckMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const seconds = progressDeadlineSeconds(deployment)
  const condition = progressing(deployment.status)
  if (seconds === undefined || condition === undefined || condition.reason === 'ProgressDeadlineExceeded') {
    return undefined
  }
  if (isComplete(deployment, status)) return undefined
  const leftMs = (timeOf(condition.lastUpdateTime) ?? nowMs) + seconds * 1000 - nowMs
  // A second later, since times have whole seconds.
  return Math.max(0, leftMs) + 1000
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
  nowMs: number,
): readonly Condition[] {
  const conditions = status.conditions ?? []
  const others = conditions.filter(({ type }) => type !== 'Progressing')
  const seconds = progressDeadlineSeconds(deployment)
  if (seconds === undefined) return others
  const present = progressing(deployment.status)
  const isDone =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && present?.reason === 'NewReplicaSetAvailable'
  if (isDone) return conditions
  const what =
    current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`
    return setCondition(conditions, progressCondition(nowMs, 'True', 'NewReplicaSetAvailable', message))
  }
  if (madeProgress(deployment.status, status)) {
    // Each step forward starts the deadline anew, whether or not the reason changes.
    const made = progressCondition(nowMs, 'True', 'ReplicaSetUpdated', `${what} is progressing.`)
    const { lastTransitionTime } = present?.status === 'True' ? present : made
    return [...others, { ...made, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }]
  }
  if (hasTimedOut(present, seconds, nowMs)) {
    const message = `${what} has timed out progressing.`
    return setCondition(conditions, progressCondition(nowMs, 'False', 'ProgressDeadlineExceeded', message))
  }
  return conditions
}

function madeProgress(before: DeploymentStatus | undefined, now: DeploymentStatus): boolean {
  const oldOnes = (status: DeploymentStatus | undefined): number =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (now.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    oldOnes(now) < oldOnes(before) ||
    (now.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

function hasTimedOut(present: Condition | undefined, seconds: number, nowMs: number): boolean {
  if (present === undefined || present.reason === 'NewReplicaSetAvailable') return false
  if (present.reason === 'ProgressDeadlineExceeded') return true
  return (timeOf(present.lastUpdateTime) ?? nowMs) + seconds * 1000 < nowMs
}

/** Unknown while a ReplicaSet that was looked at does not tell its own. */
function terminatingOf(all: readonly ReplicaSet[]): number | undefined {
  let sum = 0
  for (const { status } of all) {
    if (status?.terminatingReplicas === undefined && (status?.observedGeneration ?? 0) > 0) return undefined
    sum += status?.terminatingReplicas ?? 0
  }
  return sum
}

/** Why pods cannot be made: of the current ReplicaSet, or else of any. */
function replicaFailure({ current, old }: Generations): Condition | undefined {
  for (const replicaSet of current === undefined ? old : [current, ...old]) {
    const found = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (found === undefined) continue
    const { type, status, reason, message, lastTransitionTime } = found
    const times = lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime, lastTransitionTime }
    return {
      type,
      status,
      ...times,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    }
  }
  return undefined
}
