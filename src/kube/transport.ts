import type { KubeErrorCode } from './kube-error.ts'

/** What a request does, in Kubernetes' words: the verb of RBAC rules and of metrics. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** One request to the API server. */
export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute path below the server's URL, already encoded, without query. */
  path: string
  query?: Readonly<Record<string, string | number | boolean | undefined>>
  headers?: Readonly<Record<string, string>>
  body?: string
  /** Ends the request, its retries and the reading of its body. */
  signal?: AbortSignal
  /**
   * Milliseconds for everything: connecting, retries, and reading the body. For a watch, only until its headers.
   * @default 30000
   */
  timeoutMs?: number
  /** Called before each attempt, also before one that waited: what it throws ends the request instead. */
  beforeAttempt?: () => void
  verb: Verb
  /** For metrics and messages, e.g. `deployments.apps`. */
  resource: string
}

/** The answer, whatever its status. Its body must be read (or `cancel()`led), or the request's time runs out. */
export interface TransportResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body. @throws KubeError Timeout, Aborted, or Unavailable when it was cut off. */
  text(): Promise<string>
  /** The body as it arrives. Leaving the loop early closes the connection. @throws as `text` does. */
  readonly body: AsyncIterable<Uint8Array>
  /** Closes the connection without reading the rest. */
  cancel(): void
}

/**
 * The one way to the API server. It authenticates, waits, retries where that is safe, and measures.
 * @throws KubeError Timeout, Aborted or Unavailable when there was no answer. An answer never throws, whatever its status.
 */
export interface Transport {
  request(request: TransportRequest): Promise<TransportResponse>
}

/** What was seen of one attempt; `status` is the HTTP status, or why there was none. */
export interface Observation {
  verb: Verb
  resource: string
  status: number | KubeErrorCode
  /** Until the headers arrived. */
  durationMs: number
}
