import type { EndpointUse } from './service-table.ts'

/** One change of one endpoint, as one node's proxy took it. Wall times in milliseconds. */
export interface Programming {
  readonly node: string
  readonly namespace: string
  readonly service: string
  readonly address: string
  readonly pod: string | undefined
  /** What the endpoint is good for from now on; `gone` when no slice names it any more. */
  readonly use: EndpointUse | 'gone'
  /** Whether new connections may be sent to it from now on: endpoints that end get some while none is ready. */
  readonly routed: boolean
  /** When the proxy saw the changed slice. */
  readonly seenAtMs: number
  /** When new connections followed it. */
  readonly programmedAtMs: number
}

/** The last so many programmings of a proxy. */
export class ProgrammingLog {
  readonly #entries: Programming[] = []
  readonly #capacity: number

  constructor(capacity = 20_000) {
    this.#capacity = capacity
  }

  add(entry: Programming): void {
    this.#entries.push(entry)
    if (this.#entries.length > this.#capacity * 1.5) this.#entries.splice(0, this.#entries.length - this.#capacity)
  }

  entries(): readonly Programming[] {
    return this.#entries.slice(-this.#capacity)
  }
}
