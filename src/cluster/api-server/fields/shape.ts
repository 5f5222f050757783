import { type Fields, isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import type { PathElement } from './field-set.ts'

/**
 * How a value is owned: as a whole (`leaf`: scalars, atomic lists and maps), or by its parts. It follows from the schema
 * and, where the schema leaves it open, from the value.
 */
export type Shape =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'map'; readonly schema: Schema }
  | { readonly kind: 'list'; readonly schema: Schema; readonly keys: readonly string[] }

const leaf: Shape = { kind: 'leaf' }
const anything: Schema = {}

export function shapeOf(value: unknown, schema: Schema): Shape {
  if (Array.isArray(value)) {
    const keys = listKeys(schema)
    return keys === undefined ? leaf : { kind: 'list', schema, keys }
  }
  if (!isFields(value) || schema['x-kubernetes-map-type'] === 'atomic') return leaf
  return { kind: 'map', schema }
}

/** The keys of an associative list; none for a set; undefined for an atomic list. */
function listKeys(schema: Schema): readonly string[] | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type === 'map') return schema['x-kubernetes-list-map-keys'] ?? []
  return type === 'set' ? [] : undefined
}

/** Whether a field of an object is named by its schema: named parents are never members by themselves. */
export function isNamed(schema: Schema, name: string): boolean {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, name)
}

/** The schema of a field; undefined where the object may not have it. */
export function fieldSchema(schema: Schema, name: string): Schema | undefined {
  if (isNamed(schema, name)) return schema.properties?.[name]
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') return additionalProperties
  if (additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return anything
  return schema.properties === undefined ? anything : undefined
}

export function itemSchema(schema: Schema): Schema {
  return schema.items ?? anything
}

export function fieldElement(name: string): PathElement {
  return `f:${name}`
}

/** How an item of an associative list is named; undefined for one that has none of the keys. */
export function itemElement(item: unknown, { schema, keys }: Shape & { kind: 'list' }): PathElement | undefined {
  if (keys.length === 0) {
    return typeof item === 'object' ? undefined : `v:${escaped(JSON.stringify(item))}`
  }
  if (!isFields(item)) return undefined
  const defaults = itemSchema(schema).properties
  const values: Fields = {}
  for (const key of [...keys].sort()) {
    const value = Object.hasOwn(item, key) ? item[key] : defaults?.[key]?.default
    if (value !== undefined && value !== null) values[key] = value
  }
  return Object.keys(values).length === 0 ? undefined : `k:${escaped(JSON.stringify(values))}`
}

/** As Go writes JSON. */
function escaped(json: string): string {
  return json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

/** A path as the API server tells it: `.spec.containers[name="app"].image` */
export function formatPath(path: readonly PathElement[]): string {
  return path.map(formatElement).join('')
}

function formatElement(element: PathElement): string {
  const text = element.slice(2)
  if (element.startsWith('f:')) return `.${text}`
  if (element.startsWith('v:')) return `[=${text}]`
  if (!element.startsWith('k:')) return `[${text}]`
  const keys = JSON.parse(text) as Fields
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`
}
