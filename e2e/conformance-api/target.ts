import type { ClosableTransport } from '../../src/kube/index.ts'

/**
 * What a case needs around it: an API server with nothing that writes by itself; controllers too, and pods that nobody
 * runs; or everything, with nodes that run containers.
 */
export const grounds = ['api', 'controllers', 'cluster'] as const
export type Ground = (typeof grounds)[number]

/** One cluster, as the cases see it: the real one or ours. */
export interface Target {
  readonly name: 'real' | 'embedded'
  readonly ground: Ground
  /** A client with this user agent, which names the default field manager. */
  client(userAgent: string): ClosableTransport
  readonly kubernetesVersion: string
  readonly kubeconfigPath: string
  /** Absent: there is none of the version whose answers were recorded; the string says why. */
  readonly kubectlPath: string | { readonly missing: string }
  /** Images that containers can be made of, by name of their program. */
  readonly images: Readonly<Record<string, string>>
  readonly nodes: readonly string[]
  /** How long nothing must happen before controllers are taken to be at rest. */
  readonly quietMs: number
  /** Makes every resource version before now one that cannot be watched from, where that can be done. */
  compact(): void
  down(): Promise<void>
}
