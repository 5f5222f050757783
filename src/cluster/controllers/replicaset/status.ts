import { hasLabels } from '../../../kube/index.ts'
import { setCondition } from '../shared/conditions.ts'
import type { Condition, Pod, ReplicaSet, ReplicaSetStatus } from '../shared/objects.ts'
import { availableInMs, isAvailable, isReady } from '../shared/pods.ts'
import { omitZeros } from '../shared/status.ts'
import { timestamp } from '../shared/timestamps.ts'

/** The pods that a ReplicaSet manages. */
export interface ReplicaSetPods {
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
}

/** A ReplicaSet writes its count of replicas also when there are none. */
const always = new Set(['replicas'])

/** What a ReplicaSet's status is to be; `failure` is why pods could not be made or deleted. */
export function replicaSetStatus(
  replicaSet: ReplicaSet,
  { active, terminating }: ReplicaSetPods,
  failure: string | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const { metadata, spec, status } = replicaSet
  const labels = spec.template.metadata?.labels ?? {}
  const { minReadySeconds = 0, replicas = 1 } = spec
  return omitZeros(
    {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => hasLabels(labels, pod.metadata.labels)).length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: active.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
      terminatingReplicas: terminating.length,
      observedGeneration: metadata.generation ?? 0,
      conditions: conditionsOf(status, active.length < replicas, failure, nowMs),
    },
    always,
  )
}

/** How long until the next ready pod becomes available; undefined when none will by time alone. */
export function nextAvailabilityMs({ spec }: ReplicaSet, active: readonly Pod[], nowMs: number): number | undefined {
  const { minReadySeconds = 0 } = spec
  if (minReadySeconds === 0) return undefined
  const waits = active
    .filter((pod) => isReady(pod) && !isAvailable(pod, minReadySeconds, nowMs))
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs) ?? minReadySeconds * 1000)
  return waits.length === 0 ? undefined : Math.min(...waits)
}

function conditionsOf(
  status: ReplicaSetStatus | undefined,
  lacks: boolean,
  failure: string | undefined,
  nowMs: number,
): readonly Condition[] {
  const present = status?.conditions ?? []
  if (failure === undefined) return present.filter(({ type }) => type !== 'ReplicaFailure')
  if (present.some(({ type }) => type === 'ReplicaFailure')) return present
  return setCondition(present, {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: timestamp(nowMs),
    reason: lacks ? 'FailedCreate' : 'FailedDelete',
    message: failure,
  })
}
