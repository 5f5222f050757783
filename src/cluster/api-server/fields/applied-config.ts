import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { type Fields, isFields } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import { ApplyRefused } from './apply-error.ts'
import { fieldElement, fieldSchema, formatPath, itemElement, itemSchema, shapeOf } from './shape.ts'
import type { FieldRules } from './writer.ts'

/** What an apply may state at all, before anything is merged. @throws ApplyRefused */
export function refuseMalformed(applied: KubeObject, kind: FieldRules): void {
  if (applied.apiVersion !== apiVersionOf(kind.resource) || applied.kind !== kind.resource.kind) {
    throw new ApplyRefused(400, `invalid object type: ${typeOf(applied.apiVersion, applied.kind)}`)
  }
  if (applied.metadata.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw new ApplyRefused(400, 'metadata.managedFields must be nil')
  }
  const errors = errorsOf(applied, kind.schema, [], true)
  if (errors.length === 0) return
  const { namespace, name } = applied.metadata
  const list = errors.length === 1 ? errors[0] : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n')
  throw new ApplyRefused(
    500,
    `failed to create typed patch object (${namespace ?? ''}/${name}; ${typeOf(applied.apiVersion, applied.kind)}): ${list}`,
  )
}

/** `apps/v1, Kind=Deployment`; the core group is empty: `/v1, Kind=Pod`. */
function typeOf(apiVersion = '', kind = ''): string {
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`
}

function errorsOf(value: unknown, schema: Schema, path: readonly string[], root = false): string[] {
  const at = (message: string): string[] => [path.length === 0 ? message : `${formatPath(path)}: ${message}`]
  if (value === null) return []
  const wrong = wrongType(value, schema)
  if (wrong !== undefined) return at(wrong)
  if (Array.isArray(value)) return errorsOfList(value, schema, path, at)
  if (!isFields(value)) return []
  return Object.entries(value).flatMap(([name, child]) => {
    const below = [...path, fieldElement(name)]
    const field = root && (name === 'apiVersion' || name === 'kind') ? {} : fieldSchema(schema, name)
    return field === undefined ? [`${formatPath(below)}: field not declared in schema`] : errorsOf(child, field, below)
  })
}

function errorsOfList(
  list: readonly unknown[],
  schema: Schema,
  path: readonly string[],
  at: (message: string) => string[],
): string[] {
  const shape = shapeOf(list, schema)
  if (shape.kind !== 'list') {
    return list.flatMap((item, index) => errorsOf(item, itemSchema(schema), [...path, `i:${index}`]))
  }
  const seen = new Set<string>()
  return list.flatMap((item, index) => {
    const element = itemElement(item, shape)
    if (element === undefined) return at(`element ${index}: ${unnamed(item, shape.keys)}`)
    const twice = seen.has(element) ? at(`duplicate entries for key ${formatPath([element])}`) : []
    seen.add(element)
    return [...twice, ...errorsOf(item, itemSchema(schema), [...path, element])]
  })
}

/** Why an item has no name. */
function unnamed(item: unknown, keys: readonly string[]): string {
  if (keys.length === 0) {
    if (item === null) return "associative list without keys has an element that's an explicit null"
    return Array.isArray(item)
      ? 'not supported: associative list with lists as elements'
      : "associative list without keys has an element that's a map type"
  }
  if (item === null) return 'associative list with keys may not have a null element'
  if (!isFields(item)) return 'associative list with keys may not have non-map elements'
  const quoted = keys.map((key) => JSON.stringify(key)).join(' ')
  return `associative list with keys has an element that omits all key fields [${quoted}] (and doesn't have default values for any key fields)`
}

/** Why a value is not what its schema says; strings with a format are not looked at. */
function wrongType(value: unknown, { type, format, ...schema }: Schema): string | undefined {
  switch (type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string':
      if (typeof value === 'string' || format !== undefined || schema['x-kubernetes-int-or-string'] === true)
        return undefined
      return `expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${goValue(value)}`
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got ${goValue(value)}`
    case 'object':
      return isFields(value) ? undefined : `expected map, got ${goValue(value)}`
    case undefined:
      return undefined
    default:
      return type satisfies never
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isFields(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

function goValue(value: unknown): string {
  if (isFields(value)) return `&{${goMap(value)}}`
  return `&{${typeof value === 'string' ? value : JSON.stringify(value)}}`
}

function goMap(value: Fields): string {
  return `map[${Object.entries(value)
    .map(([name, child]) => `${name}:${typeof child === 'string' ? child : JSON.stringify(child)}`)
    .join(' ')}]`
}
