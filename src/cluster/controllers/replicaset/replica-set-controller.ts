import { isKubeError, keyOf, pods, type ReflectorEvent, selects, type WorkResult } from '../../../kube/index.ts'
import { claim } from '../shared/claims.ts'
import {
  type Controller,
  type ControllerContext,
  ControllerQueue,
  isNamespaceTerminating,
  messageOf,
  refOf,
} from '../shared/controller.ts'
import { orphansOf } from '../shared/informers.ts'
import type { Pod, ReplicaSet } from '../shared/objects.ts'
import { controllerOf, isControlledBy } from '../shared/ownership.ts'
import { isActive, isTerminating } from '../shared/pods.ts'
import { replicaSets } from '../shared/resources.ts'
import { isSameStatus } from '../shared/status.ts'
import { podsToDelete } from './deletion-order.ts'
import { Expectations, expectationsTimeoutMs } from './expectations.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { slowStart } from './slow-start.ts'
import { nextAvailabilityMs, replicaSetStatus } from './status.ts'

/** Pods made or deleted in one sync; the rest follows in the next. */
const burst = 500

/** Keeps as many pods as each ReplicaSet wants, and counts them. */
export class ReplicaSetController implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #expectations: Expectations
  readonly #replicaSets
  readonly #pods

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (key) => this.#sync(key))
    this.#expectations = new Expectations(context.clock)
    this.#replicaSets = context.informers.get('replicaSets')
    this.#pods = context.informers.get('pods')
    this.#replicaSets.onEvent(({ type, object }) => {
      const key = keyOf(object.metadata)
      // Of another ReplicaSet of the same name nothing is expected yet.
      if (type === 'delete') this.#expectations.forget(key)
      this.#queue.add(key)
    })
    this.#pods.onEvent((event) => this.#podChanged(event))
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #podChanged({ type, object, previous }: ReflectorEvent<Pod>): void {
    const isGoing = type === 'delete' || object.metadata.deletionTimestamp !== undefined
    const key = this.#ownerKey(object)
    if (key !== undefined && isGoing) this.#expectations.deleted(key, object.metadata.uid ?? '')
    if (key !== undefined && previous === undefined) this.#expectations.created(key)
    for (const concerned of [key, previous === undefined ? undefined : this.#ownerKey(previous)]) {
      if (concerned !== undefined) this.#queue.add(concerned)
    }
    if (isGoing || controllerOf(object) !== undefined) return
    for (const replicaSet of this.#replicaSets.cache.byIndex('namespace', object.metadata.namespace ?? '')) {
      if (selects(replicaSet.spec.selector, object.metadata.labels)) this.#queue.add(keyOf(replicaSet.metadata))
    }
  }

  #ownerKey(pod: Pod): string | undefined {
    const reference = controllerOf(pod)
    if (reference?.kind !== 'ReplicaSet') return undefined
    const owner = this.#replicaSets.cache.get(pod.metadata.namespace, reference.name)
    return owner?.metadata.uid === reference.uid ? keyOf(owner.metadata) : undefined
  }

  async #sync(key: string): Promise<WorkResult | void> {
    const { namespace = '', name } = refOf(key)
    const replicaSet = this.#replicaSets.cache.get(namespace, name)
    if (replicaSet === undefined) return
    const areMet = this.#expectations.areMet(key)
    const mayScale = areMet && replicaSet.metadata.deletionTimestamp === undefined
    const { cache } = this.#pods
    const owned = cache.byIndex('controller', replicaSet.metadata.uid ?? '')
    const active = await claim({
      api: this.#context.api,
      owner: replicaSet,
      ownerResource: replicaSets,
      resource: pods,
      candidates: [...owned, ...cache.byIndex('controller', orphansOf(namespace))].filter(isActive),
    })
    const terminating = owned.filter(
      (pod) => isTerminating(pod) && selects(replicaSet.spec.selector, pod.metadata.labels),
    )
    const failure = mayScale ? await this.#scale(key, replicaSet, active) : undefined
    const nowMs = this.#context.clock.now()
    const why = failure === undefined ? undefined : messageOf(failure)
    await this.#report(replicaSet, replicaSetStatus(replicaSet, { active, terminating }, why, nowMs))
    if (failure !== undefined) throw failure
    const requeueAfterMs = nextAvailabilityMs(replicaSet, active, nowMs) ?? (areMet ? undefined : expectationsTimeoutMs)
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs }
  }

  /** Makes the pods that are missing, or deletes those that are too many. @returns why not all of them. */
  async #scale(key: string, replicaSet: ReplicaSet, active: readonly Pod[]): Promise<unknown> {
    const missing = (replicaSet.spec.replicas ?? 1) - active.length
    if (missing > 0) return this.#create(key, replicaSet, Math.min(missing, burst))
    if (missing < 0) return this.#delete(key, replicaSet, active, Math.min(-missing, burst))
    return undefined
  }

  async #create(key: string, replicaSet: ReplicaSet, count: number): Promise<unknown> {
    const { api, record } = this.#context
    this.#expectations.expectCreations(key, count)
    const { succeeded, failure } = await slowStart(count, async () => {
      try {
        const pod = await api.create(pods, podFromTemplate(replicaSet))
        record(replicaSets, replicaSet, {
          type: 'Normal',
          reason: 'SuccessfulCreate',
          note: `Created pod: ${pod.metadata.name}`,
        })
      } catch (error) {
        // None can be made in a namespace that is going away: nothing is to be done or told.
        if (isNamespaceTerminating(error)) return
        record(replicaSets, replicaSet, {
          type: 'Warning',
          reason: 'FailedCreate',
          note: `Error creating: ${messageOf(error)}`,
        })
        throw error
      }
    })
    for (let skipped = succeeded; skipped < count; skipped++) this.#expectations.created(key)
    return failure
  }

  async #delete(key: string, replicaSet: ReplicaSet, active: readonly Pod[], count: number): Promise<unknown> {
    const { api, clock, record } = this.#context
    const going = podsToDelete(active, this.#relatedPods(replicaSet), count, clock.now())
    this.#expectations.expectDeletions(
      key,
      going.map(({ metadata }) => metadata.uid ?? ''),
    )
    const outcomes = await Promise.allSettled(
      going.map(async ({ metadata }) => {
        try {
          await api.delete(pods, metadata)
        } catch (error) {
          this.#expectations.deleted(key, metadata.uid ?? '')
          if (isKubeError(error, 'NotFound')) return
          record(replicaSets, replicaSet, {
            type: 'Warning',
            reason: 'FailedDelete',
            note: `Error deleting: ${messageOf(error)}`,
          })
          throw error
        }
        record(replicaSets, replicaSet, {
          type: 'Normal',
          reason: 'SuccessfulDelete',
          note: `Deleted pod: ${metadata.name}`,
        })
      }),
    )
    return outcomes.find((outcome) => outcome.status === 'rejected')?.reason
  }

  /** The pods of all ReplicaSets of the same owner. */
  #relatedPods(replicaSet: ReplicaSet): Pod[] {
    const owner = controllerOf(replicaSet)
    if (owner === undefined) return this.#pods.cache.byIndex('controller', replicaSet.metadata.uid ?? '')
    const siblings = this.#replicaSets.cache.byIndex('controller', owner.uid)
    return siblings.flatMap((sibling) =>
      this.#pods.cache.byIndex('controller', sibling.metadata.uid ?? '').filter((pod) => isControlledBy(pod, sibling)),
    )
  }

  /** Writes the status over this version, or, should that be old, over the present one. */
  async #report(replicaSet: ReplicaSet, status: ReplicaSet['status']): Promise<void> {
    if (status === undefined || isSameStatus(replicaSet.status, status)) return
    const { api } = this.#context
    const options = { subresource: 'status' }
    try {
      await api.replace(replicaSets, { ...replicaSet, status }, options)
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      if (!isKubeError(error, 'Conflict')) throw error
      const present = await api.get<ReplicaSet>(replicaSets, replicaSet.metadata)
      if (present.metadata.uid === replicaSet.metadata.uid) {
        await api.replace(replicaSets, { ...present, status }, options)
      }
    }
  }
}
