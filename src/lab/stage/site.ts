import type { LagModel } from '../../cluster/index.ts'
import type { Transport } from '../../kube/index.ts'
import type { AgentTransport } from '../agent-client.ts'

/** The programs that a rehearsal runs in containers, each by a name of its own. */
export const programs = ['operator', 'agent', 'workload'] as const
export type Program = (typeof programs)[number]

export interface Address {
  readonly host: string
  readonly port: number
}

/** A pod by what reaching it takes: by its name through the API server, by its address where that can be reached. */
export interface PodAddress {
  readonly namespace: string
  readonly name: string
  readonly ip: string
}

/** A Service by what reaching it takes. */
export interface ServiceAddress {
  readonly namespace: string
  readonly name: string
  readonly clusterIp: string
  readonly port: number
}

/** The service proxies of a cluster that is ours: their lag is a setting, and what they did is known. */
export interface Dataplane {
  setLag(lag: LagModel): void
  /** Whether new connections through this node may be sent to the pod now. */
  routes(node: string, podIp: string): boolean
  /**
   * Since when no new connection through this node is sent to the pod, on the wall clock; the first such moment from
   * `sinceMs` on. Null: it never came. It is the truth that measured P is compared with.
   */
  letGoMs(node: string, podIp: string, sinceMs: number): number | null
}

/** A cluster before anything of ours is in it. What is different between clusters is here, and nowhere else. */
export interface Site {
  readonly kind: 'embedded' | 'kubeconfig'
  readonly transport: Transport
  /** Those that pods may be placed on. */
  readonly nodes: readonly string[]
  /** As the API server tells it, without the `v`. */
  readonly kubernetesVersion: string
  /** The reference by which a pod here names the image of a program. */
  image(program: Program): string
  /** A way to the agent's API in a pod. */
  agentTransport(pod: PodAddress, port: number): AgentTransport
  /** Where clients on a node find a Service, once that node's dataplane knows it. */
  serviceAddress(node: string, service: ServiceAddress): Promise<Address>
  /** Null where the dataplane is somebody else's. */
  readonly dataplane: Dataplane | null
  /** Of everything that was started here, now; null where nobody knows. */
  memoryBytes(): Promise<number | null>
  /** Ends what opening it started. May be called twice. */
  close(): Promise<void>
}
