import type { Clock, Timer } from './clock.ts'
import { KubeError } from './kube-error.ts'
import type { TransportRequest } from './transport.ts'

/**
 * From a request's start until its body is read: one signal that aborts with a KubeError, when the time is up (Timeout)
 * or when the caller's signal aborts (Aborted).
 */
export class RequestLife {
  readonly #ending = new AbortController()
  readonly #what: string
  readonly #callerSignal: AbortSignal | undefined
  readonly #timer: Timer

  constructor(request: TransportRequest, clock: Clock, timeoutMs: number) {
    this.#what = `${request.verb} ${request.path}`
    this.#callerSignal = request.signal
    this.#timer = clock.setTimeout(
      () => this.#ending.abort(new KubeError('Timeout', `${this.#what}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
    if (this.#callerSignal?.aborted) this.#onCallerAbort()
    else this.#callerSignal?.addEventListener('abort', this.#onCallerAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /**
   * What the promise brings, or this end: undici hears of an abort only once it has connected, and does not send then.
   *
   * @throws KubeError Timeout or Aborted
   */
  within<T>(promise: Promise<T>): Promise<T> {
    const ended = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason as KubeError), { once: true })
    })
    return Promise.race([promise, ended])
  }

  clearTimeout(): void {
    this.#timer.cancel()
  }

  /** Nothing aborts any more. */
  end(): void {
    this.#timer.cancel()
    this.#callerSignal?.removeEventListener('abort', this.#onCallerAbort)
  }

  /** What to throw for an error of the connection: why this request was ended, if it was. */
  explain(error: unknown): KubeError {
    if (this.signal.aborted) return this.signal.reason as KubeError
    if (error instanceof KubeError) return error
    const message = error instanceof Error ? error.message : String(error)
    return new KubeError('Unavailable', `${this.#what}: ${message}`, { cause: error })
  }

  readonly #onCallerAbort = (): void => {
    const cause: unknown = this.#callerSignal?.reason
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    this.#ending.abort(new KubeError('Aborted', `${this.#what}: aborted${why}`, { cause }))
  }
}
