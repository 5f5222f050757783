import { ClusterError } from '../cluster-error.ts'

/** The second bytes of the `10.x` networks that clusters on one machine may take. */
const CANDIDATES = Array.from({ length: 30 }, (_, offset) => 210 + offset)

/**
 * Who has which address in the cluster network `10.x.0.0/16`. Nodes are counted from 1; a node's pods have the third
 * byte for themselves.
 */
export interface Addresses {
  readonly network: string
  /** The control plane, and its API server's advertised address. */
  readonly controlPlane: string
  /** This machine, as the cluster sees it. */
  readonly host: string
  readonly serviceRange: string
  /** The Service `kubernetes`: always the first address of the range. */
  readonly kubernetesService: string
  /** Where pods are told to look for names; nothing answers there. */
  readonly dnsService: string
  /** What covers nodes and pods, and no Service. */
  readonly podNetwork: string
  node(number: number): string
  podRange(number: number): string
}

export function addressesOf(x: number): Addresses {
  const at = (rest: string) => `10.${x}.${rest}`
  return {
    network: at('0.0/16'),
    controlPlane: at('0.1'),
    host: at('0.254'),
    serviceRange: at('240.0/20'),
    kubernetesService: at('240.1'),
    dnsService: at('240.10'),
    podNetwork: at('0.0/17'),
    node: (number) => at(`0.${10 + number}`),
    podRange: (number) => at(`${number}.0/24`),
  }
}

/**
 * The second bytes that may be taken, in the order in which to try them, given the networks in use: addresses or ranges
 * as `ip route` writes them (`default` and IPv6 are no obstacle).
 *
 * @throws ClusterError `NoFreeSubnet`
 */
export function freeSubnets(inUse: readonly string[]): readonly number[] {
  const taken = inUse.flatMap((network) => range(network) ?? [])
  const free = CANDIDATES.filter((x) => {
    const wanted = range(addressesOf(x).network)
    return !taken.some(({ first, last }) => wanted !== undefined && first <= wanted.last && wanted.first <= last)
  })
  if (free.length === 0)
    throw new ClusterError('NoFreeSubnet', '10.210.0.0/16 to 10.239.0.0/16 all overlap with a route of this machine')
  return free
}

/** First and last address of an IPv4 range as numbers. */
function range(network: string): { readonly first: number; readonly last: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(network)
  if (match === null || network === '0.0.0.0/0') return undefined
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map((part) => (part === undefined ? 32 : Number(part)))
  const size = 2 ** (32 - bits)
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}
