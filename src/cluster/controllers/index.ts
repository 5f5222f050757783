import type { Clock, Random, Transport } from '../../kube/index.ts'

export interface ControllerOptions {
  /** A way to the API server for each controller, by name: `deployment-controller`, `endpointslice-controller`. */
  readonly transport: (name: string) => Transport
  readonly clock: Clock
  readonly random: Random
  readonly onError?: (controller: string, error: unknown) => void
}

export interface Controllers {
  /** Resolves when every controller has stopped. */
  stop(): Promise<void>
}
