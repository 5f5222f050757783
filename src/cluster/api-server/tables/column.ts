import type { KubeObject } from '../../../kube/index.ts'
import { humanDuration } from './human-duration.ts'

export type Cell = string | number | boolean | null

/** One column of a kind's table. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description?: string
  /** 1: only for `-o wide`. @default 0 */
  readonly priority?: number
  readonly cell: (object: KubeObject, nowMs: number) => Cell
}

/** Any object, with whatever fields it has. */
// oxlint-disable-next-line typescript/no-explicit-any -- columns read single fields of every kind; their tests are the type.
export type Any = any

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: ({ metadata }) => metadata.name,
}

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  cell: ({ metadata }, nowMs) => since(metadata.creationTimestamp, nowMs),
}

export function text(name: string, cell: (object: Any, nowMs: number) => Cell, description = ''): Column {
  return { name, type: 'string', description, cell }
}

export function count(name: string, cell: (object: Any) => number): Column {
  return { name, type: 'integer', cell }
}

/** Only for `-o wide`. */
export function wide(column: Column): Column {
  return { ...column, priority: 1 }
}

/** How long ago: `5m12s`. */
export function since(timestamp: string | null | undefined, nowMs: number): string {
  return timestamp === undefined || timestamp === null ? '<unknown>' : humanDuration(nowMs - Date.parse(timestamp))
}
