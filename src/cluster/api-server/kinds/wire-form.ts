import type { KubeObject } from '../../../kube/index.ts'
import { type Fields, isFields } from '../schema/json.ts'
import type { BuiltInSchema } from './definitions.ts'
import type { Decoded } from './kind.ts'
import { canonicalQuantity, quantityValue } from '../../quantity.ts'

/**
 * Reads an object of a built-in kind as the API server's own types would: unknown fields go, null is the same as absent,
 * empty values are kept only where they mean something, and structures that are always there come. Changes `object`.
 */
export function decodeBuiltIn(object: KubeObject, schema: BuiltInSchema): Decoded {
  const reading = new Reading()
  const { managedFields } = object.metadata ?? {}
  reading.structure(object as unknown as Fields, schema, '', '')
  // That somebody writes an empty list has a meaning here.
  if (managedFields !== undefined && managedFields !== null) object.metadata.managedFields = managedFields
  const [first] = reading.mistakes
  if (first === undefined) return { unknownFields: reading.unknown }
  const kind = object.kind ?? ''
  const version = (object.apiVersion ?? '').split('/').at(-1)
  return {
    unknownFields: reading.unknown,
    malformed: `${kind} in version "${version}" cannot be handled as a ${kind}: ${first}`,
  }
}

/** What a structure is when nobody has set a field of it. */
export function emptyOf(schema: BuiltInSchema): Fields {
  return Object.fromEntries(
    Object.entries(schema.wire ?? {})
      .filter(([, form]) => form !== 'pointer')
      .map(([name]) => [name, emptyField(schema, name)]),
  )
}

function emptyField(schema: BuiltInSchema, name: string): unknown {
  const property = schema.properties?.[name] ?? {}
  switch (schema.wire?.[name]) {
    case 'struct':
      return emptyOf(property)
    case 'null':
      return null
    case 'zero':
      return zeroOf(property)
    case 'pointer':
    case undefined:
  }
  return undefined
}

function zeroOf({ type, format }: BuiltInSchema): unknown {
  if (format === 'quantity') return '0'
  if (format === 'int-or-string') return 0
  return type === 'boolean' ? false : type === 'string' ? '' : 0
}

const noQuantity = `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`

class Reading {
  readonly unknown: string[] = []
  readonly mistakes: string[] = []

  /** `path` names list items, `field` does not: that is how the API server tells unknown and mistaken fields. */
  structure(fields: Fields, schema: BuiltInSchema, path: string, field: string): void {
    const { properties = {}, wire = {} } = schema
    for (const name of Object.keys(fields)) {
      const [below, fieldBelow] = [joined(path, name), joined(field, name)]
      const property = properties[name]
      if (property === undefined) {
        delete fields[name]
        this.unknown.push(below)
        continue
      }
      const read = this.value(fields[name], property, below, fieldBelow, schema.name)
      if (read === undefined || (wire[name] === undefined && isZero(read))) delete fields[name]
      else fields[name] = read
    }
    for (const [name, form] of Object.entries(wire)) {
      if (form !== 'pointer' && (fields[name] === undefined || fields[name] === null)) {
        fields[name] = emptyField(schema, name)
      }
    }
  }

  /** Undefined for null. */
  value(value: unknown, schema: BuiltInSchema, path: string, field: string, owner: string | undefined): unknown {
    if (value === null) return undefined
    if (schema.format === 'quantity') {
      if (Number.isNaN(quantityValue(value))) this.mistakes.push(noQuantity)
      return canonicalQuantity(value)
    }
    if (!fits(value, schema)) {
      this.mistakes.push(
        `json: cannot unmarshal ${jsonType(value)} into Go struct field ${lastSegment(owner)}.${field} of type ${goType(schema)}`,
      )
      return value
    }
    if (schema.format === 'date-time') {
      const mistake = timeMistake(value as string)
      if (mistake !== undefined) this.mistakes.push(mistake)
    }
    if (schema.format === 'byte' && !/^[A-Za-z0-9+/]*={0,2}$/.test(value as string)) {
      this.mistakes.push(`illegal base64 data at input byte ${(value as string).search(/[^A-Za-z0-9+/]/)}`)
    }
    if (Array.isArray(value)) {
      const { items = {} } = schema
      return value.map((item: unknown, index) => {
        const read = this.value(item, items, `${path}[${index}]`, field, owner)
        return read === undefined && items.properties !== undefined ? emptyOf(items) : (read ?? null)
      })
    }
    if (!isFields(value)) return value
    if (schema.properties !== undefined) this.structure(value, schema, path, field)
    else if (typeof schema.additionalProperties === 'object') {
      for (const [name, member] of Object.entries(value)) {
        value[name] = this.value(member, schema.additionalProperties, joined(path, name), field, owner) ?? ''
      }
    }
    return value
  }
}

function fits(value: unknown, { type, format }: BuiltInSchema): boolean {
  switch (type) {
    case 'object':
      return isFields(value)
    case 'array':
      return Array.isArray(value)
    case 'string':
      return typeof value === 'string' || (format !== undefined && format !== 'byte' && format !== 'date-time')
    case 'integer':
      return Number.isInteger(value) && (format !== 'int32' || Math.abs(value as number) <= 2 ** 31)
    case 'number':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case undefined:
  }
  return true
}

const goTime = '2006-01-02T15:04:05Z07:00'
const timeParts: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d{2}/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^\d{2}/, '15'],
  [/^:/, ':'],
  [/^\d{2}/, '04'],
  [/^:/, ':'],
  [/^\d{2}(\.\d+)?/, '05'],
  [/^(Z|[+-]\d{2}:\d{2})$/, 'Z07:00'],
]

/** Why a text is no time, in Go's words: which part of its layout does not fit. */
function timeMistake(text: string): string | undefined {
  let rest = text
  for (const [pattern, part] of timeParts) {
    const found = pattern.exec(rest)?.[0]
    if (found === undefined) {
      return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(goTime)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`
    }
    rest = rest.slice(found.length)
  }
  return undefined
}

function isZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === 0 || value === '' || value === false
  return Object.keys(value).length === 0
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'number' : `number ${value}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function goType(schema: BuiltInSchema): string {
  const { type, format, name, items, additionalProperties } = schema
  if (name !== undefined) return name.split('.').slice(-2).join('.')
  if (type === 'array') return `[]${items === undefined ? 'interface {}' : goType(items)}`
  if (type === 'object') {
    return `map[string]${typeof additionalProperties === 'object' ? goType(additionalProperties) : 'interface {}'}`
  }
  if (type === 'integer') return format ?? 'int64'
  return type === 'boolean' ? 'bool' : type === 'number' ? 'float64' : 'string'
}

function lastSegment(definition: string | undefined): string {
  return definition?.split('.').at(-1) ?? ''
}
