import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { isFields } from '../json.ts'
import type { Schema, ValidationRule } from '../schema.ts'
import { counterpart } from '../validate.ts'
import { compile, optional, summaryOf } from './environment.ts'
import { toCel } from './values.ts'

/** What is wrong with a custom resource by the CEL rules of its schema. `old` is what an update started from. */
export function validateRules(object: object, schema: Schema, old?: object): FieldError[] {
  return ofValue(object, schema, '', old)
}

function ofValue(value: unknown, schema: Schema, path: string, old: unknown): FieldError[] {
  if (value === null || value === undefined || !hasRules(schema)) return []
  const rules = schema['x-kubernetes-validations'] ?? []
  return [
    ...ofRules(rules, value, schema, path, old ?? undefined),
    ...(schema.allOf ?? []).flatMap((each) => ofValue(value, each, path, old)),
    ...(Array.isArray(value) ? ofList(value, schema, path, old) : []),
    ...(isFields(value) ? ofFields(value, schema, path, old) : []),
  ]
}

function ofList(list: readonly unknown[], schema: Schema, path: string, old: unknown): FieldError[] {
  const { items = {} } = schema
  const before = Array.isArray(old) ? (old as unknown[]) : undefined
  return list.flatMap((item, index) => ofValue(item, items, `${path}[${index}]`, counterpart(item, before, schema)))
}

function ofFields(fields: Readonly<Record<string, unknown>>, schema: Schema, path: string, old: unknown): FieldError[] {
  const { properties, additionalProperties } = schema
  const before = isFields(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : {}
  return Object.entries(fields).flatMap(([name, child]) => {
    const property = properties?.[name]
    if (property !== undefined) return ofValue(child, property, path === '' ? name : `${path}.${name}`, before[name])
    return typeof additionalProperties === 'object'
      ? ofValue(child, additionalProperties, `${path}[${name}]`, before[name])
      : []
  })
}

function ofRules(
  rules: readonly ValidationRule[],
  value: unknown,
  schema: Schema,
  path: string,
  old: unknown,
): FieldError[] {
  if (rules.length === 0) return []
  const self = toCel(value, schema)
  const oldSelf = old === undefined ? undefined : toCel(old, schema)
  return rules.flatMap((rule) => {
    const isTransition = /\boldSelf\b/.test(rule.rule)
    const optionalOld = rule.optionalOldSelf === true
    // A rule about a change says nothing where there is nothing to change from.
    if (isTransition && old === undefined && !optionalOld) return []
    const variables = { self, ...(optionalOld ? { oldSelf: optional(oldSelf) } : old === undefined ? {} : { oldSelf }) }
    return failureOf(rule, variables, value, schema, path)
  })
}

function failureOf(
  rule: ValidationRule,
  variables: Readonly<Record<string, unknown>>,
  value: unknown,
  schema: Schema,
  path: string,
): FieldError[] {
  const at = path === '' ? '<nil>' : path
  const evaluate = compile(rule.rule)
  const told = rule.message?.trim() ?? rule.rule.trim()
  if (typeof evaluate === 'string') return [invalid(at, schema.type, `rule compile error: ${evaluate}`)]
  try {
    if (evaluate(variables) === true) return []
  } catch (error) {
    return [invalid(at, schema.type, `${reworded(summaryOf(error))} evaluating rule: ${told}`)]
  }
  const message = messageOf(rule, variables) ?? rule.message?.trim() ?? `failed rule: ${told}`
  const field = rule.fieldPath === undefined ? at : `${path}${rule.fieldPath}`.replace(/^\./, '')
  const shown = schema.type === 'object' || schema.type === 'array' ? undefined : value
  switch (rule.reason) {
    case 'FieldValueRequired':
      return [required(field, message)]
    case 'FieldValueForbidden':
      return [forbidden(field, message)]
    case 'FieldValueDuplicate':
      return [{ reason: 'FieldValueDuplicate', field, message: 'Duplicate value' }]
    case undefined:
    default:
      return [shown === undefined ? whole(field, message) : invalid(field, shown, message)]
  }
}

/** Whole objects and lists are not shown. */
function whole(field: string, message: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${message}` }
}

function messageOf(
  { messageExpression }: ValidationRule,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  if (messageExpression === undefined) return undefined
  const evaluate = compile(messageExpression)
  if (typeof evaluate === 'string') return undefined
  try {
    const message: unknown = evaluate(variables)
    return typeof message === 'string' && message.trim() !== '' && !message.includes('\n') ? message.trim() : undefined
  } catch {
    return undefined
  }
}

/** As Kubernetes' evaluator says it. */
function reworded(problem: string): string {
  return problem.replace(/^No such key: /, 'no such key: ')
}

const ruled = new WeakMap<Schema, boolean>()

/** Whether there is any rule inside: most of an object has none, and is not walked. */
export function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  // What contains itself adds nothing to what else it contains.
  ruled.set(schema, false)
  const { items, additionalProperties, properties = {}, allOf = [] } = schema
  const below = [...Object.values(properties), ...allOf, items, additionalProperties]
  const found =
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    below.some((child) => typeof child === 'object' && hasRules(child))
  ruled.set(schema, found)
  return found
}
