import { labelSelectorText } from '../request/label-selector.ts'
import { ageColumn, type Any, type Column, count, nameColumn, text, wide } from './column.ts'

const template: readonly Column[] = [
  wide(text('Containers', ({ spec }: Any) => names(spec.template.spec.containers, 'name'))),
  wide(text('Images', ({ spec }: Any) => names(spec.template.spec.containers, 'image'))),
  wide(text('Selector', ({ spec }: Any) => labelSelectorText(spec.selector ?? {}))),
]

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  'deployments.apps': [
    nameColumn,
    text('Ready', ({ spec, status }: Any) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    text('Up-to-date', ({ status }: Any) => status?.updatedReplicas ?? 0),
    text('Available', ({ status }: Any) => status?.availableReplicas ?? 0),
    ageColumn,
    ...template,
  ],
  'replicasets.apps': [
    nameColumn,
    count('Desired', ({ spec }) => spec.replicas ?? 0),
    count('Current', ({ status }) => status?.replicas ?? 0),
    count('Ready', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...template,
  ],
  'poddisruptionbudgets.policy': [
    nameColumn,
    text('Min Available', ({ spec }: Any) => String(spec?.minAvailable ?? 'N/A')),
    text('Max Unavailable', ({ spec }: Any) => String(spec?.maxUnavailable ?? 'N/A')),
    count('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn,
  ],
}

function names(containers: readonly Record<string, string>[] | undefined, field: string): string {
  return (containers ?? []).map((container) => container[field] ?? '').join(',')
}
