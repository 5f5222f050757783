import type { ObjectRef } from './object.ts'

/** Everything that is needed to talk about a kind of object. */
export interface Resource {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** The built-in resources that the operator touches. */
export const pods = namespaced('', 'v1', 'pods', 'Pod')
export const services = namespaced('', 'v1', 'services', 'Service')
export const namespaces: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
}
export const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false }
export const endpointSlices = namespaced('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice')
export const deployments = namespaced('apps', 'v1', 'deployments', 'Deployment')
export const replicaSets = namespaced('apps', 'v1', 'replicasets', 'ReplicaSet')
export const podDisruptionBudgets = namespaced('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget')
export const leases = namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease')
export const events = namespaced('events.k8s.io', 'v1', 'events', 'Event')

/** `v1`, or `group/version`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** A name for metrics and messages: `pods`, `deployments.apps`. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`
}

/**
 * The path of a collection; of one namespace, or of all of them when `namespace` is absent.
 * @throws TypeError when `namespace` cannot be part of a path.
 */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const scope = namespace === undefined || !resource.namespaced ? '' : `/namespaces/${segment(namespace)}`
  return `${root}${scope}/${resource.plural}`
}

/**
 * The path of one object, or of one of its subresources.
 * @throws TypeError when a namespaced object comes without namespace, or a name cannot be part of a path.
 */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (resource.namespaced && ref.namespace === undefined) {
    throw new TypeError(`${resource.kind} "${ref.name}" needs a namespace`)
  }
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name)}`
  return subresource === undefined ? path : `${path}/${segment(subresource)}`
}

function namespaced(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind, namespaced: true }
}

/** Kubernetes' own rule for path segments (IsValidPathSegmentName): not empty, no dots alone, no slash, no percent. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new TypeError(`"${name}" cannot be a name in a Kubernetes path`)
  }
  return encodeURIComponent(name)
}
