import type { Deployment, ReplicaSet } from '../shared/objects.ts'
import { isSameTemplate } from './template.ts'

/** How many pods are wanted. */
export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec.replicas ?? 1
}

/** How many pods there are. */
export function currentReplicas({ status }: ReplicaSet): number {
  return status?.replicas ?? 0
}

export function sumOf(replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number): number {
  return replicaSets.reduce((sum, replicaSet) => sum + count(replicaSet), 0)
}

/** The oldest first; of the same age by name. */
export function byAge({ metadata: one }: ReplicaSet, { metadata: other }: ReplicaSet): number {
  const [first = '', second = ''] = [one.creationTimestamp, other.creationTimestamp]
  if (first !== second) return first < second ? -1 : 1
  return one.name < other.name ? -1 : 1
}

export interface Generations {
  /** The ReplicaSet of the Deployment's present template: the oldest, should there be several. */
  readonly current: ReplicaSet | undefined
  /** All others, the oldest first. */
  readonly old: readonly ReplicaSet[]
}

/** Tells the ReplicaSet of the present template from those of earlier ones. */
export function generationsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Generations {
  const aged = [...replicaSets].sort(byAge)
  const current = aged.find(({ spec }) => isSameTemplate(spec.template, deployment.spec.template))
  return { current, old: aged.filter((replicaSet) => replicaSet !== current) }
}
