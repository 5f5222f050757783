import type { Resource } from '../../../kube/index.ts'

/** The built-in resources that only controllers touch; the others are in the room kube. */
export const replicaSets: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
}

export const disruptionBudgets: Resource = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
}

export const customResourceDefinitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

/** Events as most controllers write them; the room kube has those of events.k8s.io. */
export const coreEvents: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

export const serviceAccounts: Resource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
}
