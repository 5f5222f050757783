import { mkdirSync, readlinkSync, rmSync } from 'node:fs'
import { connect, Socket } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../kube/index.ts'
import { AddressPool } from './address-pool.ts'
import { preloadPath, quoted } from './loopback-network.ts'
import type { ProcessNetwork } from './process-network.ts'
import { probeCalls } from './probe-calls.ts'

const loopback = '127.0.0.1'

/**
 * For systems with one loopback address: a pod's address is only a name, and each port that it listens on is a free one
 * of 127.0.0.1. The pod's processes leave a link in `folder` from the port that they asked for to the one that they got.
 */
export function openMappedNetwork(clock: Pick<Clock, 'setTimeout'>, folder: string): ProcessNetwork {
  const pool = new AddressPool('10.244')
  const portsOf = (podIp: string): string => join(folder, podIp)
  const dialer = {
    connect(podIp: string, port: number): Socket {
      if (podIp === loopback) return connect({ host: loopback, port, allowHalfOpen: true })
      const actual = mappedPort(portsOf(podIp), port)
      return actual === undefined
        ? refused(podIp, port)
        : connect({ host: loopback, port: actual, allowHalfOpen: true })
    },
  }
  return {
    ...dialer,
    ...probeCalls(dialer, clock),
    nodeAddress: () => loopback,
    allocate(node) {
      const podIp = pool.allocate(node)
      mkdirSync(portsOf(podIp), { recursive: true })
      return podIp
    },
    release(podIp) {
      rmSync(portsOf(podIp), { recursive: true, force: true })
      pool.release(podIp)
    },
    // A pod with the node's network listens where it says.
    environment: (podIp) =>
      podIp === loopback
        ? { POD_IP: podIp }
        : { POD_IP: podIp, POD_PORTS: portsOf(podIp), NODE_OPTIONS: `--require=${quoted(preloadPath)}` },
    close: async () => {},
  }
}

function mappedPort(folder: string, port: number): number | undefined {
  try {
    return Number(readlinkSync(join(folder, String(port))))
  } catch {
    return undefined
  }
}

/** A connection that is refused, as soon as somebody can see it. */
function refused(podIp: string, port: number): Socket {
  const socket = new Socket()
  const error = Object.assign(new Error(`connect ECONNREFUSED ${podIp}:${port}`), { code: 'ECONNREFUSED' })
  process.nextTick(() => socket.destroy(error))
  return socket
}
