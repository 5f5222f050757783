import type { Clock } from './clock.ts'
import { errorOfResponse, KubeError } from './kube-error.ts'
import { LineDecoder } from './line-decoder.ts'
import { collectionPath, type Resource, resourceName } from './resource.ts'
import type { Transport } from './transport.ts'

/** Which objects to watch. */
export interface Selection {
  resource: Resource
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

export interface WatchRequest extends Selection {
  transport: Transport
  clock: Clock
  signal: AbortSignal
  /** Continue after this version; absent: stream the present state first (WatchList). */
  resourceVersion?: string
}

/** Lines that arrived together. */
export interface WatchBatch {
  lines: readonly string[]
  receivedAtMs: number
  receivedMonotonicMs: number
}

/** The server ends a watch after this time, so that clients spread over its replicas. */
const serverTimeoutSeconds = 290
/** A connection that is silent for longer is dead: the server would have ended the watch before. */
const idleTimeoutMs = 295_000

/**
 * Opens a watch, and gives its lines as they arrive until the server ends it.
 * @throws KubeError: what the server answered; Timeout when silent for 295 s; Unavailable when it was cut, also within
 * a line; Aborted by `signal`.
 */
export async function openWatch(request: WatchRequest): Promise<AsyncGenerator<WatchBatch>> {
  const { transport, resource, resourceVersion } = request
  const path = collectionPath(resource, request.namespace)
  const idle = new IdleTimer(request.clock, request.signal, `watch ${path}`)
  try {
    const response = await transport.request({
      method: 'GET',
      verb: 'watch',
      resource: resourceName(resource),
      path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: serverTimeoutSeconds,
        labelSelector: request.labelSelector,
        fieldSelector: request.fieldSelector,
        ...(resourceVersion === undefined
          ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion }),
      },
      signal: idle.signal,
    })
    if (response.status !== 200) {
      throw errorOfResponse(response.status, await response.text(), `watch ${path}`, response.headers)
    }
    return readWatch(response.body, request.clock, idle, path)
  } catch (error) {
    idle.end()
    throw idle.explain(error)
  }
}

async function* readWatch(
  body: AsyncIterable<Uint8Array>,
  clock: Clock,
  idle: IdleTimer,
  path: string,
): AsyncGenerator<WatchBatch> {
  const decoder = new LineDecoder()
  try {
    for await (const chunk of body) {
      const receivedAtMs = clock.now()
      const receivedMonotonicMs = clock.monotonicMs()
      idle.touch(receivedMonotonicMs)
      const lines = decoder.push(chunk)
      if (lines.length > 0) yield { lines, receivedAtMs, receivedMonotonicMs }
    }
    if (decoder.truncated) throw new KubeError('Unavailable', `watch ${path}: ended within a line`)
  } catch (error) {
    throw idle.explain(error)
  } finally {
    idle.end()
  }
}

/** Aborts its signal when the caller's does, or when nobody has touched it for the idle timeout. */
class IdleTimer {
  readonly #ending = new AbortController()
  readonly #clock: Clock
  readonly #caller: AbortSignal
  readonly #what: string
  #touchedMs: number
  #timer

  constructor(clock: Clock, caller: AbortSignal, what: string) {
    this.#clock = clock
    this.#caller = caller
    this.#what = what
    this.#touchedMs = clock.monotonicMs()
    this.#timer = clock.setTimeout(this.#check, idleTimeoutMs)
    if (caller.aborted) this.#onCallerAbort()
    else caller.addEventListener('abort', this.#onCallerAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  touch(nowMs: number): void {
    this.#touchedMs = nowMs
  }

  end(): void {
    this.#timer.cancel()
    this.#caller.removeEventListener('abort', this.#onCallerAbort)
  }

  explain(error: unknown): unknown {
    return this.signal.aborted && !this.#caller.aborted ? this.signal.reason : error
  }

  /** One timer for the whole stream: it looks back when it fires, instead of being set anew for each chunk. */
  readonly #check = (): void => {
    const restMs = this.#touchedMs + idleTimeoutMs - this.#clock.monotonicMs()
    if (restMs > 0) this.#timer = this.#clock.setTimeout(this.#check, restMs)
    else this.#ending.abort(new KubeError('Timeout', `${this.#what}: silent for ${idleTimeoutMs} ms`))
  }

  readonly #onCallerAbort = (): void => this.#ending.abort(this.#caller.reason)
}
