import { cloneJson, type Fields } from './json.ts'
import type { Schema } from './schema.ts'

/**
 * Fills in the defaults of a structural schema. A field that is null and may not be null is as if it were absent. Changes
 * `value`. Defaults apply from the outside in: those inside an object that is absent do not make it appear.
 */
export function applySchemaDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return
    for (const [index, item] of value.entries()) {
      if (item === null && items.nullable !== true && items.default !== undefined) {
        value[index] = cloneJson(items.default)
      }
      applySchemaDefaults(value[index], items)
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  const fields = value as Fields
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields[name] === null && property.nullable !== true) delete fields[name]
    if (!(name in fields) && property.default !== undefined) fields[name] = cloneJson(property.default)
    if (name in fields) applySchemaDefaults(fields[name], property)
  }
  const { additionalProperties } = schema
  if (typeof additionalProperties !== 'object') return
  for (const [name, member] of Object.entries(fields)) {
    if (schema.properties?.[name] !== undefined) continue
    if (member === null && additionalProperties.nullable !== true && additionalProperties.default !== undefined) {
      fields[name] = cloneJson(additionalProperties.default)
    }
    applySchemaDefaults(fields[name], additionalProperties)
  }
}
