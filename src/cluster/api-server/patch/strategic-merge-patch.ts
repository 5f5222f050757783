import { type Fields, isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import { inOrder } from './element-order.ts'
import { PatchRefused } from './patch-refused.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFrom = '$deleteFromPrimitiveList/'
const orderOf = '$setElementOrder/'
const anything: Schema = {}

/**
 * A strategic merge patch, by the patch strategies of `schema`: lists that have a merge key are merged item by item, and
 * directives say what a plain merge cannot. `object` is not changed.
 * @throws PatchRefused
 */
export function strategicMergePatch<T extends object>(object: T, patch: unknown, schema: Schema): T {
  if (!isFields(patch)) throw new PatchRefused(400, 'Invalid JSON document')
  return mergeFields(object as Fields, patch, schema) as T
}

function mergeFields(original: Fields, patch: Fields, schema: Schema): Fields {
  const { [directive]: how, ...rest } = patch
  if (how === 'replace') return rest
  if (how === 'delete') return {}
  if (how !== undefined) throw new PatchRefused(500, `unknown patch type: ${how as string} in map: ${told(patch)}`)
  const result = retained(original, patch)
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deleteFrom)) {
      const name = key.slice(deleteFrom.length)
      if (Array.isArray(result[name]) && Array.isArray(value)) {
        result[name] = result[name].filter((item: unknown) => !value.includes(item))
      }
    }
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$')) mergeField(result, key, value, patch[`${orderOf}${key}`], propertyOf(schema, key))
  }
  for (const [key, order] of Object.entries(patch)) {
    const name = key.startsWith(orderOf) ? key.slice(orderOf.length) : undefined
    const list = name === undefined ? undefined : result[name]
    if (name === undefined || patch[name] !== undefined || !Array.isArray(list) || !Array.isArray(order)) continue
    result[name] = inOrder(list, order, list, mergeKeyOf(propertyOf(schema, name)))
  }
  return result
}

function mergeField(result: Fields, key: string, value: unknown, order: unknown, schema: Schema): void {
  const original = result[key]
  if (value === null) delete result[key]
  else if (isFields(original) && isFields(value)) {
    result[key] = strategyOf(schema) === 'replace' ? value : mergeFields(original, value, schema)
  } else if (Array.isArray(original) && Array.isArray(value)) {
    result[key] =
      strategyOf(schema) === 'merge'
        ? mergeList(original, value, Array.isArray(order) ? order : undefined, schema)
        : plain(value)
  } else {
    const added = plain(value)
    if (added === undefined) delete result[key]
    else result[key] = added
  }
}

/** Items are found by the merge key; those of a list without one are values of a set. */
function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[] | undefined,
  schema: Schema,
): unknown[] {
  const mergeKey = mergeKeyOf(schema)
  if (mergeKey === undefined) return inOrder([...new Set([...original, ...patch])], order ?? patch, original, undefined)
  const items = patch.filter(isFields)
  const plainItems = items.filter((item) => item[directive] === undefined)
  if (items.some((item) => item[directive] === 'replace')) return plainItems.map((item) => plain(item))
  const gone = items.filter((item) => item[directive] === 'delete').map((item) => keyIn(item, mergeKey))
  const result = original.filter((item) => !(isFields(item) && gone.includes(item[mergeKey])))
  for (const item of plainItems) {
    const key = keyIn(item, mergeKey)
    const index = result.findIndex((other) => isFields(other) && other[mergeKey] === key)
    if (index < 0) result.push(plain(item))
    else result[index] = mergeFields(result[index] as Fields, item, schema.items ?? anything)
  }
  return inOrder(result, order ?? plainItems, original, mergeKey)
}

function keyIn(item: Fields, mergeKey: string): unknown {
  if (item[mergeKey] !== undefined) return item[mergeKey]
  throw new PatchRefused(500, `map: ${told(item)} does not contain declared merge key: ${mergeKey}`)
}

/** Only the named keys stay, where the patch says so: one of several kinds is chosen. */
function retained(original: Fields, patch: Fields): Fields {
  const keys = patch[retainKeys]
  if (keys === undefined) return { ...original }
  const stated = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null)
  if (!Array.isArray(keys) || stated.some((key) => !keys.includes(key))) {
    throw new PatchRefused(400, 'invalid patch format of retainKeys')
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)))
}

/** A value that is new, without nulls; undefined for one with a directive, since there is nothing to merge it with. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain).filter((item) => item !== undefined)
  if (!isFields(value)) return value
  if (value[directive] !== undefined) return undefined
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, child]) => !key.startsWith('$') && child !== null)
      .map(([key, child]) => [key, plain(child)] as const)
      .filter(([, child]) => child !== undefined),
  )
}

function propertyOf(schema: Schema, name: string): Schema {
  const { properties, additionalProperties } = schema
  return properties?.[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : anything)
}

/** `retainKeys` stands beside the strategy proper. */
function strategyOf(schema: Schema): string | undefined {
  return schema['x-kubernetes-patch-strategy']?.split(',').find((strategy) => strategy !== 'retainKeys')
}

function mergeKeyOf(schema: Schema): string | undefined {
  return schema['x-kubernetes-patch-merge-key']
}

function told(fields: Fields): string {
  return `map[${Object.entries(fields)
    .map(([name, value]) => `${name}:${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')}]`
}
