import type { Clock } from '../../kube/index.ts'
import { openLoopbackNetwork } from './loopback-network.ts'
import { openMappedNetwork } from './mapped-network.ts'
import type { ProcessNetwork } from './process-network.ts'

/** `loopback`: an address for each pod. `mapped`: one address, and free ports. */
export type NetworkMode = 'loopback' | 'mapped'

/** Only Linux answers on all of 127.0.0.0/8 without further ado. */
export const usualNetworkMode: NetworkMode = process.platform === 'linux' ? 'loopback' : 'mapped'

export interface NetworkOptions {
  readonly clock: Pick<Clock, 'setTimeout'>
  /** @default what this system can do */
  readonly mode?: NetworkMode
  /** An existing folder for what the mapped mode has to remember. */
  readonly folder: string
}

export async function openNetwork({ clock, mode = usualNetworkMode, folder }: NetworkOptions): Promise<ProcessNetwork> {
  return mode === 'loopback' ? openLoopbackNetwork(clock) : openMappedNetwork(clock, folder)
}
