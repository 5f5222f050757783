import { type KubeErrorCause, type Resource, resourceName } from '../../kube/index.ts'
import type { FieldError } from './kinds/kind.ts'

/** The API's `Status` of a failure, as it is sent. */
export interface FailureStatus {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { continue?: string }
  readonly status: 'Failure'
  readonly message: string
  readonly reason?: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly causes?: readonly KubeErrorCause[]
    readonly retryAfterSeconds?: number
  }
  readonly code: number
}

interface StatusParts {
  readonly code: number
  readonly message: string
  readonly reason?: string
  readonly details?: FailureStatus['details']
  /** For an expired list: the token to go on with. */
  readonly continue?: string
}

/** Thrown anywhere while a request is handled: its Status is the answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: FailureStatus

  constructor(parts: StatusParts) {
    super(parts.message)
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: parts.continue === undefined ? {} : { continue: parts.continue },
      status: 'Failure',
      message: parts.message,
      ...(parts.reason === undefined ? {} : { reason: parts.reason }),
      ...(parts.details === undefined ? {} : { details: parts.details }),
      code: parts.code,
    }
  }
}

/** Something by its plural, as most messages name it. */
function detailsOf({ group, plural }: Resource, name?: string): NonNullable<FailureStatus['details']> {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: plural,
  }
}

function kindName({ group, kind }: Pick<Resource, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message })
}

export function notFound(resource: Resource, name: string): ApiError {
  const message = `${resourceName(resource)} "${name}" not found`
  return new ApiError({ code: 404, reason: 'NotFound', message, details: detailsOf(resource, name) })
}

export function alreadyExists(resource: Resource, name: string, isGoing = false): ApiError {
  const message = `${isGoing ? 'object is being deleted: ' : ''}${resourceName(resource)} "${name}" already exists`
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details: detailsOf(resource, name) })
}

export function noUniqueName(resource: Resource, name: string): ApiError {
  const why = 'the server was not able to generate a unique name for the object'
  const message = `${resourceName(resource)} "${name}" already exists, ${why}`
  const details = { ...detailsOf(resource, name), retryAfterSeconds: 1 }
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details })
}

export const modifiedMessage =
  'the object has been modified; please apply your changes to the latest version and try again'

/** `why` follows the words that the operation cannot be fulfilled. */
export function conflict(resource: Resource, name: string, why: string = modifiedMessage): ApiError {
  const message = `Operation cannot be fulfilled on ${resourceName(resource)} "${name}": ${why}`
  return new ApiError({ code: 409, reason: 'Conflict', message, details: detailsOf(resource, name) })
}

export function forbidden(resource: Resource, name: string, why: string, causes?: readonly KubeErrorCause[]): ApiError {
  const quoted = name === '' ? '' : ` "${name}"`
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${resourceName(resource)}${quoted} is forbidden: ${why}`,
    details: { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) },
  })
}

/** 422: `errors` say which fields. */
export function invalid(kind: Pick<Resource, 'group' | 'kind'>, name: string, errors: readonly FieldError[]): ApiError {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const all = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kindName(kind)} "${name}" is invalid${lines.length === 0 ? '' : `: ${all}`}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      ...(kind.kind === '' ? {} : { kind: kind.kind }),
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  })
}

export function methodNotAllowed(): ApiError {
  return new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
}

/** Nothing is served at a path, within a group that is. */
export function nothingThere(): ApiError {
  const message = 'the server could not find the requested resource'
  return new ApiError({ code: 404, reason: 'NotFound', message, details: {} })
}

export function unsupportedMediaType(): ApiError {
  const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
  return new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  })
}

/** Built-in kinds do not say which patches they would take; `accepted` are those of custom ones. */
export function unsupportedPatchType(accepted?: readonly string[]): ApiError {
  if (accepted !== undefined) {
    const list = `accepted media types include: ${accepted.join(', ')}`
    const message = `the body of the request was in an unknown format - ${list}`
    return new ApiError({ code: 415, reason: 'UnsupportedMediaType', message })
  }
  const message = '415: Unsupported Media Type'
  return new ApiError({ code: 415, reason: 'UnsupportedMediaType', message, details: {} })
}

export function notAcceptable(): ApiError {
  const available = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
  const message = `406: Not Acceptable\n\nAvailable representations: ${available}`
  return new ApiError({ code: 406, reason: 'NotAcceptable', message, details: {} })
}

/** 410: a version that is not remembered any more. `continueToken` goes on, inconsistently. */
export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError({
    code: 410,
    reason: 'Expired',
    message,
    ...(continueToken === undefined ? {} : { continue: continueToken }),
  })
}

/** 504: a version of the future. */
export function tooLargeVersion(asked: number, current: number): ApiError {
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: { causes: [cause], retryAfterSeconds: 1 },
  })
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes: readonly KubeErrorCause[],
): ApiError {
  const retry = retryAfterSeconds === 0 ? {} : { retryAfterSeconds }
  return new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { ...retry, causes } })
}

/** 500 without a reason: what the real server answers to failures that have no Status of their own. */
export function unknownFailure(message: string): ApiError {
  return new ApiError({ code: 500, message })
}

export function serviceUnavailable(message: string): ApiError {
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message })
}
