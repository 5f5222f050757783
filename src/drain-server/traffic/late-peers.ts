import type { LatePeer } from '../report/report.ts'

/** How many peers are told apart: enough for the nodes or balancers that sent last, whatever the number of clients. */
const mostPeers = 64

/** Who sent late work. Of more than 64 peers those are kept that came last. */
export class LatePeers {
  /** In the order of their last arrival. */
  readonly #byAddress = new Map<string, LatePeer>()

  count(what: 'connections' | 'requests', address: string, sinceStartMs: number): void {
    const peer = this.#byAddress.get(address) ?? { address, connections: 0, requests: 0, lastMs: 0 }
    peer[what] += 1
    peer.lastMs = Math.max(peer.lastMs, sinceStartMs)
    this.#byAddress.delete(address)
    this.#byAddress.set(address, peer)
    if (this.#byAddress.size <= mostPeers) return
    const [longestAgo = ''] = this.#byAddress.keys()
    this.#byAddress.delete(longestAgo)
  }

  /** The peers, the one that came last first. */
  list(): LatePeer[] {
    return [...this.#byAddress.values()].reverse().map((peer) => ({ ...peer }))
  }
}

/** An address as people write it: IPv4 over an IPv6 socket without its prefix. */
export function peerAddress(remoteAddress: string | undefined): string {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'unknown'
}
