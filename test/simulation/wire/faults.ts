/**
 * What may befall one request.
 * - reset: the connection breaks before the server has read it
 * - lostAnswer: the server does it, and the connection breaks before the answer arrives
 * - gatewayTimeout: the server does it, and something in between answers 504
 * - conflict, tooMany (Retry-After: 1), serverError, unavailable: the server answers 409, 429, 500, 503 and does nothing
 * - slow: the answer takes seconds, perhaps longer than its reader waits
 * - refused: nobody listens
 */
export const requestFaults = [
  'reset',
  'lostAnswer',
  'gatewayTimeout',
  'conflict',
  'tooMany',
  'serverError',
  'unavailable',
  'slow',
  'refused',
] as const
export type RequestFault = (typeof requestFaults)[number]

/** Faults that the server answers itself, doing nothing. */
export const refusals: Partial<
  Record<RequestFault, { status: number; reason: string; headers?: Record<string, string> }>
> = {
  conflict: { status: 409, reason: 'Conflict' },
  tooMany: { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '1' } },
  serverError: { status: 500, reason: 'InternalError' },
  unavailable: { status: 503, reason: 'ServiceUnavailable' },
}

export const gatewayTimeout = { status: 504, reason: 'Timeout' } as const

/** The body with which an API server refuses. */
export function statusBody(status: number, reason: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: `simulated ${reason}`,
    reason,
    code: status,
  })
}

/** As node names a broken connection. */
export function connectionError(code: 'ECONNRESET' | 'ECONNREFUSED'): Error {
  return Object.assign(new Error(code === 'ECONNRESET' ? 'socket hang up' : 'connect ECONNREFUSED'), { code })
}
