import {
  deployments,
  endpointSlices,
  events,
  leases,
  namespaces,
  nodes,
  pods,
  type Resource,
  services,
} from '../../../kube/index.ts'
import type { Fields } from '../schema/json.ts'
import { type BuiltInKind, type BuiltInObject, builtInKind } from './built-in-kind.ts'
import type { Kind } from './kind.ts'
import { preparePod, preparePodChange } from './prepare/pod.ts'
import { keepAllocated, prepareService } from './prepare/service.ts'
import { validateDefinition } from './validation/definition.ts'
import { validatePod, validatePodChange } from './validation/pod.ts'
import * as policy from './validation/policy.ts'
import { validateService, validateServiceChange } from './validation/service.ts'
import {
  validateDeployment,
  validateReplicaSet,
  validateReplicaStatus,
  validateSelectorStays,
} from './validation/workload.ts'

const core = 'io.k8s.api.core.v1'
const specOf = ({ spec }: BuiltInObject): unknown => spec
const field =
  (...path: readonly string[]) =>
  (object: object): string => {
    const value = path.reduce<unknown>((from, name) => (from as Fields | undefined)?.[name], object)
    return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : ''
  }
const fields = (...paths: readonly string[]): BuiltInKind['selectableFields'] & object =>
  Object.fromEntries(paths.map((path) => [path, field(...path.split('.'))]))

const facts: readonly BuiltInKind[] = [
  {
    definition: `${core}.Namespace`,
    resource: namespaces,
    shortNames: ['ns'],
    subresources: ['status'],
    name: 'label',
    selectableFields: fields('status.phase'),
    prepareForCreate(namespace) {
      namespace.status = { phase: 'Active' }
      const finalizers = (namespace.spec?.['finalizers'] as string[] | undefined) ?? []
      if (!finalizers.includes('kubernetes')) finalizers.push('kubernetes')
      namespace.spec = { ...namespace.spec, finalizers }
    },
    prepareForUpdate(next, old) {
      next.spec = { ...next.spec, finalizers: old.spec?.['finalizers'] }
    },
  },
  {
    definition: `${core}.Node`,
    resource: nodes,
    shortNames: ['no'],
    subresources: ['status'],
    statusOnCreate: true,
    selectableFields: fields('spec.unschedulable'),
  },
  {
    definition: `${core}.Pod`,
    resource: pods,
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'binding', 'eviction', 'log'],
    keptByStatus: ['deletionTimestamp', 'ownerReferences'],
    generationOf: specOf,
    prepareForCreate: preparePod,
    prepareForUpdate: preparePodChange,
    validate: validatePod,
    validateUpdate: validatePodChange,
    selectableFields: fields(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ),
  },
  {
    definition: `${core}.Service`,
    resource: services,
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    createOnUpdate: true,
    name: 'label',
    prepareForCreate: prepareService,
    prepareForUpdate: keepAllocated,
    validate: validateService,
    validateUpdate: validateServiceChange,
    selectableFields: fields('spec.clusterIP', 'spec.type'),
  },
  {
    definition: `${core}.Endpoints`,
    resource: of('', 'endpoints', 'Endpoints'),
    shortNames: ['ep'],
    createOnUpdate: true,
  },
  {
    definition: `${core}.ConfigMap`,
    resource: of('', 'configmaps', 'ConfigMap'),
    shortNames: ['cm'],
    validate: policy.validateData,
    validateUpdate: policy.validateDataChange,
  },
  {
    definition: `${core}.Secret`,
    resource: of('', 'secrets', 'Secret'),
    selectableFields: fields('type'),
    validate: policy.validateData,
    validateUpdate: policy.validateDataChange,
  },
  { definition: `${core}.ServiceAccount`, resource: of('', 'serviceaccounts', 'ServiceAccount'), shortNames: ['sa'] },
  {
    definition: `${core}.Event`,
    resource: of('', 'events', 'Event'),
    shortNames: ['ev'],
    createOnUpdate: true,
    selectableFields: fields(
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ),
  },
  {
    definition: 'io.k8s.api.events.v1.Event',
    resource: events,
    shortNames: ['ev'],
    createOnUpdate: true,
    selectableFields: fields(
      'regarding.kind',
      'regarding.name',
      'regarding.namespace',
      'regarding.uid',
      'reason',
      'type',
    ),
  },
  {
    definition: 'io.k8s.api.apps.v1.Deployment',
    resource: deployments,
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    keptByStatus: ['labels'],
    generationOf: ({ spec, metadata }) => [spec, metadata.annotations],
    validate: validateDeployment,
    validateUpdate: validateSelectorStays,
    validateStatus: validateReplicaStatus,
  },
  {
    definition: 'io.k8s.api.apps.v1.ReplicaSet',
    resource: of('apps', 'replicasets', 'ReplicaSet'),
    validate: validateReplicaSet,
    validateUpdate: validateSelectorStays,
    validateStatus: validateReplicaStatus,
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    generationOf: specOf,
    selectableFields: { 'status.replicas': (object: BuiltInObject) => numberOf(object.status?.['replicas']) },
  },
  {
    definition: 'io.k8s.api.discovery.v1.EndpointSlice',
    resource: endpointSlices,
    validate: policy.validateEndpointSlice,
    validateUpdate: policy.validateEndpointSliceChange,
    generationOf: (slice) => [{ ...slice, metadata: {} }, slice.metadata.labels, slice.metadata.annotations],
  },
  {
    definition: 'io.k8s.api.coordination.v1.Lease',
    resource: leases,
    validate: policy.validateLease,
    unconditionalUpdate: false,
    createOnUpdate: true,
  },
  {
    definition: 'io.k8s.api.policy.v1.PodDisruptionBudget',
    resource: of('policy', 'poddisruptionbudgets', 'PodDisruptionBudget'),
    validate: policy.validatePodDisruptionBudget,
    shortNames: ['pdb'],
    subresources: ['status'],
    unconditionalUpdate: false,
    generationOf: specOf,
  },
  ...(['Role', 'RoleBinding'] as const).map((kind) => ({
    definition: `io.k8s.api.rbac.v1.${kind}`,
    resource: of('rbac.authorization.k8s.io', `${kind.toLowerCase()}s`, kind),
    createOnUpdate: true,
    name: 'path' as const,
    ...(kind.endsWith('Binding') ? { validateUpdate: policy.validateRoleRefStays } : { validate: policy.validateRole }),
  })),
  ...(['ClusterRole', 'ClusterRoleBinding'] as const).map((kind) => ({
    definition: `io.k8s.api.rbac.v1.${kind}`,
    resource: ofCluster('rbac.authorization.k8s.io', `${kind.toLowerCase()}s`, kind),
    createOnUpdate: true,
    name: 'path' as const,
    ...(kind.endsWith('Binding') ? { validateUpdate: policy.validateRoleRefStays } : { validate: policy.validateRole }),
  })),
  {
    definition: 'io.k8s.api.networking.v1.NetworkPolicy',
    resource: of('networking.k8s.io', 'networkpolicies', 'NetworkPolicy'),
    shortNames: ['netpol'],
    generationOf: specOf,
  },
  {
    definition: 'io.k8s.api.scheduling.v1.PriorityClass',
    resource: ofCluster('scheduling.k8s.io', 'priorityclasses', 'PriorityClass'),
    shortNames: ['pc'],
    generationOf: () => undefined,
  },
  ...(['FlowSchema', 'PriorityLevelConfiguration'] as const).map((kind) => ({
    definition: `io.k8s.api.flowcontrol.v1.${kind}`,
    resource: ofCluster('flowcontrol.apiserver.k8s.io', `${kind.toLowerCase()}s`, kind),
    subresources: ['status' as const],
    statusKeepsMetadata: true,
    unconditionalUpdate: false,
    createOnUpdate: true,
    generationOf: specOf,
  })),
  {
    definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
    resource: ofCluster('admissionregistration.k8s.io', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy'),
    categories: ['api-extensions'],
    subresources: ['status'],
    statusKeepsMetadata: true,
    unconditionalUpdate: false,
    generationOf: specOf,
  },
  {
    definition: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
    resource: ofCluster(
      'admissionregistration.k8s.io',
      'validatingadmissionpolicybindings',
      'ValidatingAdmissionPolicyBinding',
    ),
    categories: ['api-extensions'],
    unconditionalUpdate: false,
    generationOf: specOf,
  },
  {
    definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    resource: ofCluster('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition'),
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: ['status'],
    unconditionalUpdate: false,
    generationOf: specOf,
    validate: validateDefinition,
    prepareForCreate(definition) {
      const versions = (definition.spec?.['versions'] as Fields[] | null) ?? []
      const stored = versions.filter(({ storage }) => storage === true).map(({ name }) => name)
      definition.status = { ...definition.status, storedVersions: stored }
    },
  },
]

function numberOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : '0'
}

/** Every kind that is served without a CustomResourceDefinition. */
export const builtInKinds: readonly Kind[] = facts.map(builtInKind)

function of(group: string, plural: string, kind: string): Resource {
  return { group, version: 'v1', plural, kind, namespaced: true }
}

function ofCluster(group: string, plural: string, kind: string): Resource {
  return { group, version: 'v1', plural, kind, namespaced: false }
}
