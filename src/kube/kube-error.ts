/** Why a call failed, as far as a caller can act on it. */
export type KubeErrorCode =
  /** 409: the object changed meanwhile, another field manager owns a field, or it already exists (see `reason`). */
  | 'Conflict'
  /** 404. */
  | 'NotFound'
  /** 400, 415 or 422: the server will never accept this request; `causes` says which fields. */
  | 'Invalid'
  /** 401 or 403. */
  | 'Forbidden'
  /** 410: the resource version or continue token is too old. */
  | 'Gone'
  /** 429, after the retries that Retry-After allowed. */
  | 'TooManyRequests'
  /** 5xx, or no answer at all: connection refused, reset, closed half-way. */
  | 'Unavailable'
  /** The request's own time was up. A write may or may not have happened. */
  | 'Timeout'
  /** The caller's signal aborted, or the write gate is closed. */
  | 'Aborted'
  /** Anything else: another status, or an answer that is not what Kubernetes sends. */
  | 'Unexpected'

/** One of the `details.causes` of the API's Status object. */
export interface KubeErrorCause {
  reason?: string
  message?: string
  field?: string
}

/** The API's `Status` object, as failed calls and ERROR watch events carry it. */
export interface KubeStatus {
  kind?: string
  status?: string
  code?: number
  reason?: string
  message?: string
  details?: { causes?: KubeErrorCause[]; retryAfterSeconds?: number }
}

interface KubeErrorOptions {
  status?: number
  reason?: string
  causes?: readonly KubeErrorCause[]
  retryAfterSeconds?: number
  serverMessage?: string
  cause?: unknown
}

/** The one error of this room. `code` is what a caller branches on; the rest is for people. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly code: KubeErrorCode
  /** The HTTP status; absent when there was no answer. */
  readonly status: number | undefined
  /** The API's machine-readable reason, e.g. `AlreadyExists`, `FieldValueInvalid`. */
  readonly reason: string | undefined
  /** Which fields were refused and why. */
  readonly causes: readonly KubeErrorCause[]
  /** What the server asked to wait before trying again. */
  readonly retryAfterSeconds: number | undefined
  /** What the API server said, without what was asked; absent when there was no answer. */
  readonly serverMessage: string | undefined

  constructor(code: KubeErrorCode, message: string, options: KubeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status
    this.reason = options.reason
    this.causes = options.causes ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
    this.serverMessage = options.serverMessage
  }
}

/** Whether `error` is a {@link KubeError}, optionally one of these codes. */
export function isKubeError(error: unknown, ...codes: KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code))
}

/** The error for an HTTP answer of `status` whose body is `body` (a Status object where the API server wrote it). */
export function errorOfResponse(
  status: number,
  body: string,
  what: string,
  headers: Readonly<Record<string, string>> = {},
): KubeError {
  const retryAfterSeconds = retryAfterOf(headers)
  return errorOfStatus(
    parseStatus(body) ?? { message: body.trim().slice(0, 500) },
    what,
    status,
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  )
}

/** The error for a Status object, from a failed call or an ERROR watch event. */
export function errorOfStatus(
  status: KubeStatus,
  what: string,
  httpStatus: number | undefined = status.code,
  options: { retryAfterSeconds?: number } = {},
): KubeError {
  const message = status.message ?? status.reason ?? ''
  const retryAfterSeconds = options.retryAfterSeconds ?? status.details?.retryAfterSeconds
  return new KubeError(
    codeOfStatus(httpStatus),
    `${what}: ${httpStatus ?? 'no status'}${message === '' ? '' : ` ${message}`}`,
    {
      ...(httpStatus === undefined ? {} : { status: httpStatus }),
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(status.details?.causes === undefined ? {} : { causes: status.details.causes }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(message === '' ? {} : { serverMessage: message }),
    },
  )
}

/** Seconds of a Retry-After header; the API server always writes whole seconds, never a date. */
export function retryAfterOf(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers['retry-after']
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

const codes: Readonly<Record<number, KubeErrorCode>> = {
  400: 'Invalid',
  401: 'Forbidden',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  415: 'Invalid',
  422: 'Invalid',
  429: 'TooManyRequests',
}

function codeOfStatus(status = 0): KubeErrorCode {
  return codes[status] ?? (status >= 500 ? 'Unavailable' : 'Unexpected')
}

function parseStatus(body: string): KubeStatus | undefined {
  try {
    const parsed = JSON.parse(body) as KubeStatus | null
    return parsed?.kind === 'Status' ? parsed : undefined
  } catch {
    return undefined
  }
}
