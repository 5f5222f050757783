import { ageColumn, type Any, type Column, count, nameColumn, text, wide } from './column.ts'

const none = '<none>'
const size = (value: object | undefined): number => Object.keys(value ?? {}).length

/** Subjects of one kind, as bindings list them. */
function subjects(name: string, kind: string): Column {
  return wide(
    text(name, ({ subjects }: Any) =>
      (subjects ?? [])
        .filter((subject: Any) => subject.kind === kind)
        .map((subject: Any) => (kind === 'ServiceAccount' ? `${subject.namespace}/${subject.name}` : subject.name))
        .join(', '),
    ),
  )
}

const binding: readonly Column[] = [
  nameColumn,
  text('Role', ({ roleRef }: Any) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn,
  subjects('Users', 'User'),
  subjects('Groups', 'Group'),
  subjects('ServiceAccounts', 'ServiceAccount'),
]

export const clusterColumns: Readonly<Record<string, readonly Column[]>> = {
  namespaces: [nameColumn, text('Status', ({ status }: Any) => status?.phase ?? ''), ageColumn],
  nodes: [
    nameColumn,
    text('Status', nodeStatus),
    text('Roles', ({ metadata }: Any) => rolesOf(metadata.labels ?? {}).join(',') || none),
    ageColumn,
    text('Version', ({ status }: Any) => status?.nodeInfo?.kubeletVersion ?? ''),
    wide(text('Internal-IP', (node: Any) => addressOf(node, 'InternalIP'))),
    wide(text('External-IP', (node: Any) => addressOf(node, 'ExternalIP'))),
    wide(text('OS-Image', ({ status }: Any) => status?.nodeInfo?.osImage || '<unknown>')),
    wide(text('Kernel-Version', kernelOf)),
    wide(text('Container-Runtime', ({ status }: Any) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>')),
  ],
  configmaps: [nameColumn, text('Data', ({ data, binaryData }: Any) => size(data) + size(binaryData)), ageColumn],
  secrets: [
    nameColumn,
    text('Type', ({ type }: Any) => type ?? ''),
    text('Data', ({ data }: Any) => size(data)),
    ageColumn,
  ],
  serviceaccounts: [nameColumn, ageColumn],
  'leases.coordination.k8s.io': [nameColumn, text('Holder', ({ spec }: Any) => spec?.holderIdentity ?? ''), ageColumn],
  'rolebindings.rbac.authorization.k8s.io': binding,
  'clusterrolebindings.rbac.authorization.k8s.io': binding,
  'validatingadmissionpolicies.admissionregistration.k8s.io': [
    nameColumn,
    count('Validations', ({ spec }) => (spec?.validations ?? []).length),
    text('ParamKind', ({ spec }: Any) =>
      spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : '<unset>',
    ),
    ageColumn,
  ],
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': [
    nameColumn,
    text('PolicyName', ({ spec }: Any) => spec?.policyName ?? ''),
    text('ParamRef', ({ spec }: Any) =>
      spec?.paramRef?.name ? `${spec.paramRef.namespace || '*'}/${spec.paramRef.name}` : '<unset>',
    ),
    ageColumn,
  ],
  'flowschemas.flowcontrol.apiserver.k8s.io': [
    nameColumn,
    text('PriorityLevel', ({ spec }: Any) => spec?.priorityLevelConfiguration?.name ?? ''),
    text('MatchingPrecedence', ({ spec }: Any) => spec?.matchingPrecedence ?? 0),
    text('DistinguisherMethod', ({ spec }: Any) => spec?.distinguisherMethod?.type ?? none),
    ageColumn,
    text('MissingPL', ({ status }: Any) => danglingOf(status?.conditions ?? [])),
  ],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': [
    nameColumn,
    text('Type', ({ spec }: Any) => spec?.type ?? ''),
    text('NominalConcurrencyShares', ({ spec }: Any) => spec?.limited?.nominalConcurrencyShares ?? none),
    text('Queues', ({ spec }: Any) => queuing(spec).queues ?? none),
    text('HandSize', ({ spec }: Any) => queuing(spec).handSize ?? none),
    text('QueueLengthLimit', ({ spec }: Any) => queuing(spec).queueLengthLimit ?? none),
    ageColumn,
  ],
  'customresourcedefinitions.apiextensions.k8s.io': [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
      cell: ({ metadata }) => metadata.creationTimestamp ?? null,
    },
  ],
}

function nodeStatus({ spec, status }: Any): string {
  const ready = (status?.conditions ?? []).find(({ type }: Any) => type === 'Ready')
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word
}

function rolesOf(labels: Readonly<Record<string, string>>): string[] {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith('node-role.kubernetes.io/')) roles.add(key.slice('node-role.kubernetes.io/'.length))
    else if (key === 'kubernetes.io/role') roles.add(value)
  }
  roles.delete('')
  return [...roles].sort()
}

function addressOf({ status }: Any, type: string): string {
  return (status?.addresses ?? []).find((address: Any) => address.type === type)?.address ?? none
}

function kernelOf({ status }: Any): string {
  const { kernelVersion, architecture } = status?.nodeInfo ?? {}
  return `${kernelVersion || '<unknown>'}${architecture ? ` (${architecture})` : ''}`
}

function danglingOf(conditions: readonly Any[]): string {
  return conditions.find(({ type }) => type === 'Dangling')?.status ?? '?'
}

function queuing(spec: Any): Any {
  return spec?.limited?.limitResponse?.queuing ?? {}
}
