import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import { planProportions, wasScaled } from '../../../src/cluster/controllers/deployment/proportions.ts'
import {
  type Generations,
  generationsOf,
  replicasOf,
} from '../../../src/cluster/controllers/deployment/replica-sets.ts'
import {
  byRevision,
  currentAnnotations,
  includes,
  nextRevision,
  sizeAnnotations,
} from '../../../src/cluster/controllers/deployment/revisions.ts'
import {
  newReplicaCount,
  planScaleDown,
  planScaleUp,
  type Scaling,
} from '../../../src/cluster/controllers/deployment/rolling-update.ts'
import {
  countedStatus,
  nextProgressCheckMs,
  progressCondition,
  rolloutStatus,
} from '../../../src/cluster/controllers/deployment/status.ts'
import {
  replicaSetName,
  templateHash,
  templateHashLabel,
} from '../../../src/cluster/controllers/deployment/template.ts'
import { setCondition } from '../../../src/cluster/controllers/shared/conditions.ts'
import type { Deployment, ReplicaSet } from '../../../src/cluster/controllers/shared/objects.ts'
import { controllerOf, controllerReference, isControlledBy } from '../../../src/cluster/controllers/shared/ownership.ts'
import { replicaSets } from '../../../src/cluster/controllers/shared/resources.ts'
import { isSameStatus, omitZeros } from '../../../src/cluster/controllers/shared/status.ts'
import {
  type Clock,
  createKubeApi,
  deployments,
  isKubeError,
  type KubeApi,
  type KubeObject,
  pods,
} from '../../../src/kube/index.ts'
import { namespace } from './manifest.ts'
import { isReady, isTerminating, type RawPod, type RawTemplate, readySinceMs } from './raw.ts'

export interface RolloutsOptions {
  server: ApiServerLike
  clock: Clock
  /** A Deployment wants to be looked at again. */
  again: (name: string, afterMs: number) => void
}

/**
 * Deployments and their ReplicaSets: the decisions are those of `src/cluster`, which are held against Kubernetes itself;
 * informers, queues and statuses of ReplicaSets are left out, so that a step costs a few requests. ReplicaSets and pods
 * whose owner is gone are collected here too. The Deployment itself is written by status only.
 */
export class Rollouts {
  readonly #options: RolloutsOptions
  readonly #api: KubeApi
  #created = 0

  constructor(options: RolloutsOptions) {
    this.#options = options
    this.#api = createKubeApi(options.server.client('kube-controller-manager'))
  }

  /** The template before the present one, as `kubectl rollout undo` takes it. */
  previousTemplate(uid: string): RawTemplate | undefined {
    const before = this.#replicaSetsOf(uid).sort(byRevision).at(-2)
    if (before === undefined) return undefined
    const { metadata, spec } = before.spec.template as RawTemplate
    const { [templateHashLabel]: _, ...labels } = metadata?.labels ?? {}
    return { metadata: { ...metadata, labels }, spec }
  }

  async sync(name: string): Promise<void> {
    const deployment = this.#list<Deployment>(deployments).find(({ metadata }) => metadata.name === name)
    await this.#collect(name, deployment?.metadata.uid)
    if (deployment === undefined) return
    const { isNew, ...generations } = await this.#aligned(deployment)
    await this.#resize(deployment, generations)
    for (const replicaSet of this.#counted(deployment)) await this.#fill(replicaSet)
    await this.#report(deployment, isNew)
    this.#wake(deployment)
  }

  /** The ReplicaSet of the present template is there, unless the Deployment is paused, and has its revision. */
  async #aligned(deployment: Deployment): Promise<Generations & { isNew: boolean }> {
    const { current, old } = generationsOf(deployment, this.#counted(deployment))
    if (current === undefined && deployment.spec.paused === true) return { current, old, isNew: false }
    if (current === undefined) {
      await this.#quietly(this.#api.create(replicaSets, newReplicaSet(deployment, old)))
      return { ...generationsOf(deployment, this.#counted(deployment)), isNew: true }
    }
    const present = current.metadata.annotations ?? {}
    const annotations = currentAnnotations(deployment, present, nextRevision(old))
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0
    if (includes(present, annotations) && (current.spec.minReadySeconds ?? 0) === minReadySeconds)
      return { current, old, isNew: false }
    await this.#patch(current, { metadata: { annotations }, spec: { minReadySeconds } })
    return { ...generationsOf(deployment, this.#counted(deployment)), isNew: false }
  }

  async #resize(deployment: Deployment, { current, old }: Generations): Promise<void> {
    const all = current === undefined ? old : [...old, current]
    if (deployment.spec.paused === true || wasScaled(deployment, all)) {
      for (const step of planProportions(deployment, current, old)) await this.#scale(deployment, step)
      return
    }
    if (current === undefined) return
    const up = planScaleUp(deployment, current, old)
    const steps = up === undefined ? planScaleDown(deployment, current, old) : [up]
    for (const step of steps) await this.#scale(deployment, step)
  }

  async #scale(deployment: Deployment, { replicaSet, from, to }: Scaling): Promise<void> {
    const annotations = sizeAnnotations(deployment)
    if (from === to && includes(replicaSet.metadata.annotations, annotations)) return
    await this.#patch(replicaSet, { metadata: { annotations }, spec: { replicas: to } })
    this.#options.again(deployment.metadata.name, 0)
  }

  /** What the ReplicaSet controller does: as many pods as it is to have, those that are not ready go first. */
  async #fill(replicaSet: ReplicaSet): Promise<void> {
    const present = this.#podsOf(replicaSet)
    const wanted = replicasOf(replicaSet)
    for (let index = present.length; index < wanted; index += 1) await this.#create(replicaSet)
    const spare = [...present.filter((pod) => !isReady(pod)), ...present.filter(isReady).reverse()]
    for (const pod of spare.slice(0, Math.max(0, present.length - wanted))) await this.#delete(pod)
  }

  async #report(deployment: Deployment, isNew: boolean): Promise<void> {
    const { clock } = this.#options
    const { name } = deployment.metadata
    const { status = {}, spec } = deployment
    const noted = (state: 'True' | 'Unknown', reason: string): Deployment => {
      const condition = progressCondition(clock.now(), state, reason, '')
      return { ...deployment, status: { ...status, conditions: setCondition(status.conditions ?? [], condition) } }
    }
    const generations = generationsOf(deployment, this.#counted(deployment))
    const wasPaused = status.conditions?.some(({ reason }) => reason === 'DeploymentPaused') === true
    const next =
      spec.paused === true
        ? countedStatus(noted('Unknown', 'DeploymentPaused'), generations, clock.now())
        : rolloutStatus(
            isNew
              ? noted('True', 'NewReplicaSetCreated')
              : wasPaused
                ? noted('Unknown', 'DeploymentResumed')
                : deployment,
            generations,
            clock.now(),
          )
    if (isSameStatus(status, next)) return
    const gone = Object.fromEntries(Object.keys(status).map((key) => [key, null]))
    await this.#quietly(
      this.#api.mergePatch(
        deployments,
        { namespace, name },
        { status: { ...gone, ...next } },
        { subresource: 'status' },
      ),
    )
  }

  /** Time alone makes pods available, and rollouts late. */
  #wake(before: Deployment): void {
    const { clock, again } = this.#options
    const { name, uid } = before.metadata
    const deployment = this.#list<Deployment>(deployments).find(({ metadata }) => metadata.uid === uid)
    if (deployment?.status === undefined) return
    const minReadyMs = (deployment.spec.minReadySeconds ?? 0) * 1000
    const dueMs = this.#replicaSetsOf(uid ?? '')
      .flatMap((replicaSet) => this.#podsOf(replicaSet))
      .flatMap((pod) => readySinceMs(pod) ?? [])
      .map((sinceMs) => sinceMs + minReadyMs - clock.now())
      .filter((leftMs) => minReadyMs > 0 && leftMs > 0)
    const lateMs =
      deployment.spec.paused === true ? undefined : nextProgressCheckMs(deployment, deployment.status, clock.now())
    const nextMs = Math.min(...dueMs, lateMs ?? Infinity)
    if (nextMs !== Infinity) again(name, nextMs)
  }

  async #collect(app: string, uid: string | undefined): Promise<void> {
    const lost = this.#list<ReplicaSet>(replicaSets).filter(
      ({ metadata }) => metadata.labels?.['app'] === app && controllerOf({ metadata })?.uid !== uid,
    )
    for (const { metadata } of lost) {
      await this.#quietly(this.#api.delete(replicaSets, { namespace, name: metadata.name }))
    }
    const owners = new Set(this.#replicaSetsOf(uid ?? '').map(({ metadata }) => metadata.uid))
    const orphans = this.#list<RawPod>(pods).filter(
      (pod) => pod.metadata.labels?.['app'] === app && !owners.has(controllerOf(pod)?.uid),
    )
    for (const pod of orphans) await this.#delete(pod)
  }

  /** The Deployment's ReplicaSets as they are now, with what their pods come to. */
  #counted({ metadata: { uid = '' }, spec }: Deployment): ReplicaSet[] {
    const nowMs = this.#options.clock.now()
    const minReadyMs = (spec.minReadySeconds ?? 0) * 1000
    return this.#replicaSetsOf(uid).map((replicaSet) => {
      const own = this.#podsOf(replicaSet)
      const ready = own.filter(isReady)
      const available = ready.filter((pod) => (readySinceMs(pod) ?? nowMs) + minReadyMs <= nowMs)
      const status = omitZeros({
        observedGeneration: replicaSet.metadata.generation ?? 1,
        replicas: own.length,
        readyReplicas: ready.length,
        availableReplicas: available.length,
      })
      return { ...replicaSet, status }
    })
  }

  #replicaSetsOf(uid: string): ReplicaSet[] {
    return this.#list<ReplicaSet>(replicaSets).filter(({ metadata }) => controllerOf({ metadata })?.uid === uid)
  }

  #podsOf(replicaSet: ReplicaSet): RawPod[] {
    return this.#list<RawPod>(pods).filter((pod) => isControlledBy(pod, replicaSet) && !isTerminating(pod))
  }

  #list<T extends KubeObject>(resource: Parameters<ApiServerLike['objects']>[0]): T[] {
    return [...this.#options.server.objects(resource, namespace)] as T[]
  }

  async #create(replicaSet: ReplicaSet): Promise<void> {
    this.#created += 1
    const { metadata, spec } = replicaSet.spec.template as RawTemplate
    await this.#quietly(
      this.#api.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...metadata,
          namespace,
          name: `${replicaSet.metadata.name}-${this.#created}`,
          ownerReferences: [controllerReference(replicaSets, replicaSet)],
        },
        spec: { ...spec, nodeName: 'node-1' },
      } as KubeObject),
    )
  }

  async #delete(pod: RawPod): Promise<void> {
    if (isTerminating(pod)) return
    const { name, uid = '' } = pod.metadata
    await this.#quietly(this.#api.delete(pods, { namespace, name }, { uid }))
  }

  async #patch({ metadata: { name } }: ReplicaSet, patch: object): Promise<void> {
    await this.#quietly(this.#api.mergePatch(replicaSets, { namespace, name }, patch))
  }

  /** What was changed or deleted meanwhile is looked at again anyway. */
  async #quietly(call: Promise<unknown>): Promise<void> {
    try {
      await call
    } catch (error) {
      if (!isKubeError(error, 'NotFound', 'Conflict')) throw error
    }
  }
}

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { metadata, spec } = deployment
  const hash = templateHash(spec.template)
  const labels = { ...spec.template.metadata?.labels, [templateHashLabel]: hash }
  const annotations = currentAnnotations(deployment, {}, nextRevision(old))
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(metadata.name, hash),
      namespace,
      labels,
      annotations: { ...annotations, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: newReplicaCount(deployment, old, 0),
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [templateHashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}
