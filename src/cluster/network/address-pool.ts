/** Addresses `<prefix>.<node>.<n>`: nodes from 1 in the order in which they are first asked for, pods from 2. */
export class AddressPool {
  readonly #prefix: string
  readonly #nodes = new Map<string, { number: number; used: Set<number>; last: number }>()

  /** @param prefix the first two numbers, such as `127.20` */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  nodeAddress(node: string): string {
    return `${this.#prefix}.${this.#of(node).number}.1`
  }

  /** Addresses are not used again before all others have been: whoever still holds an old one reaches nobody. */
  allocate(node: string): string {
    const { number, used, last } = this.#of(node)
    for (let step = 1; step <= 253; step++) {
      const candidate = ((last - 2 + step) % 253) + 2
      if (used.has(candidate)) continue
      used.add(candidate)
      this.#of(node).last = candidate
      return `${this.#prefix}.${number}.${candidate}`
    }
    throw new Error(`node ${node} has no free pod address: 253 pods run there`)
  }

  release(address: string): void {
    const [, , node, last] = address.split('.').map(Number)
    for (const { number, used } of this.#nodes.values()) if (number === node) used.delete(last ?? 0)
  }

  #of(node: string): { number: number; used: Set<number>; last: number } {
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const number = this.#nodes.size + 1
    if (number > 254) throw new Error('there are addresses for 254 nodes')
    const fresh = { number, used: new Set<number>(), last: 1 }
    this.#nodes.set(node, fresh)
    return fresh
  }
}
