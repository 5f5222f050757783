import { planRelease } from '../contract/index.ts'
import type { Reflector, ReflectorEvent, WorkQueue } from '../kube/index.ts'
import { isPacing } from './decide.ts'
import { isRolloutYoung } from './decide-target.ts'
import { holderOf, indexes, isReadable, isTarget, type World } from './gather.ts'
import { policyKey, releaseKey } from './keys.ts'
import { type Orphans, releaseDelayMs } from './orphans.ts'
import type { DeploymentFacts, PodFacts, PolicyFacts, ServiceFacts, SliceFacts } from './projections.ts'
import type { Drain } from './termination-observer.ts'

/** Changes that come in swarms (pods, statuses) are gathered for this long before a policy is looked at. */
const settleMs = 200

export interface Reflectors {
  policies: Reflector<PolicyFacts>
  deployments: Reflector<DeploymentFacts>
  pods: Reflector<PodFacts>
  services: Reflector<ServiceFacts>
  slices: Reflector<SliceFacts>
}

/** Which keys a change makes worth looking at. Looking too often is harmless; a reconcile looks at everything anyway. */
export class Triggers {
  readonly #world: World
  readonly #queue: Pick<WorkQueue, 'add' | 'addAfter'>
  readonly #orphans: Pick<Orphans, 'saw'>

  constructor(world: World, queue: Pick<WorkQueue, 'add' | 'addAfter'>, orphans: Pick<Orphans, 'saw'>) {
    this.#world = world
    this.#queue = queue
    this.#orphans = orphans
  }

  /** Subscribes to the watches; returns the way to end that. */
  connect(reflectors: Omit<Reflectors, 'slices'>): () => void {
    const subscriptions = [
      reflectors.policies.onEvent((event) => this.policy(event)),
      reflectors.deployments.onEvent((event) => this.deployment(event)),
      reflectors.pods.onEvent((event) => this.pod(event)),
      reflectors.services.onEvent((event) => this.service(event)),
    ]
    return () => {
      for (const unsubscribe of subscriptions) unsubscribe()
    }
  }

  /** Everything there is: at the start of leadership. */
  all(): void {
    for (const policy of this.#world.policies.list()) this.#queue.add(policyKey(policy))
    for (const deployment of this.#world.deployments.list()) this.#releaseIfOrphaned(deployment)
  }

  policy({ type, object, previous }: ReflectorEvent<PolicyFacts>): void {
    if (type === 'upsert' && previous !== undefined && previous.generation === object.generation) {
      this.#queue.addAfter(policyKey(object), settleMs)
      return
    }
    // A new, changed or deleted policy may change who has a Deployment.
    this.#queue.add(policyKey(object))
    for (const other of this.#policiesIn(object.namespace)) this.#queue.add(policyKey(other))
    for (const deployment of this.#world.deployments.byIndex(indexes.byNamespace, object.namespace)) {
      this.#releaseIfOrphaned(deployment)
    }
  }

  deployment({ type, object, previous }: ReflectorEvent<DeploymentFacts>): void {
    // What waits for a rollout is written before the rollout has started many pods.
    const rolloutBegins = isRolloutYoung(object) && (previous === undefined || !isRolloutYoung(previous))
    const atOnce = rolloutBegins || type === 'delete' || previous?.view.generation !== object.view.generation
    for (const policy of this.#policiesIn(object.view.namespace)) {
      const concerned = isTarget(policy, object) || (previous !== undefined && isTarget(policy, previous))
      if (concerned) this.#queue.addAfter(policyKey(policy), atOnce ? 0 : settleMs)
    }
    if (type === 'delete') this.#orphans.saw(object.view.uid, false)
    else this.#releaseIfOrphaned(object)
  }

  /** Every policy that is for the Deployment counts its pods, also one that does not have it. */
  pod({ object }: ReflectorEvent<PodFacts>): void {
    const deployment = this.#world.deployments.get(object.namespace, object.deployment)
    if (deployment === undefined) return
    for (const policy of this.#policiesIn(object.namespace)) {
      if (isTarget(policy, deployment)) this.#queue.addAfter(policyKey(policy), settleMs)
    }
  }

  /** A drain belongs to the policy that has the Deployment. */
  drain({ namespace, deployment: name }: Drain): void {
    const deployment = this.#world.deployments.get(namespace, name)
    const holder = deployment === undefined ? undefined : holderOf(this.#world, deployment)
    if (holder !== undefined) this.#queue.addAfter(policyKey(holder), settleMs)
  }

  service({ object }: ReflectorEvent<ServiceFacts>): void {
    for (const policy of this.#policiesIn(object.namespace)) this.#queue.addAfter(policyKey(policy), settleMs)
  }

  #releaseIfOrphaned(deployment: DeploymentFacts): void {
    const orphaned = isOrphaned(this.#world, deployment)
    this.#orphans.saw(deployment.view.uid, orphaned)
    if (orphaned) this.#queue.addAfter(releaseKey(deployment.view), releaseDelayMs)
    if (isPaceOrphaned(this.#world, deployment)) this.#queue.add(releaseKey(deployment.view))
  }

  #policiesIn(namespace: string): PolicyFacts[] {
    return this.#world.policies.byIndex(indexes.byNamespace, namespace)
  }
}

/** Whether we own fields of this Deployment. */
function owns(view: DeploymentFacts['view']): boolean {
  return planRelease(view).action === 'Release'
}

/** Whether a Deployment that we own fields of is to be given back: no policy is for it, nor can one that we cannot read be. */
export function isOrphaned(world: World, deployment: DeploymentFacts): boolean {
  const unreadable = world.policies
    .byIndex(indexes.byNamespace, deployment.view.namespace)
    .some((policy) => !isReadable(policy))
  return !unreadable && holderOf(world, deployment) === undefined && owns(deployment.view)
}

/** Whether a Deployment carries a pace of ours that no policy is there for, or that its policy does not ask for any more. */
export function isPaceOrphaned(world: World, deployment: DeploymentFacts): boolean {
  if (deployment.pace.ours.length === 0) return false
  const holder = holderOf(world, deployment)
  return holder === undefined || !isReadable(holder) || !isPacing(holder)
}
