import type { Socket } from 'node:net'

/** What came of an HTTP probe or hook: a status, or why there is none (a system code, `TIMEOUT`). */
export type HttpProbeAnswer = { readonly status: number } | { readonly failed: string }

/**
 * How pods are reached. A pod's address is one of this machine's loopback addresses where the system has more than one
 * (Linux), and a name for a set of free ports where it has not; whoever connects to a pod asks here.
 */
export interface PodNetwork {
  /** A free pod address on a node, as in `status.podIP`. */
  allocate(node: string): string
  /** Gives it back. */
  release(podIp: string): void
  /** A GET from the node, as kubelet does it: its own connection, no redirects to other hosts. Never rejects. */
  httpGet(podIp: string, port: number, path: string, options: HttpGetOptions): Promise<HttpProbeAnswer>
  /** A TCP connection, not yet open: `connect` or `error` follows. */
  connect(podIp: string, port: number): Socket
}

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Aborting ends it with `failed: 'ABORTED'`. */
  readonly signal?: AbortSignal
}
