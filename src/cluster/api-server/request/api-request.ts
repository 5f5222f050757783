import { badRequest } from '../api-error.ts'
import { KubeError, type TransportRequest, type TransportResponse } from '../../../kube/index.ts'

/** A request as handlers see it, whether it came in memory or over HTTP. */
export interface ApiRequest {
  readonly method: TransportRequest['method']
  /** Without query, still encoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Of protobuf, one character for each byte. */
  readonly body: string
  readonly userAgent: string
  readonly signal: AbortSignal | undefined
  /** What the answer warns of; each becomes a Warning header. */
  readonly warnings: string[]
}

/** How Go clients rather send the built-in kinds. */
export const protobuf = 'application/vnd.kubernetes.protobuf'

/** A request of a client in this process. */
export function requestInMemory(request: TransportRequest, userAgent: string): ApiRequest {
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query[name] = String(value)
  }
  return {
    method: request.method,
    path: request.path,
    query,
    headers: request.headers ?? {},
    body: request.body ?? '',
    userAgent,
    signal: request.signal,
    warnings: [],
  }
}

/** Whether a query parameter says yes: whatever is there and does not say no. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && !['false', '0'].includes(value.toLowerCase())
}

/** @throws ApiError 400 for what is no number. */
export function integerOf(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  return Number(value)
}

/** An answer whose whole body is there. */
export class TextAnswer implements TransportResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #text: string

  constructor(
    status: number,
    text: string,
    contentType = 'application/json',
    more: Readonly<Record<string, string>> = {},
  ) {
    this.status = status
    this.headers = { 'content-type': contentType, 'cache-control': 'no-cache, private', ...more }
    this.#text = text
  }

  /** At once, for who is in the same process. */
  get content(): string {
    return this.#text
  }

  text(): Promise<string> {
    return Promise.resolve(this.#text)
  }

  get body(): AsyncIterable<Uint8Array> {
    return once(Buffer.from(this.#text))
  }

  cancel(): void {}
}

// oxlint-disable-next-line require-await -- an AsyncIterable is what bodies are.
async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}

export function aborted(request: ApiRequest): KubeError {
  const cause: unknown = request.signal?.reason
  if (cause instanceof KubeError) return cause
  return new KubeError('Aborted', `${request.method} ${request.path}: aborted`, { cause })
}
