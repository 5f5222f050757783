import type { Clock, Transport, TransportRequest, TransportResponse } from '../../../src/kube/index.ts'
import { RequestLife } from '../../../src/kube/request-life.ts'
import { type Attempt, withRetries } from '../../../src/kube/retries.ts'
import type { ProcessClock } from '../time/process-clock.ts'
import { BytePipe } from './byte-pipe.ts'
import { connectionError, gatewayTimeout, refusals, type RequestFault, statusBody } from './faults.ts'

/** What decides when, and whether, something arrives. */
export interface Weather {
  /** One way of a request or an answer. */
  travelMs(): number
  /** From the server's storing a change until this process is told of it. */
  watchLagMs(resource: string): number
  /** What befalls this request, asked when it reaches the server. */
  faultOf(request: TransportRequest): RequestFault | undefined
  /** Milliseconds on top of an answer that is slow. */
  slownessMs(): number
}

/** Who is told what passes. */
export interface WireTap {
  /** The process has let go of a request: from now on it may arrive, whatever becomes of the process. */
  sent?(request: TransportRequest): void
  /** The process heard of its outcome: a status, or the name of a fault. */
  heard?(request: TransportRequest, outcome: number | string): void
  /** The server is about to see it (`before`), or has done it (`after`). What it returns befalls the request. */
  atServer?(request: TransportRequest, moment: 'before' | 'after'): RequestFault | undefined
}

const defaultTimeoutMs = 30_000

/**
 * One process's way to the API server: each request and each answer takes its time, watches lag, and things go wrong.
 * What was sent arrives even if its sender is dead by then. Timeouts and retries are those of the real transport.
 */
export class Wire implements Transport {
  readonly #upstream: Transport
  readonly #clock: Clock
  readonly #process: ProcessClock
  readonly #weather: Weather
  readonly #tap: WireTap
  readonly #watches = new Set<{ pipe: BytePipe; cancel: () => void }>()

  constructor(options: { upstream: Transport; clock: Clock; process: ProcessClock; weather: Weather; tap?: WireTap }) {
    this.#upstream = options.upstream
    this.#clock = options.clock
    this.#process = options.process
    this.#weather = options.weather
    this.#tap = options.tap ?? {}
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const life = new RequestLife(request, this.#process, request.timeoutMs ?? defaultTimeoutMs)
    try {
      life.signal.throwIfAborted()
      const attempt = (): Promise<Answer> => this.#attempt(request, life)
      const answer = await withRetries(request, { clock: this.#process, signal: life.signal, attempt })
      if (request.verb === 'watch') life.clearTimeout()
      return new Received(answer, life)
    } catch (error) {
      life.end()
      throw life.explain(error)
    }
  }

  /** Every watch breaks; `truncated` in the middle of a line. */
  breakWatches(how: 'ended' | 'reset' | 'truncated'): void {
    for (const { pipe, cancel } of this.#watches) {
      cancel()
      if (how === 'truncated') pipe.push(Buffer.from('{"type":"MODIFIED","object":{"metad'), 0)
      pipe.end(0, how === 'reset' ? connectionError('ECONNRESET') : undefined)
    }
    this.#watches.clear()
  }

  /** As when its process is gone. */
  close(): void {
    for (const { cancel } of this.#watches) cancel()
    this.#watches.clear()
  }

  #attempt(request: TransportRequest, life: RequestLife): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const onAbort = (): void => reject(life.signal.reason as Error)
    life.signal.addEventListener('abort', onAbort, { once: true })
    this.#tap.sent?.(request)
    this.#clock.setTimeout(() => {
      void this.#serve(request, life).then((outcome) => {
        const delayMs = this.#weather.travelMs() + (outcome.isSlow === true ? this.#weather.slownessMs() : 0)
        this.#process.setTimeout(() => {
          life.signal.removeEventListener('abort', onAbort)
          if (outcome.error === undefined) {
            this.#tap.heard?.(request, outcome.answer.status)
            resolve(outcome.answer)
          } else {
            this.#tap.heard?.(request, (outcome.error as { code?: string }).code ?? outcome.error.message)
            reject(life.explain(outcome.error))
          }
        }, delayMs)
      })
    }, this.#weather.travelMs())
    return promise
  }

  async #serve(request: TransportRequest, life: RequestLife): Promise<Outcome> {
    const fault = this.#tap.atServer?.(request, 'before') ?? this.#weather.faultOf(request)
    if (fault === 'refused') return { error: connectionError('ECONNREFUSED') }
    if (fault === 'reset') return { error: connectionError('ECONNRESET') }
    const refusal = fault === undefined ? undefined : refusals[fault]
    if (refusal !== undefined) {
      const { status, reason, headers } = refusal
      return { answer: new Answer(status, statusBody(status, reason), headers), isSlow: false }
    }
    if (request.verb === 'watch') return { answer: await this.#watch(request, life), isSlow: false }
    const { signal: _caller, ...sent } = request
    const response = await this.#upstream.request(sent)
    const answer = new Answer(response.status, await response.text(), response.headers)
    const afterwards = this.#tap.atServer?.(request, 'after') ?? fault
    if (afterwards === 'lostAnswer') return { error: connectionError('ECONNRESET') }
    if (afterwards === 'gatewayTimeout') {
      const { status, reason } = gatewayTimeout
      return { answer: new Answer(status, statusBody(status, reason)), isSlow: false }
    }
    return { answer, isSlow: afterwards === 'slow' }
  }

  async #watch(request: TransportRequest, life: RequestLife): Promise<Answer> {
    const ending = new AbortController()
    const response = await this.#upstream.request({ ...request, signal: ending.signal })
    if (response.status !== 200) return new Answer(response.status, await response.text(), response.headers)
    const pipe = new BytePipe(this.#process)
    const watch = { pipe, cancel: () => ending.abort() }
    this.#watches.add(watch)
    life.signal.addEventListener('abort', () => {
      this.#watches.delete(watch)
      watch.cancel()
      pipe.cut(life.signal.reason)
    })
    void this.#forward(request.resource, response, pipe).finally(() => this.#watches.delete(watch))
    return new Answer(200, '', response.headers, pipe)
  }

  async #forward(resource: string, response: TransportResponse, pipe: BytePipe): Promise<void> {
    try {
      for await (const chunk of response.body) {
        if (this.#process.isDead) return
        pipe.push(chunk, this.#weather.watchLagMs(resource))
      }
      pipe.end(this.#weather.watchLagMs(resource))
    } catch {
      // We ended it ourselves, and have told the reader.
    }
  }
}

type Outcome = { answer: Answer; error?: undefined; isSlow: boolean } | { error: Error; isSlow?: undefined }

class Answer implements Attempt {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly pipe: BytePipe | undefined

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}, pipe?: BytePipe) {
    this.status = status
    this.text = text
    this.headers = headers
    this.pipe = pipe
  }

  async discard(): Promise<void> {}
}

class Received implements TransportResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #answer: Answer
  readonly #life: RequestLife

  constructor(answer: Answer, life: RequestLife) {
    this.status = answer.status
    this.headers = answer.headers
    this.#answer = answer
    this.#life = life
  }

  async text(): Promise<string> {
    this.#life.end()
    return this.#answer.text
  }

  get body(): AsyncIterable<Uint8Array> {
    const { pipe, text } = this.#answer
    return readBody(pipe ?? [Buffer.from(text)], this.#life)
  }

  cancel(): void {
    this.#life.end()
    this.#answer.pipe?.cut(undefined)
  }
}

async function* readBody(
  body: AsyncIterable<Uint8Array> | Uint8Array[],
  life: RequestLife,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk
  } catch (error) {
    throw life.explain(error)
  } finally {
    life.end()
  }
}
