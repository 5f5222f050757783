import type { Cache } from '../kube/index.ts'
import { type Measurement, type Measurements, measurementOf } from './measurement.ts'
import type { OwnWrites } from './own-writes.ts'
import {
  type DeploymentFacts,
  type PodFacts,
  type PolicyFacts,
  selectsByEquality,
  type ServiceFacts,
} from './projections.ts'

/** The watched world. */
export interface World {
  policies: Cache<PolicyFacts>
  deployments: Cache<DeploymentFacts>
  pods: Cache<PodFacts>
  services: Cache<ServiceFacts>
  writtenPolicies: OwnWrites<PolicyFacts>
  writtenDeployments: OwnWrites<DeploymentFacts>
}

/** The indexes that the caches need. */
export const indexes = {
  byNamespace: 'namespace',
  byDeployment: 'deployment',
} as const

/** Everything that one Deployment of a policy is decided on. */
export interface TargetFacts {
  deployment: DeploymentFacts
  pods: readonly PodFacts[]
  /** The Services that route to the pods: those that the policy names, else all whose selector matches. */
  services: readonly ServiceFacts[]
  /** Named in the policy, but not there. */
  missingServices: readonly string[]
  /** Named in the policy, but selecting other pods. */
  mismatchedServices: readonly string[]
  /** The policy that is for this Deployment already, if that is another one. */
  rival?: string
  measurement: Measurement
}

/** Everything that a policy is decided on: plain data, as of one moment. */
export interface Facts {
  policy: PolicyFacts
  targets: readonly TargetFacts[]
}

export type ReadablePolicy = Extract<PolicyFacts, { unreadable?: never }>

export function isReadable(policy: PolicyFacts): policy is ReadablePolicy {
  return policy.unreadable === undefined
}

/** Looks at everything that one policy depends on. Undefined when the policy is gone. */
export function gather(world: World, measurements: Measurements, namespace: string, name: string): Facts | undefined {
  const key = `${namespace}/${name}`
  const policy = world.writtenPolicies.newest(key, world.policies.get(namespace, name))
  if (policy === undefined) return undefined
  if (!isReadable(policy)) return { policy, targets: [] }
  const targets = world.deployments
    .byIndex(indexes.byNamespace, namespace)
    .filter((deployment) => isTarget(policy, deployment))
    .map((deployment) => gatherTarget(world, measurements, policy, deployment))
    .sort((left, right) => (left.deployment.view.name < right.deployment.view.name ? -1 : 1))
  return { policy, targets }
}

/** Whether a policy is for a Deployment. */
export function isTarget(policy: PolicyFacts, deployment: DeploymentFacts): boolean {
  if (!isReadable(policy) || policy.namespace !== deployment.view.namespace) return false
  const { targetRef, selector } = policy.spec
  if (targetRef !== undefined) return targetRef.name === deployment.view.name
  return selector !== undefined && selectsByEquality(selector.matchLabels, deployment.labels)
}

/** Of the policies that are for a Deployment, the one that has it: the oldest, then the first by name. */
export function holderOf(world: World, deployment: DeploymentFacts): PolicyFacts | undefined {
  return world.policies
    .byIndex(indexes.byNamespace, deployment.view.namespace)
    .filter((policy) => isTarget(policy, deployment))
    .sort((left, right) => (ageKey(left) < ageKey(right) ? -1 : 1))[0]
}

function ageKey({ creationTimestamp, name }: PolicyFacts): string {
  return `${creationTimestamp} ${name}`
}

function gatherTarget(
  world: World,
  measurements: Measurements,
  policy: ReadablePolicy,
  cached: DeploymentFacts,
): TargetFacts {
  const { namespace, name } = cached.view
  const deployment = world.writtenDeployments.newest(`${namespace}/${name}`, cached) ?? cached
  const all = world.services.byIndex(indexes.byNamespace, namespace)
  const matching = all.filter((service) => selectsByEquality(service.selector, deployment.podLabels))
  const named = policy.spec.services
  const services = named === undefined ? matching : matching.filter((service) => named.includes(service.name))
  const unmatched = (named ?? []).filter((wanted) => !services.some((service) => service.name === wanted))
  const exists = (wanted: string): boolean => all.some((service) => service.name === wanted)
  const holder = holderOf(world, cached)
  const rival = holder === undefined || holder.uid === policy.uid ? undefined : holder.name
  const status = policy.status.targets?.find((target) => target.name === name)
  return {
    deployment,
    pods: world.pods.byIndex(indexes.byDeployment, `${namespace}/${name}`),
    services: [...services].sort((left, right) => (left.name < right.name ? -1 : 1)),
    missingServices: unmatched.filter((wanted) => !exists(wanted)),
    mismatchedServices: unmatched.filter(exists),
    ...(rival === undefined ? {} : { rival }),
    // Drains belong to the policy that has the Deployment; another one only shows what it knew.
    measurement:
      rival === undefined
        ? measurements.settle(policy, name, status, policy.spec.propagation.window)
        : measurementOf(status),
  }
}
