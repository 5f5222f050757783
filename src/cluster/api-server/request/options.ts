import { invalid } from '../api-error.ts'
import type { FieldError } from '../kinds/kind.ts'
import { type ApiRequest, isTrue } from './api-request.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

/** What a write says besides its body. */
export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
  /** Who owns what is written. */
  readonly fieldManager: string
  readonly force: boolean
}

const longestManager = 128

/**
 * Reads the query of a write.
 * @throws ApiError 422 for values that there are not.
 */
export function writeOptionsOf(
  request: ApiRequest,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions {
  const { dryRun, fieldValidation = '', fieldManager = '', force } = request.query
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (isApply && fieldManager === '') {
      errors.push(error('FieldValueRequired', 'fieldManager', 'Required value: is required for apply patch'))
    }
    if (!isApply && force !== undefined) {
      errors.push(error('FieldValueForbidden', 'force', 'Forbidden: may not be specified for non-apply patch'))
    }
  }
  if (fieldManager.length > longestManager) {
    const message = `Too long: may not be more than ${longestManager} bytes`
    errors.push(error('FieldValueTooLong', 'fieldManager', message))
  }
  const unprintable = /\p{C}|(?! )\p{Z}/u.exec(fieldManager)
  if (unprintable !== null) errors.push(invalidCharacter(fieldManager, unprintable[0], unprintable.index))
  if (dryRun !== undefined && dryRun !== 'All') errors.push(unsupportedDryRun([dryRun]))
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(fieldValidation)) {
    const message = `Unsupported value: "${fieldValidation}": supported values: "", "Ignore", "Strict", "Warn"`
    errors.push(error('FieldValueNotSupported', 'fieldValidation', message))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun === 'All',
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    fieldManager: fieldManager === '' ? managerOfUserAgent(request.userAgent) : fieldManager,
    force: isTrue(force),
  }
}

function invalidCharacter(fieldManager: string, character: string, index: number): FieldError {
  const code = character.codePointAt(0) ?? 0
  const shown = fieldManager.replaceAll(/[^\x20-\x7e]/g, (found) => `\\x${hex(found.codePointAt(0) ?? 0, 2)}`)
  const why = `invalid character U+${hex(code, 4).toUpperCase()} (at position ${index})`
  return error('FieldValueInvalid', 'fieldManager', `Invalid value: "${shown}": ${why}`)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

export function unsupportedDryRun(values: readonly string[]): FieldError {
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  return error('FieldValueNotSupported', 'dryRun', message)
}

/** The user agent up to its first slash. */
export function managerOfUserAgent(userAgent: string): string {
  return (userAgent.split('/', 1)[0] ?? '').slice(0, longestManager)
}

function error(reason: FieldError['reason'], field: string, message: string): FieldError {
  return { reason, field, message }
}
