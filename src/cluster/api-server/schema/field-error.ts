/** One thing that is wrong with an object, in the API server's words. */
export interface FieldError {
  /** As the API server's `details.causes[].reason`. */
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueNotSupported'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
  /** `spec.template.spec.containers[0].image` */
  readonly field: string
  /** With the prefix that the API server gives it: `Required value`, `Invalid value: 5: must be ...`. */
  readonly message: string
}

export function required(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: withDetail('Required value', detail) }
}

export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) }
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${told(value)}`, detail) }
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueTypeInvalid', field, message: withDetail(`Invalid value: ${told(value)}`, detail) }
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${told(value)}` }
}

export function notFound(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${told(value)}` }
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((each) => JSON.stringify(String(each))).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: withDetail(`Unsupported value: ${told(value)}`, list === '' ? '' : `supported values: ${list}`),
  }
}

export function tooLong(field: string, maximum: number): FieldError {
  const unit = maximum === 1 ? 'byte' : 'bytes'
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${maximum} ${unit}` }
}

export function tooMany(field: string, count: number, maximum: number): FieldError {
  const unit = maximum === 1 ? 'item' : 'items'
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${maximum} ${unit}` }
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`
}

/** A value as it stands in a message. */
function told(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
