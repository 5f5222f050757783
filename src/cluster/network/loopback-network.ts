import { connect, createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../kube/index.ts'
import { AddressPool } from './address-pool.ts'
import type { ProcessNetwork } from './process-network.ts'
import { probeCalls } from './probe-calls.ts'

/** On each block's last address, who holds this port holds the block. Below every system's range of free ports. */
const claimPort = 10_123
const firstBlock = 20
const lastBlock = 219

/** The file that makes a Node process listen on its pod's address. */
export const preloadPath = fileURLToPath(new URL('preload.cjs', import.meta.url))

/**
 * Each node and pod has its own loopback address: 127.<block>.<node>.<n>. Several clusters on one machine have
 * different blocks; a block is free again when its process ends, however it ends.
 * @throws Error when the system has only one loopback address, or all blocks are taken.
 */
export async function openLoopbackNetwork(clock: Pick<Clock, 'setTimeout'>): Promise<ProcessNetwork> {
  const { claim, block } = await claimBlock()
  const pool = new AddressPool(`127.${block}`)
  const dialer = { connect: (host: string, port: number) => connect({ host, port, allowHalfOpen: true }) }
  return {
    ...dialer,
    ...probeCalls(dialer, clock),
    nodeAddress: (node) => pool.nodeAddress(node),
    allocate: (node) => pool.allocate(node),
    release: (podIp) => pool.release(podIp),
    environment: (podIp) => ({ POD_IP: podIp, NODE_OPTIONS: `--require=${quoted(preloadPath)}` }),
    close: () => new Promise((resolve) => claim.close(() => resolve())),
  }
}

/** A path as NODE_OPTIONS takes it. */
export function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, '\\$&')}"` : path
}

async function claimBlock(): Promise<{ claim: Server; block: number }> {
  for (let block = firstBlock; block <= lastBlock; block++) {
    const claim = await listenOn(`127.${block}.255.254`)
    if (claim !== undefined) return { claim, block }
  }
  throw new Error(`127.${firstBlock} to 127.${lastBlock} are all in use: too many clusters run on this machine`)
}

/** Undefined when another process has it. */
function listenOn(host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen({ host, port: claimPort }, () => resolve(server.unref()))
  })
}
