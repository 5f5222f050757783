import type { Deployment, ReplicaSet } from '../shared/objects.ts'
import { byAge, replicasOf } from './replica-sets.ts'
import { fencepostsOf } from './rolling-update.ts'

type Annotations = Readonly<Record<string, string>>

const prefix = 'deployment.kubernetes.io'
/** Of a ReplicaSet: which rollout it is from. Of a Deployment: which one is current. */
export const revisionKey = `${prefix}/revision`
/** The revisions that a ReplicaSet had before it was rolled back to. */
export const revisionHistoryKey = `${prefix}/revision-history`
/** The Deployment's size when it last sized this ReplicaSet: another size now means that it was scaled. */
export const desiredReplicasKey = `${prefix}/desired-replicas`
/** The most pods that the Deployment could have then, for proportions. */
export const maxReplicasKey = `${prefix}/max-replicas`

/** What is a Deployment's own, and not copied to its ReplicaSets. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionKey,
  revisionHistoryKey,
  desiredReplicasKey,
  maxReplicasKey,
])

const longestHistory = 2000

/** 0 when there is none, or none that can be read. */
export function revisionOf({ metadata }: ReplicaSet): number {
  return wholeNumber(metadata.annotations?.[revisionKey]) ?? 0
}

/** The earliest rollout first. */
export function byRevision(one: ReplicaSet, other: ReplicaSet): number {
  return revisionOf(one) - revisionOf(other) || byAge(one, other)
}

export function nextRevision(old: readonly ReplicaSet[]): number {
  return 1 + old.reduce((highest, replicaSet) => Math.max(highest, revisionOf(replicaSet)), 0)
}

/**
 * The annotations that the current ReplicaSet is to have: the Deployment's, and its revision, which never falls. A
 * ReplicaSet that gets a higher revision was rolled back to: what it had before goes into its history.
 */
export function currentAnnotations(deployment: Deployment, present: Annotations, revision: number): Annotations {
  const annotations: Record<string, string> = { ...present }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value
  }
  const before = present[revisionKey]
  const beforeNumber = before === undefined || before === '' ? 0 : wholeNumber(before)
  if (beforeNumber === undefined || beforeNumber >= revision) return annotations
  annotations[revisionKey] = String(revision)
  if (before !== undefined) annotations[revisionHistoryKey] = historyWith(present[revisionHistoryKey], before)
  return annotations
}

/** The annotations that remember for what size of the Deployment a ReplicaSet was sized. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const replicas = replicasOf(deployment)
  return {
    [desiredReplicasKey]: String(replicas),
    [maxReplicasKey]: String(replicas + fencepostsOf(deployment).maxSurge),
  }
}

export function desiredReplicas({ metadata }: ReplicaSet): number | undefined {
  return wholeNumber(metadata.annotations?.[desiredReplicasKey])
}

export function maxReplicas({ metadata }: ReplicaSet): number | undefined {
  return wholeNumber(metadata.annotations?.[maxReplicasKey])
}

/** Whether the annotations of `present` say the same as those of `wanted`, as far as it has them. */
export function includes(present: Annotations | undefined, wanted: Annotations): boolean {
  return Object.entries(wanted).every(([key, value]) => present?.[key] === value)
}

function historyWith(history: string | undefined, revision: string): string {
  const revisions = history === undefined || history === '' ? [] : history.split(',')
  const next = [...revisions, revision]
  while (next.length > 1 && next.join(',').length > longestHistory) next.shift()
  return next.join(',')
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
