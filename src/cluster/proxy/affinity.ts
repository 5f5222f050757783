import type { Endpoint } from './service-table.ts'

/** Which endpoint a client had last, for `sessionAffinity: ClientIP`. */
export class Affinity {
  readonly #last = new Map<string, { address: string; port: number; atMs: number }>()

  /** The client's endpoint of before, if that is still one of these and was used within the timeout. */
  choose(client: string, endpoints: readonly Endpoint[], timeoutMs: number, nowMs: number): Endpoint | undefined {
    const last = this.#last.get(client)
    if (last === undefined || nowMs - last.atMs >= timeoutMs) return undefined
    const found = endpoints.find(({ address, port }) => address === last.address && port === last.port)
    if (found !== undefined) last.atMs = nowMs
    return found
  }

  remember(client: string, { address, port }: Endpoint, nowMs: number): void {
    this.#last.set(client, { address, port, atMs: nowMs })
  }
}
