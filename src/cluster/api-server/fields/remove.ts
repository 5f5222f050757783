import { type Fields, isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import type { FieldSet } from './field-set.ts'
import { fieldElement, fieldSchema, itemElement, itemSchema, shapeOf } from './shape.ts'

/** The object without the members of `set`. What becomes empty by it goes too, and atomic values stay whole. */
export function removeFields<T extends object>(object: T, set: FieldSet, schema: Schema): T {
  return (remove(object, set, schema) ?? {}) as T
}

function remove(value: unknown, set: FieldSet, schema: Schema): unknown {
  if (set.isEmpty) return value
  const shape = shapeOf(value, schema)
  if (shape.kind === 'leaf') return isFields(value) || Array.isArray(value) ? undefined : value
  if (shape.kind === 'list') {
    const left = (value as unknown[]).flatMap((item) => {
      const element = itemElement(item, shape)
      if (element === undefined) return [item]
      return set.has([element]) ? [] : [remove(item, set.below(element), itemSchema(shape.schema)) ?? {}]
    })
    return left.length === 0 ? undefined : left
  }
  const left: Fields = {}
  for (const [name, child] of Object.entries(value as Fields)) {
    const element = fieldElement(name)
    if (set.has([element])) continue
    const kept = remove(child, set.below(element), fieldSchema(schema, name) ?? {})
    if (kept !== undefined) left[name] = kept
  }
  return Object.keys(left).length === 0 ? undefined : left
}
