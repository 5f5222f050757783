import type { KubeObject } from '../../../kube/index.ts'
import type { CustomColumn } from '../resources/served-resource.ts'
import { type Cell, type Column, nameColumn, since } from './column.ts'
import { readJsonPath } from './json-path.ts'

const known = new WeakMap<readonly CustomColumn[], readonly Column[]>()

/** The columns of a custom resource: its name, and what its definition says. */
export function customColumns(stated: readonly CustomColumn[]): readonly Column[] {
  let columns = known.get(stated)
  if (columns === undefined) known.set(stated, (columns = [nameColumn, ...stated.map((column) => columnOf(column))]))
  return columns
}

function columnOf({ name, type, jsonPath, format, description, priority }: CustomColumn): Column {
  const path = readJsonPath(jsonPath)
  const fallback = `Custom resource definition column (in JSONPath format): ${jsonPath}`
  return {
    name,
    type: type as Column['type'],
    description: description ?? fallback,
    ...(format === undefined ? {} : { format }),
    ...(priority === undefined ? {} : { priority }),
    cell: (object: KubeObject, nowMs) => cellOf(type, path(object), nowMs),
  }
}

/** The first value of the path, if it has the column's type. */
function cellOf(type: string, values: readonly unknown[], nowMs: number): Cell {
  const [value] = values
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? (type === 'integer' ? Math.trunc(value) : value) : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? since(value, nowMs) : '<invalid>'
    default:
      return typeof value === 'string' ? value : JSON.stringify(value)
  }
}
