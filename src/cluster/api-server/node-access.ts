import type { KubeObject, TransportResponse } from '../../kube/index.ts'

/** Which part of which container's output. */
export interface LogOptions {
  /** Absent: the pod's only container. */
  readonly container?: string
  readonly follow: boolean
  readonly previous: boolean
  readonly tailLines?: number
  readonly signal?: AbortSignal
}

/** A request to a port of a pod, as through `pods/<name>:<port>/proxy/<path>`. */
export interface PodRequest {
  readonly port: number
  /** With query. */
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** What the API server asks of kubelets and of the pod network: it has no way to pods itself. */
export interface NodeAccess {
  /** The text, or its parts as they are written. @throws Error what `kubectl logs` prints. */
  log(pod: KubeObject, options: LogOptions): Promise<string | AsyncIterable<string>>
  /** @throws Error when the pod could not be reached: 503 for the client. */
  proxy(pod: KubeObject, request: PodRequest): Promise<TransportResponse>
}
