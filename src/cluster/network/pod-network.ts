import type { Socket } from 'node:net'

/** What came of an HTTP probe or hook: a status, or why there is none (a system code, `TIMEOUT`, `ABORTED`). */
export type HttpProbeAnswer = { readonly status: number } | { readonly failed: string }

export interface ProbeCallOptions {
  readonly timeoutMs: number
  /** Aborting ends it with `failed: 'ABORTED'`. */
  readonly signal?: AbortSignal
}

export interface HttpGetOptions extends ProbeCallOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Certificates are not checked, as kubelet does not. @default http */
  readonly scheme?: 'http' | 'https'
}

/**
 * The pods' network as a kubelet sees it. A pod's address is one of this machine's loopback addresses where the system
 * has more than one (Linux), and a name for a set of free ports where it has not; whoever reaches for a pod asks here.
 * Nothing here ever rejects.
 */
export interface PodNetwork {
  /** The address of a node, and of its pods with `hostNetwork`. */
  nodeAddress(node: string): string
  /** A free pod address on a node, as in `status.podIP`. */
  allocate(node: string): string
  /** Gives it back. */
  release(podIp: string): void
  /** A GET from the node, as kubelet does it: its own connection, redirects are not followed. */
  httpGet(podIp: string, port: number, path: string, options: HttpGetOptions): Promise<HttpProbeAnswer>
  /** Opens a TCP connection and closes it: whether it opened, or why not. */
  tcpConnect(podIp: string, port: number, options: ProbeCallOptions): Promise<{ readonly failed?: string }>
  /** Asks the standard gRPC health service: 1 is SERVING. */
  grpcHealth(
    podIp: string,
    port: number,
    service: string,
    options: ProbeCallOptions,
  ): Promise<{ readonly serving: number } | { readonly failed: string }>
}

/** The pods' network as a service proxy sees it. */
export interface PodDialer {
  /** A TCP connection that may be half open, not yet open: `connect` or `error` follows. */
  connect(podIp: string, port: number): Socket
}
