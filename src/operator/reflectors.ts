import {
  type Clock,
  createReflector,
  deployments,
  endpointSlices,
  type KubeObject,
  pods,
  type Random,
  type Resource,
  type Reflector,
  services,
  type Transport,
} from '../kube/index.ts'
import { indexes } from './gather.ts'
import { projectDeploymentFacts, projectPod, projectPolicy, projectService, projectSlice } from './projections.ts'
import { drainPolicies } from './resources.ts'
import type { Reflectors } from './triggers.ts'

export interface ReflectorsOptions {
  transport: Transport
  clock: Clock
  random?: Random
  /** Absent: all namespaces. */
  namespace?: string
  onError: (resource: string, error: unknown) => void
}

/** The five watches. Each keeps only what its projection takes. */
export function createReflectors(options: ReflectorsOptions): Reflectors {
  const { onError, ...rest } = options
  const reflect = <T>(
    resource: Resource,
    project: (raw: KubeObject) => T | undefined,
    index: Readonly<Record<string, (object: T) => readonly string[]>> = {},
  ): Reflector<T> =>
    createReflector<T>({
      ...rest,
      resource,
      project,
      indexes: index,
      onError: (error) => onError(resource.plural, error),
    })
  const byNamespace = { [indexes.byNamespace]: ({ namespace }: { namespace: string }) => [namespace] }
  return {
    policies: reflect(drainPolicies, projectPolicy, byNamespace),
    deployments: reflect(deployments, projectDeploymentFacts, {
      [indexes.byNamespace]: ({ view }) => [view.namespace],
    }),
    pods: reflect(pods, projectPod, {
      [indexes.byDeployment]: ({ namespace, deployment }) => [`${namespace}/${deployment}`],
    }),
    services: reflect(services, projectService, byNamespace),
    slices: reflect(endpointSlices, projectSlice),
  }
}
