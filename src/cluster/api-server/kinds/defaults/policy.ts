import { cloneJson, type Fields, isFields } from '../../schema/json.ts'
import type { Defaulter } from './index.ts'

const core = 'io.k8s.api.core.v1'
const rbac = 'io.k8s.api.rbac.v1'
const flow = 'io.k8s.api.flowcontrol.v1'
const admission = 'io.k8s.api.admissionregistration.v1'
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** Of everything that is neither a workload nor a Service. */
export const policyDefaults: Readonly<Record<string, Defaulter>> = {
  [`${core}.Namespace`]: (namespace) => {
    const metadata = namespace['metadata'] as Fields
    if (typeof metadata['name'] !== 'string' || metadata['name'] === '') return
    metadata['labels'] = {
      ...(metadata['labels'] as Fields | undefined),
      'kubernetes.io/metadata.name': metadata['name'],
    }
  },
  [`${core}.NamespaceStatus`]: (status) => {
    status['phase'] ??= 'Active'
  },
  [`${core}.NodeStatus`]: (status) => {
    if (status['capacity'] !== undefined) status['allocatable'] ??= cloneJson(status['capacity'])
  },
  [`${core}.Secret`]: (secret) => {
    secret['type'] ??= 'Opaque'
    const { stringData } = secret
    if (!isFields(stringData)) return
    const encoded = Object.entries(stringData).map(([key, text]) => [
      key,
      Buffer.from(text as string).toString('base64'),
    ])
    secret['data'] = { ...(secret['data'] as Fields | undefined), ...Object.fromEntries(encoded) }
    delete secret['stringData']
  },
  [`${rbac}.RoleRef`]: (reference) => {
    if (reference['apiGroup'] === '' || reference['apiGroup'] === undefined) {
      reference['apiGroup'] = 'rbac.authorization.k8s.io'
    }
  },
  [`${rbac}.Subject`]: (subject) => {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') subject['apiGroup'] ??= 'rbac.authorization.k8s.io'
  },
  'io.k8s.api.networking.v1.NetworkPolicySpec': (spec) => {
    spec['policyTypes'] ??= spec['egress'] === undefined ? ['Ingress'] : ['Ingress', 'Egress']
  },
  'io.k8s.api.networking.v1.NetworkPolicyPort': (port) => {
    port['protocol'] ??= 'TCP'
  },
  'io.k8s.api.scheduling.v1.PriorityClass': (priorityClass) => {
    priorityClass['preemptionPolicy'] ??= 'PreemptLowerPriority'
  },
  [`${flow}.FlowSchemaSpec`]: (spec) => {
    spec['matchingPrecedence'] ||= 1000
  },
  [`${flow}.ExemptPriorityLevelConfiguration`]: (exempt) => {
    exempt['nominalConcurrencyShares'] ??= 0
    exempt['lendablePercent'] ??= 0
  },
  [`${flow}.LimitedPriorityLevelConfiguration`]: (limited) => {
    limited['nominalConcurrencyShares'] ??= 30
    limited['lendablePercent'] ??= 0
  },
  [`${flow}.QueuingConfiguration`]: (queuing) => {
    queuing['handSize'] ||= 8
    queuing['queues'] ||= 64
    queuing['queueLengthLimit'] ||= 50
  },
  [`${admission}.ValidatingAdmissionPolicySpec`]: (spec) => {
    spec['failurePolicy'] ??= 'Fail'
  },
  [`${admission}.MatchResources`]: (match) => {
    match['matchPolicy'] ??= 'Equivalent'
    match['namespaceSelector'] ??= {}
    match['objectSelector'] ??= {}
  },
  [`${admission}.NamedRuleWithOperations`]: (rule) => {
    rule['scope'] ??= '*'
  },
  [`${extensions}.CustomResourceDefinition`]: ofCustomResourceDefinition,
  [`${extensions}.ServiceReference`]: (reference) => {
    reference['port'] ??= 443
  },
}

function ofCustomResourceDefinition(definition: Fields): void {
  const { spec, status } = definition
  if (!isFields(spec)) return
  const names = spec['names'] as Fields
  const kind = names['kind'] as string
  if (!names['singular']) names['singular'] = kind.toLowerCase()
  if (!names['listKind'] && kind !== '') names['listKind'] = `${kind}List`
  spec['conversion'] ??= { strategy: 'None' }
  const versions = Array.isArray(spec['versions']) ? (spec['versions'] as Fields[]) : []
  const stored = versions.find(({ storage }) => storage === true)
  if (!isFields(status) || stored === undefined) return
  if (!Array.isArray(status['storedVersions']) || status['storedVersions'].length === 0) {
    status['storedVersions'] = [stored['name']]
  }
}
