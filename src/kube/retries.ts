import type { Clock } from './clock.ts'
import { isKubeError, retryAfterOf } from './kube-error.ts'
import type { TransportRequest } from './transport.ts'

/** client-go's limit (rest.Request maxRetries). */
const mostRetries = 10

/** One attempt's answer, as far as another attempt depends on it. */
export interface Attempt {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Lets the connection be used again, without the rest of the body. */
  discard(): Promise<void>
}

/**
 * The answer to a request, after as many attempts as are safe: one of 429 or 5xx is tried again only if it says when
 * (Retry-After), at most ten times; a 401 once, with renewed credentials; a GET whose connection was reset once. A watch
 * is only tried again after a 401: its reader resumes it.
 */
export async function withRetries<T extends Attempt>(
  request: TransportRequest,
  { clock, signal, attempt }: { clock: Clock; signal: AbortSignal; attempt: (renew: boolean) => Promise<T> },
): Promise<T> {
  let renew = false
  let mayRenew = true
  let mayReset = request.method === 'GET' && request.verb !== 'watch'
  let retries = request.verb === 'watch' ? 0 : mostRetries
  for (;;) {
    let answer: T
    request.beforeAttempt?.()
    try {
      answer = await attempt(renew)
    } catch (error) {
      if (!mayReset || !isConnectionReset(error)) throw error
      mayReset = false
      continue
    }
    renew = answer.status === 401 && mayRenew
    const retryAfterSeconds = isRetried(answer.status) ? retryAfterOf(answer.headers) : undefined
    if (!renew && (retryAfterSeconds === undefined || retries === 0)) return answer
    await answer.discard()
    if (renew) {
      mayRenew = false
    } else {
      retries--
      await clock.sleep((retryAfterSeconds ?? 0) * 1000, signal)
    }
  }
}

function isRetried(status: number): boolean {
  return status === 429 || status >= 500
}

function isConnectionReset(error: unknown): boolean {
  const cause = isKubeError(error, 'Unavailable') ? (error.cause as { code?: unknown } | undefined) : undefined
  return cause?.code === 'ECONNRESET' || cause?.code === 'EPIPE' || cause?.code === 'UND_ERR_SOCKET'
}
