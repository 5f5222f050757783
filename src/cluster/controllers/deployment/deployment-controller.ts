import { deployments, isKubeError, keyOf, type ReflectorEvent, selects, type WorkResult } from '../../../kube/index.ts'
import { claim } from '../shared/claims.ts'
import { setCondition } from '../shared/conditions.ts'
import {
  type Controller,
  type ControllerContext,
  ControllerQueue,
  isNamespaceTerminating,
  refOf,
} from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import { orphansOf } from '../shared/informers.ts'
import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from '../shared/objects.ts'
import { controllerOf } from '../shared/ownership.ts'
import { isTerminal } from '../shared/pods.ts'
import { replicaSets } from '../shared/resources.ts'
import { alignCurrent, createCurrent } from './current-replica-set.ts'
import { planProportions, wasScaled } from './proportions.ts'
import { currentReplicas, type Generations, generationsOf, replicasOf, sumOf } from './replica-sets.ts'
import { byRevision } from './revisions.ts'
import { isRolling, planScaleDown, planScaleUp, planTearDown } from './rolling-update.ts'
import {
  countedStatus,
  isComplete,
  nextProgressCheckMs,
  progressCondition,
  progressDeadlineSeconds,
  progressing,
  rolloutStatus,
} from './status.ts'
import { DeploymentWrites } from './writes.ts'

/** A limit of this many is none. */
const unlimited = 2 ** 31 - 1

/** As long as the first failure of a sync waits. */
const againMs = 5

/** Moves each Deployment's pods from ReplicaSet to ReplicaSet, and tells how far it is. */
export class DeploymentController implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #deployments
  readonly #replicaSets
  readonly #pods

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (key) => this.#sync(key))
    this.#deployments = context.informers.get('deployments')
    this.#replicaSets = context.informers.get('replicaSets')
    this.#pods = context.informers.get('pods')
    this.#deployments.onEvent(({ object }) => this.#queue.add(keyOf(object.metadata)))
    this.#replicaSets.onEvent((event) => this.#replicaSetChanged(event))
    this.#pods.onEvent((event) => this.#podChanged(event))
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #replicaSetChanged({ object, previous }: ReflectorEvent<ReplicaSet>): void {
    const owners = [previous, object].flatMap((each) => (each === undefined ? [] : [this.#ownerOf(each)]))
    for (const owner of owners) if (owner !== undefined) this.#queue.add(keyOf(owner.metadata))
    if (controllerOf(object) !== undefined) return
    for (const deployment of this.#deployments.cache.byIndex('namespace', object.metadata.namespace ?? '')) {
      if (selects(deployment.spec.selector, object.metadata.labels)) this.#queue.add(keyOf(deployment.metadata))
    }
  }

  /** A Deployment that is recreated waits for the last of its pods to be gone. */
  #podChanged({ type, object }: ReflectorEvent<Pod>): void {
    if (type !== 'delete') return
    const reference = controllerOf(object)
    if (reference?.kind !== 'ReplicaSet') return
    const replicaSet = this.#replicaSets.cache.get(object.metadata.namespace, reference.name)
    const owner = replicaSet?.metadata.uid === reference.uid ? this.#ownerOf(replicaSet) : undefined
    if (owner !== undefined && !isRolling(owner)) this.#queue.add(keyOf(owner.metadata))
  }

  #ownerOf(replicaSet: ReplicaSet | undefined): Deployment | undefined {
    if (replicaSet === undefined) return undefined
    const reference = controllerOf(replicaSet)
    if (reference?.kind !== 'Deployment') return undefined
    const owner = this.#deployments.cache.get(replicaSet.metadata.namespace, reference.name)
    return owner?.metadata.uid === reference.uid ? owner : undefined
  }

  async #sync(key: string): Promise<WorkResult | void> {
    const { namespace = '', name } = refOf(key)
    const deployment = this.#deployments.cache.get(namespace, name)
    if (deployment === undefined) return
    try {
      return await this.#syncDeployment(deployment)
    } catch (error) {
      // Nothing can be made in a namespace that goes away, and a Deployment that is gone needs nothing.
      if (!isNamespaceTerminating(error) && !isKubeError(error, 'NotFound')) throw error
    }
  }

  async #syncDeployment(deployment: Deployment): Promise<WorkResult | void> {
    const writes = new DeploymentWrites(this.#context, deployment)
    const generations = generationsOf(deployment, await this.#claimed(deployment))
    if (deployment.metadata.deletionTimestamp !== undefined) {
      const aligned = await this.#aligned(writes, generations)
      return this.#report(writes, countedStatus(writes.deployment, aligned, this.#context.clock.now()))
    }
    await this.#notePause(writes)
    const aligned = await this.#aligned(writes, generations)
    const { current, old } = aligned
    if (deployment.spec.paused === true || wasScaled(deployment, current === undefined ? old : [...old, current])) {
      await writes.scaleAll(planProportions(deployment, current, old))
      if (deployment.spec.paused === true) await this.#forgetHistory(deployment, old)
      return this.#report(writes, countedStatus(writes.deployment, aligned, this.#context.clock.now()))
    }
    return isRolling(deployment) ? this.#roll(writes, aligned) : this.#recreate(writes, aligned)
  }

  async #roll(writes: DeploymentWrites, generations: Generations): Promise<WorkResult | void> {
    const current = generations.current ?? (await this.#create(writes, generations))
    const { old } = generations
    const { deployment } = writes
    const up = planScaleUp(deployment, current, old)
    const scaled = await writes.scaleAll(up === undefined ? planScaleDown(deployment, current, old) : [up])
    if (!scaled && isComplete(deployment, deployment.status)) await this.#forgetHistory(deployment, old)
    return this.#reportRollout(writes, { current, old })
  }

  async #recreate(writes: DeploymentWrites, generations: Generations): Promise<WorkResult | void> {
    const { old } = generations
    const tornDown = await writes.scaleAll(planTearDown(old))
    if (tornDown || this.#hasOldPods(old)) return this.#reportRollout(writes, generations)
    const current = generations.current ?? (await this.#create(writes, generations))
    const { deployment } = writes
    const [from, to] = [replicasOf(current), replicasOf(deployment)]
    if (from !== to) await writes.scale({ replicaSet: current, from, to })
    if (isComplete(deployment, deployment.status)) await this.#forgetHistory(deployment, old)
    return this.#reportRollout(writes, { current, old })
  }

  async #reportRollout(writes: DeploymentWrites, generations: Generations): Promise<WorkResult | void> {
    const nowMs = this.#context.clock.now()
    const status = rolloutStatus(writes.deployment, generations, nowMs)
    const requeueAfterMs = nextProgressCheckMs(writes.deployment, status, nowMs)
    return (await this.#report(writes, status)) ?? (requeueAfterMs === undefined ? undefined : { requeueAfterMs })
  }

  async #aligned(writes: DeploymentWrites, { current, old }: Generations): Promise<Generations> {
    if (current === undefined) return { current, old }
    return { current: await alignCurrent(writes, current, old, this.#context.clock.now()), old }
  }

  #create(writes: DeploymentWrites, generations: Generations): Promise<ReplicaSet> {
    const { namespace } = writes.deployment.metadata
    const lookUp = (name: string): ReplicaSet | undefined => this.#replicaSets.cache.get(namespace, name)
    return createCurrent(writes, generations, lookUp, this.#context.clock.now())
  }

  /** Pausing and resuming say so, so that the time spent paused does not count against the deadline. */
  async #notePause(writes: DeploymentWrites): Promise<void> {
    const { deployment } = writes
    const condition = progressing(deployment.status)
    if (progressDeadlineSeconds(deployment) === undefined || condition?.reason === 'ProgressDeadlineExceeded') return
    const isPaused = deployment.spec.paused === true
    const isNoted = condition?.reason === 'DeploymentPaused'
    if (isPaused === isNoted) return
    const [reason, message] = isPaused
      ? ['DeploymentPaused', 'Deployment is paused']
      : ['DeploymentResumed', 'Deployment is resumed']
    const noted = progressCondition(this.#context.clock.now(), 'Unknown', reason, message)
    await writes.report({
      ...deployment.status,
      conditions: setCondition(deployment.status?.conditions ?? [], noted),
    })
  }

  /**
   * Ends a sync with a status, unless the sync wrote one before: then the next one does, from what there is then. So it is
   * with the real controller, whose second write of a status fails, since it keeps the version that it began with.
   */
  async #report(writes: DeploymentWrites, status: DeploymentStatus): Promise<WorkResult | void> {
    if (!writes.hasReported) return writes.report(status)
    return { requeueAfterMs: againMs }
  }

  #claimed(deployment: Deployment): Promise<ReplicaSet[]> {
    const { cache } = this.#replicaSets
    const { uid = '', namespace = '' } = deployment.metadata
    return claim({
      api: this.#context.api,
      owner: deployment,
      ownerResource: deployments,
      resource: replicaSets,
      candidates: [...cache.byIndex('controller', uid), ...cache.byIndex('controller', orphansOf(namespace))],
    })
  }

  #hasOldPods(old: readonly ReplicaSet[]): boolean {
    if (sumOf(old, currentReplicas) > 0) return true
    return old.some(({ metadata }) =>
      this.#pods.cache.byIndex('controller', metadata.uid ?? '').some((pod) => !isTerminal(pod)),
    )
  }

  /** Deletes the oldest ReplicaSets that have no pods, as far as there are more than are to be kept. */
  async #forgetHistory({ spec }: Deployment, old: readonly ReplicaSet[]): Promise<void> {
    const { revisionHistoryLimit: limit = unlimited } = spec
    if (limit === unlimited) return
    const kept = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(byRevision)
    for (const replicaSet of kept.slice(0, Math.max(0, kept.length - limit))) {
      const { metadata, status } = replicaSet
      const isObserved = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
      if (!isObserved || replicasOf(replicaSet) !== 0 || currentReplicas(replicaSet) !== 0) continue
      await unlessGone(this.#context.api.delete(replicaSets, metadata))
    }
  }
}
