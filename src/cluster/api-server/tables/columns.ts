import type { ServedResource } from '../resources/served-resource.ts'
import { type Column, ageColumn, nameColumn } from './column.ts'
import { clusterColumns } from './cluster-columns.ts'
import { customColumns } from './custom-columns.ts'
import { eventColumns } from './event-columns.ts'
import { networkColumns } from './network-columns.ts'
import { podColumns } from './pod-columns.ts'
import { workloadColumns } from './workload-columns.ts'

const byCollection: Readonly<Record<string, readonly Column[]>> = {
  pods: podColumns,
  events: eventColumns,
  ...workloadColumns,
  ...networkColumns,
  ...clusterColumns,
}

/** What a kind without columns of its own shows. */
const plain: readonly Column[] = [
  nameColumn,
  { ...ageColumn, name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp ?? null },
]

export function columnsOf({ collection, custom }: ServedResource): readonly Column[] {
  return custom === undefined ? (byCollection[collection.name] ?? plain) : customColumns(custom.columns)
}
