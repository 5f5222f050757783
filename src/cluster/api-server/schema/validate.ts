import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from './field-error.ts'
import { fitsFormat } from './formats.ts'
import { type Fields, isFields, sameJson } from './json.ts'
import type { Schema } from './schema.ts'

/**
 * What is wrong with a custom resource by the structure of its schema; rules in CEL are another matter. What an update
 * leaves as it was (`old`) is not looked at again.
 */
export function validateStructure(object: object, schema: Schema, old?: object): FieldError[] {
  return ofValue(object, schema, '', old)
}

/** The same of a part of an object, by its own schema. */
export function validateValue(value: unknown, schema: Schema, old?: unknown): FieldError[] {
  return ofValue(value, schema, '', old)
}

function ofValue(value: unknown, schema: Schema, path: string, old: unknown): FieldError[] {
  if (old !== undefined && sameJson(value, old)) return []
  if (value === null && schema.nullable === true) return []
  const wrong = ofType(value, schema, path)
  if (wrong.length > 0) return wrong
  return [
    ...ofEnum(value, schema, path),
    ...ofCombinations(value, schema, path),
    ...(typeof value === 'number' ? ofNumber(value, schema, path) : []),
    ...(typeof value === 'string' ? ofString(value, schema, path) : []),
    ...(Array.isArray(value) ? ofList(value, schema, path, Array.isArray(old) ? old : undefined) : []),
    ...(isFields(value) ? ofFields(value, schema, path, isFields(old) ? old : undefined) : []),
  ]
}

function ofType(value: unknown, schema: Schema, path: string): FieldError[] {
  const actual = typeOf(value)
  const { type, format } = schema
  if (schema['x-kubernetes-int-or-string'] === true) {
    return actual === 'integer' || actual === 'string' ? [] : [mistyped(path, 'integer,string', actual)]
  }
  if (type === undefined || type === actual || (type === 'number' && actual === 'integer')) return []
  if (type === 'integer' && actual === 'number' && format !== undefined) {
    const detail = `Checked value must be of type integer with format ${format} in ${path}`
    return [invalid('<nil>', '', detail), mistyped(path, format, 'float64')]
  }
  return [mistyped(path, type, actual)]
}

function mistyped(path: string, expected: string, actual: string): FieldError {
  return typeInvalid(path, actual, `${inBody(path)} must be of type ${expected}: ${JSON.stringify(actual)}`)
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function ofEnum(value: unknown, { enum: allowed }: Schema, path: string): FieldError[] {
  if (allowed === undefined || allowed.some((each) => sameJson(each, value))) return []
  const texts = allowed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  return [notSupported(path, value, texts)]
}

function ofNumber(value: number, schema: Schema, path: string): FieldError[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema
  const problems: string[] = []
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    problems.push(`should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`)
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    problems.push(`should be greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`)
  }
  const bounds = problems.map((problem) => invalid(path, value, `${inBody(path)} ${problem}`))
  return multipleOf === undefined ? bounds : [...ofFactor(value, multipleOf, path), ...bounds]
}

/** A whole number is compared with the whole part of the factor, which may be none. */
function ofFactor(value: number, multipleOf: number, path: string): FieldError[] {
  const factor = Number.isInteger(value) ? Math.trunc(multipleOf) : multipleOf
  if (factor <= 0) {
    return [invalid(path, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`)]
  }
  if (Number.isInteger(value / factor)) return []
  return [invalid(path, value, `${inBody(path)} should be a multiple of ${multipleOf}`)]
}

/** Of what is wrong with a text, only the first is told; what its format says stands apart. */
function ofString(value: string, schema: Schema, path: string): FieldError[] {
  const { format } = schema
  const problem = ofText(value, schema, path)
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(format === undefined || fitsFormat(value, format)
      ? []
      : [typeInvalid(path, value, `${inBody(path)} must be of type ${format}: ${JSON.stringify(value)}`)]),
  ]
}

function ofText(value: string, { minLength, maxLength, pattern }: Schema, path: string): FieldError | undefined {
  const { length } = Array.from(value)
  if (maxLength !== undefined && length > maxLength) return tooLong(path, maxLength)
  if (minLength !== undefined && length < minLength) {
    return invalid(path, value, `${inBody(path)} should be at least ${minLength} chars long`)
  }
  if (pattern === undefined || matching(pattern).test(value)) return undefined
  return invalid(path, value, `${inBody(path)} should match '${pattern}'`)
}

function ofList(
  list: readonly unknown[],
  schema: Schema,
  path: string,
  old: readonly unknown[] | undefined,
): FieldError[] {
  const { minItems, maxItems, uniqueItems, items } = schema
  const repeated = uniqueItems === true && list.some((item, at) => list.findIndex((one) => sameJson(one, item)) < at)
  return [
    ...(maxItems !== undefined && list.length > maxItems ? [tooMany(path, list.length, maxItems)] : []),
    ...(minItems !== undefined && list.length < minItems
      ? [invalid(path, list.length, `${inBody(path)} should have at least ${minItems} items`)]
      : []),
    ...(repeated ? [invalid(path, '', `${inBody(path)} shouldn't contain duplicates`)] : []),
    ...ofListType(list, schema, path),
    ...(items === undefined
      ? []
      : list.flatMap((item, index) => ofValue(item, items, `${path}[${index}]`, counterpart(item, old, schema)))),
  ]
}

/** The item that an update may have left as it was: only those of maps can be told. */
export function counterpart(item: unknown, old: readonly unknown[] | undefined, schema: Schema): unknown {
  const keys = schema['x-kubernetes-list-map-keys']
  if (old === undefined || keys === undefined || !isFields(item)) return undefined
  return old.find((one) => isFields(one) && keys.every((key) => one[key] === item[key]))
}

function ofListType(list: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (type !== 'set' && type !== 'map') return []
  const named = type === 'set' ? list : list.map((item) => namedBy(item, keys))
  return named.flatMap((name, index) => {
    const before = named.slice(0, index).filter((other) => sameJson(other, name)).length
    return before === 1 ? [duplicate(`${path}[${index}]`, name)] : []
  })
}

function namedBy(item: unknown, keys: readonly string[]): Fields {
  const fields = isFields(item) ? item : {}
  return Object.fromEntries(keys.filter((key) => key in fields).map((key) => [key, fields[key]]))
}

function ofFields(fields: Fields, schema: Schema, path: string, old: Fields | undefined): FieldError[] {
  const { minProperties, maxProperties, properties, additionalProperties } = schema
  const names = Object.keys(fields)
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  return [
    ...(maxProperties !== undefined && names.length > maxProperties
      ? [tooMany(path, names.length, maxProperties)]
      : []),
    ...(minProperties !== undefined && names.length < minProperties
      ? [invalid(path, names.length, `${inBody(path)} should have at least ${minProperties} properties`)]
      : []),
    ...(schema.required ?? []).filter((name) => !(name in fields)).map((name) => required(below(name))),
    ...names.flatMap((name) => {
      const property =
        properties?.[name] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
      return property === undefined ? [] : ofValue(fields[name], property, below(name), old?.[name])
    }),
  ]
}

function ofCombinations(value: unknown, schema: Schema, path: string): FieldError[] {
  const { allOf = [], anyOf, oneOf, not } = schema
  const fits = (each: Schema): boolean => ofValue(value, each, path, undefined).length === 0
  const fitting = oneOf?.filter(fits).length ?? 1
  const told = (problem: string): FieldError => invalid(path, '', `${JSON.stringify(path)} must ${problem}`)
  return [
    ...allOf.flatMap((each) => ofValue(value, each, path, undefined)),
    ...(anyOf === undefined || anyOf.some(fits) ? [] : [told('validate at least one schema (anyOf)')]),
    ...(fitting === 1
      ? []
      : [told(`validate one and only one schema (oneOf). Found ${fitting === 0 ? 'none' : fitting} valid`)]),
    ...(not !== undefined && fits(not) ? [told('not validate the schema (not)')] : []),
  ]
}

const patterns = new Map<string, RegExp>()

/** Patterns are written in RE2's syntax, which is nearly JavaScript's. */
function matching(pattern: string): RegExp {
  const known = patterns.get(pattern)
  if (known !== undefined) return known
  const compiled = new RegExp(pattern, 'u')
  patterns.set(pattern, compiled)
  return compiled
}

function inBody(path: string): string {
  return `${path} in body`
}
