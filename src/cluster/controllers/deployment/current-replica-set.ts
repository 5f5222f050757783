import { deployments, isKubeError, type LabelSelector } from '../../../kube/index.ts'
import { isNamespaceTerminating, messageOf } from '../shared/controller.ts'
import { setCondition } from '../shared/conditions.ts'
import type { Deployment, ReplicaSet } from '../shared/objects.ts'
import { controllerReference, isControlledBy } from '../shared/ownership.ts'
import type { Generations } from './replica-sets.ts'
import { currentAnnotations, includes, nextRevision, revisionKey, sizeAnnotations } from './revisions.ts'
import { newReplicaCount } from './rolling-update.ts'
import { progressCondition, progressDeadlineSeconds, progressing } from './status.ts'
import { isSameTemplate, replicaSetName, templateHash, templateHashLabel } from './template.ts'
import type { DeploymentWrites } from './writes.ts'

/**
 * Brings the current ReplicaSet into line with its Deployment: revision, copied annotations, minReadySeconds; and the
 * Deployment with it: its revision, and a first Progressing condition.
 * @returns it as it is then.
 */
export async function alignCurrent(
  writes: DeploymentWrites,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  nowMs: number,
): Promise<ReplicaSet> {
  const { deployment } = writes
  const annotations = currentAnnotations(deployment, current.metadata.annotations ?? {}, nextRevision(old))
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  const isAligned =
    includes(current.metadata.annotations, annotations) && (current.spec.minReadySeconds ?? 0) === minReadySeconds
  if (!isAligned) {
    const { minReadySeconds: _, ...spec } = current.spec
    return writes.replaceReplicaSet({
      ...current,
      metadata: { ...current.metadata, annotations: { ...annotations } },
      spec: { ...spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) },
    })
  }
  const { status = {} } = deployment
  const isFirst = progressDeadlineSeconds(deployment) !== undefined && progressing(status) === undefined
  const found = `Found new replica set "${current.metadata.name}"`
  await writes.report(
    isFirst
      ? {
          ...status,
          conditions: setCondition(
            status.conditions ?? [],
            progressCondition(nowMs, 'True', 'FoundNewReplicaSet', found),
          ),
        }
      : status,
    annotations[revisionKey],
  )
  return current
}

/**
 * Makes the ReplicaSet of the Deployment's present template, as large as the rollout allows at once.
 * @throws KubeError when it cannot be made; the Deployment's status says why. After a collision of names status has
 * another collision count, and the next sync takes another name.
 */
export async function createCurrent(
  writes: DeploymentWrites,
  { old }: Generations,
  lookUp: (name: string) => ReplicaSet | undefined,
  nowMs: number,
): Promise<ReplicaSet> {
  const { deployment } = writes
  const wanted = newReplicaSet(deployment, old)
  let created: ReplicaSet
  let isNew = true
  try {
    created = await writes.createReplicaSet(wanted)
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) {
      if (!isNamespaceTerminating(error)) await tellFailure(writes, wanted.metadata.name, error, nowMs)
      throw error
    }
    // Of that name there is one: ours, which the cache did not show yet, or one of another template.
    const present = lookUp(wanted.metadata.name)
    if (present === undefined) throw error
    const isOurs =
      isControlledBy(present, deployment) && isSameTemplate(present.spec.template, deployment.spec.template)
    if (!isOurs) {
      await writes.report({ ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 })
      throw error
    }
    created = present
    isNew = false
  }
  const { status = {} } = deployment
  const tellsProgress = isNew && progressDeadlineSeconds(deployment) !== undefined
  const condition = progressCondition(
    nowMs,
    'True',
    'NewReplicaSetCreated',
    `Created new replica set "${created.metadata.name}"`,
  )
  await writes.report(
    tellsProgress ? { ...status, conditions: setCondition(status.conditions ?? [], condition) } : status,
    wanted.metadata.annotations?.[revisionKey],
  )
  return created
}

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { metadata, spec } = deployment
  const hash = templateHash(spec.template, deployment.status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [templateHashLabel]: hash }
  const annotations = currentAnnotations(deployment, {}, nextRevision(old))
  return {
    metadata: {
      name: replicaSetName(metadata.name, hash),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: { ...annotations, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: newReplicaCount(deployment, old, 0),
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: withHash(spec.selector, hash),
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash } }
}

async function tellFailure(writes: DeploymentWrites, name: string, error: unknown, nowMs: number): Promise<void> {
  const message = `Failed to create new replica set "${name}": ${messageOf(error)}`
  writes.record({ type: 'Warning', reason: 'ReplicaSetCreateError', note: message })
  const { deployment } = writes
  if (progressDeadlineSeconds(deployment) === undefined) return
  const condition = progressCondition(nowMs, 'False', 'ReplicaSetCreateError', message)
  const conditions = setCondition(deployment.status?.conditions ?? [], condition)
  // The error itself is what matters: this one is only told.
  await writes.report({ ...deployment.status, conditions }).catch(() => {})
}
