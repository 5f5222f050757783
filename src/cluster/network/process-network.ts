import type { PodDialer, PodNetwork } from './pod-network.ts'

/** A network whose pods are processes of this machine. */
export interface ProcessNetwork extends PodNetwork, PodDialer {
  /** What a pod's processes need in their environment so that they listen on the pod's address. */
  environment(podIp: string): Readonly<Record<string, string>>
  close(): Promise<void>
}
