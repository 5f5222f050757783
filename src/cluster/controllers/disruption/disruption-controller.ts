import { keyOf, selects, type WorkResult } from '../../../kube/index.ts'
import { type Controller, type ControllerContext, ControllerQueue, refOf } from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import type { DisruptionBudget, Pod } from '../shared/objects.ts'
import { controllerOf } from '../shared/ownership.ts'
import { disruptionBudgets } from '../shared/resources.ts'
import { isSameStatus } from '../shared/status.ts'
import { budgetStatus } from './budget.ts'

/** Tells of each disruption budget how many pods may be evicted now. */
export class DisruptionController implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #budgets
  readonly #pods
  readonly #replicaSets
  readonly #deployments

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (key) => this.#sync(key), { concurrency: 1 })
    this.#budgets = context.informers.get('disruptionBudgets')
    this.#pods = context.informers.get('pods')
    this.#replicaSets = context.informers.get('replicaSets')
    this.#deployments = context.informers.get('deployments')
    this.#budgets.onEvent(({ object }) => this.#queue.add(keyOf(object.metadata)))
    this.#pods.onEvent(({ object }) => this.#changed(object.metadata.namespace, object.metadata.labels))
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #changed(namespace = '', labels: Readonly<Record<string, string>> | undefined): void {
    for (const { metadata, spec } of this.#budgets.cache.byIndex('namespace', namespace)) {
      if (selects(spec.selector, labels)) this.#queue.add(keyOf(metadata))
    }
  }

  async #sync(key: string): Promise<WorkResult | void> {
    const { namespace = '', name } = refOf(key)
    const budget = this.#budgets.cache.get(namespace, name)
    if (budget === undefined) return
    const pods = this.#pods.cache
      .byIndex('namespace', namespace)
      .filter(({ metadata }) => selects(budget.spec.selector, metadata.labels))
    if (pods.length === 0) {
      this.#context.record(disruptionBudgets, budget, {
        type: 'Normal',
        reason: 'NoPods',
        note: 'No matching pods found',
      })
    }
    const facts = { budget, pods, scale: this.#scaleOf(pods) }
    const { status, recheckMs } = budgetStatus(facts, this.#context.clock.now())
    if (!isSameStatus(budget.status, status)) await this.#report({ ...budget, status })
    return recheckMs === undefined ? undefined : { requeueAfterMs: recheckMs }
  }

  async #report(budget: DisruptionBudget): Promise<void> {
    await unlessGone(this.#context.api.replace(disruptionBudgets, budget, { subresource: 'status' }))
  }

  /** How many pods the controllers of these pods want: of Deployments, or of ReplicaSets that nobody manages. */
  #scaleOf(pods: readonly Pod[]): number {
    const scales = new Map<string, number>()
    for (const pod of pods) {
      const reference = controllerOf(pod)
      if (reference?.kind !== 'ReplicaSet') continue
      const replicaSet = this.#replicaSets.cache.get(pod.metadata.namespace, reference.name)
      if (replicaSet?.metadata.uid !== reference.uid) continue
      const above = controllerOf(replicaSet)
      const deployment =
        above?.kind === 'Deployment' ? this.#deployments.cache.get(pod.metadata.namespace, above.name) : undefined
      const scaled = deployment !== undefined && deployment.metadata.uid === above?.uid ? deployment : replicaSet
      scales.set(scaled.metadata.uid ?? '', scaled.spec.replicas ?? 1)
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
  }
}
