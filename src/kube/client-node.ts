import type { Clock } from './clock.ts'
import type { Transport } from './transport.ts'
import type { AccessSource } from './undici-transport.ts'

/** Which cluster, and as whom. */
export interface ClusterConfig {
  access: AccessSource
  server: string
  /** The namespace of the context; `default` when it names none. */
  namespace: string
  context: string
}

export interface LoadOptions {
  clock: Clock
  /** A kubeconfig file. @default $KUBECONFIG, ~/.kube/config, the service account of the pod, in this order */
  kubeconfig?: string
  /** @default the file's current context */
  context?: string
}

/** @throws KubeError Unexpected when there is no usable configuration. */
export function loadClusterConfig(_options: LoadOptions): ClusterConfig {
  throw new Error('not implemented')
}

/** client-node's generated calls (e.g. `CoordinationV1Api`) on this transport. */
export function generatedCalls<A>(_transport: Transport, _api: new (...configuration: never[]) => A): A {
  throw new Error('not implemented')
}
