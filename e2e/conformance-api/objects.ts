import type { Resource } from '../../src/kube/index.ts'
import { type Fields, merged } from './data.ts'

function resource(group: string, plural: string, kind: string, namespaced = true, version = 'v1'): Resource {
  return { group, version, plural, kind, namespaced }
}

/** The resources that cases ask about and that the room `kube` has no name for. */
export const configMaps = resource('', 'configmaps', 'ConfigMap')
export const secrets = resource('', 'secrets', 'Secret')
export const serviceAccounts = resource('', 'serviceaccounts', 'ServiceAccount')
export const coreEvents = resource('', 'events', 'Event')
export const replicaSets = resource('apps', 'replicasets', 'ReplicaSet')
export const budgets = resource('policy', 'poddisruptionbudgets', 'PodDisruptionBudget')
export const roles = resource('rbac.authorization.k8s.io', 'roles', 'Role')
export const crds = resource('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', false)

export function configMap(name: string, data: Fields = { a: '1' }, metadata: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

/** Never scheduled, so that nobody but the case moves it on. */
export const idlePodSpec: Fields = {
  schedulerName: 'nobody',
  automountServiceAccountToken: false,
  containers: [{ name: 'app', image: 'example.com/app:1' }],
}

export function pod(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: merged(idlePodSpec, spec) }
}

/** A Deployment that selects `app: NAME`; `spec` is merged into its spec. */
export function deployment(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata },
    spec: merged(
      { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: idlePodSpec } },
      spec,
    ),
  }
}

/** Changes to the pod spec of a Deployment, at their place. */
export function template(podSpec: Fields): Fields {
  return { template: { spec: podSpec } }
}

export function service(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  const base = { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, ...metadata }, spec: merged(base, spec) }
}

export function lease(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, ...metadata }, spec }
}
