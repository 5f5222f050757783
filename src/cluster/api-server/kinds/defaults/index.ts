/**
 * What the API server fills in, by structure: a function for each definition that has defaults, called for every value of
 * it wherever it stands, from the outside in.
 */
import { type Fields, isFields } from '../../schema/json.ts'
import type { BuiltInSchema } from '../definitions.ts'
import { podDefaults } from './pod.ts'
import { policyDefaults } from './policy.ts'
import { serviceDefaults } from './service.ts'
import { workloadDefaults } from './workload.ts'

export type Defaulter = (fields: Fields) => void

const defaulters: ReadonlyMap<string, Defaulter> = new Map(
  Object.entries({ ...podDefaults, ...workloadDefaults, ...serviceDefaults, ...policyDefaults }),
)

/** Fills in the defaults of a built-in kind. Changes `value`. */
export function applyBuiltInDefaults(value: unknown, schema: BuiltInSchema): void {
  if (!leadsToDefaults(schema)) return
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyBuiltInDefaults(item, schema.items)
    return
  }
  if (!isFields(value)) return
  if (schema.name !== undefined) defaulters.get(schema.name)?.(value)
  for (const [name, child] of Object.entries(value)) {
    const below = schema.properties?.[name] ?? schema.additionalProperties
    if (typeof below === 'object') applyBuiltInDefaults(child, below)
  }
}

const known = new Map<BuiltInSchema, boolean>()

/** Whether any structure inside has defaults: most of an object has none, and is not walked. */
function leadsToDefaults(schema: BuiltInSchema): boolean {
  const found = known.get(schema)
  if (found !== undefined) return found
  // A structure that contains itself adds nothing to what else it contains.
  known.set(schema, false)
  const below = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  const leads =
    (schema.name !== undefined && defaulters.has(schema.name)) ||
    below.some((child) => typeof child === 'object' && leadsToDefaults(child))
  known.set(schema, leads)
  return leads
}
