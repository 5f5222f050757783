import { type FieldError, invalid, required } from '../../schema/field-error.ts'
import { type Fields, isFields } from '../../schema/json.ts'
import { labelValue, percentage, qualifiedName } from './names.ts'
import { validateLabels } from './metadata.ts'

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : []
}

/** Numbers that may be absent, but not below zero. */
export function nonNegative(fields: Fields, path: string, ...names: readonly string[]): FieldError[] {
  return names.flatMap((name) => {
    const value = fields[name]
    const wrong = typeof value === 'number' && value < 0
    return wrong ? [invalid(`${path}.${name}`, value, 'must be greater than or equal to 0')] : []
  })
}

/** An integer, or a percentage. */
export function intOrPercent(value: unknown, field: string): FieldError[] {
  if (value === undefined) return []
  if (typeof value === 'string') return percentage(value).map((problem) => invalid(field, value, problem))
  return Number(value) < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []
}

export function atMostAll(value: unknown, field: string): FieldError[] {
  const above = typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100
  return above ? [invalid(field, value, 'must not be greater than 100%')] : []
}

export function labelSelector(selector: unknown, path: string): FieldError[] {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return [
    ...validateLabels(matchLabels as Record<string, string> | undefined, `${path}.matchLabels`),
    ...listOf(matchExpressions).flatMap((expression, index) =>
      requirement(expression, `${path}.matchExpressions[${index}]`),
    ),
  ]
}

function requirement({ key, operator, values }: Fields, path: string): FieldError[] {
  const list = Array.isArray(values) ? (values as string[]) : []
  return [
    ...ofOperator(operator, list, path),
    ...qualifiedName(String(key)).map((problem) => invalid(`${path}.key`, key, problem)),
    ...list.flatMap((value, index) =>
      labelValue(value).map((problem) => invalid(`${path}.values[${index}]`, value, problem)),
    ),
  ]
}

function ofOperator(operator: unknown, values: readonly string[], path: string): FieldError[] {
  if (operator === 'In' || operator === 'NotIn') {
    return values.length > 0 ? [] : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  }
  if (operator !== 'Exists' && operator !== 'DoesNotExist') {
    return [invalid(`${path}.operator`, operator, 'not a valid selector operator')]
  }
  const message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
  return values.length === 0
    ? []
    : [{ reason: 'FieldValueForbidden', field: `${path}.values`, message: `Forbidden: ${message}` }]
}

/** Whether labels are selected. An empty selector selects everything. */
export function selects(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return (
    Object.entries(fieldsOf(matchLabels)).every(([key, value]) => labels[key] === value) &&
    listOf(matchExpressions).every(({ key, operator, values }) => {
      const value = labels[String(key)]
      const listed = Array.isArray(values) && values.includes(value)
      if (operator === 'In') return listed
      if (operator === 'NotIn') return !listed
      return operator === 'Exists' ? value !== undefined : value === undefined
    })
  )
}
