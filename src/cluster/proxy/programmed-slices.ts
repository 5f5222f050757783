import type { Clock, Random, Timer } from '../../kube/index.ts'
import { drawLagMs } from './draw-lag.ts'
import type { Lag } from './lag.ts'
import { type Programming, ProgrammingLog } from './programming.ts'
import {
  type Endpoint,
  type EndpointSlice,
  type EndpointUse,
  endpointsByPort,
  routable,
  serviceOf,
} from './service-table.ts'

export interface ProgrammedSlicesOptions {
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  /** The lag at this moment: it may be set anew at any time, for what comes then. */
  readonly lag: () => Lag
  /** These Services' endpoints have changed: `namespace/name`. */
  readonly onProgrammed: (service: string) => void
}

interface Programmed {
  readonly slice: EndpointSlice
  readonly service: string
  readonly byPort: ReadonlyMap<string, readonly Endpoint[]>
}

/**
 * The slices by which a node routes: those that it has seen, each a lag later. Changes take effect in the order in which
 * they were seen, as a proxy programs one state after the other: a quick one never overtakes a slow one.
 */
export class ProgrammedSlices {
  readonly #options: ProgrammedSlicesOptions
  readonly #programmed = new Map<string, Programmed>()
  readonly #log = new ProgrammingLog()
  readonly #timers = new Set<Timer>()
  /** What was seen and is not programmed yet, first seen first: one timer for each. */
  readonly #seen: (() => void)[] = []
  #latestDueMs = 0

  constructor(options: ProgrammedSlicesOptions) {
    this.#options = options
  }

  /** A slice is as given now; undefined: it is gone. */
  see(key: string, slice: EndpointSlice | undefined, seenAtMs: number): void {
    const { clock, random, lag } = this.#options
    const nowMs = clock.monotonicMs()
    const dueMs = Math.max(this.#latestDueMs, nowMs + drawLagMs(lag(), random))
    this.#latestDueMs = dueMs
    if (dueMs <= nowMs && this.#seen.length === 0) {
      this.#program(key, slice, seenAtMs)
      return
    }
    this.#seen.push(() => this.#program(key, slice, seenAtMs))
    // Timers that are due at the same moment may fire in any order; what was seen first is programmed first all the same.
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer)
      this.#seen.shift()?.()
    }, dueMs - nowMs)
    this.#timers.add(timer)
  }

  /** All endpoints of a port of a Service, without those that a second slice repeats. */
  endpoints(service: string, portName: string): readonly Endpoint[] {
    const found = new Map<string, Endpoint>()
    for (const programmed of this.#programmed.values()) {
      if (programmed.service !== service) continue
      for (const endpoint of programmed.byPort.get(portName) ?? []) {
        const key = `${endpoint.address}:${endpoint.port}`
        const known = found.get(key)
        if (known === undefined || rank[endpoint.use] > rank[known.use]) found.set(key, endpoint)
      }
    }
    return [...found.values()]
  }

  programmings(): readonly Programming[] {
    return this.#log.entries()
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#seen.length = 0
  }

  #program(key: string, slice: EndpointSlice | undefined, seenAtMs: number): void {
    const before = this.#programmed.get(key)
    const service = slice === undefined ? undefined : keyOfService(slice)
    const next = slice === undefined || service === undefined ? undefined : programmedOf(slice, service)
    const changed = new Set([before?.service, next?.service].filter((each) => each !== undefined))
    const was = new Map([...changed].map((each) => [each, this.#standings(each)]))
    if (next === undefined) this.#programmed.delete(key)
    else this.#programmed.set(key, next)
    for (const [each, standings] of was) {
      this.#tell(each, standings, seenAtMs)
      this.#options.onProgrammed(each)
    }
  }

  /** What changed for each address of a Service: a slice may change what another one's endpoints get. */
  #tell(key: string, was: Standings, seenAtMs: number): void {
    const { node, clock } = this.#options
    const [namespace = '', service = ''] = key.split('/')
    const is = this.#standings(key)
    for (const [address, { pod }] of new Map([...was, ...is])) {
      const { use, routed } = is.get(address) ?? gone
      const old = was.get(address) ?? gone
      if (use === old.use && routed === old.routed) continue
      this.#log.add({ node, namespace, service, address, pod, use, routed, seenAtMs, programmedAtMs: clock.now() })
    }
  }

  /** How each address of a Service stands, at the best of its ports. */
  #standings(service: string): Standings {
    const ports = new Set(
      [...this.#programmed.values()].flatMap((each) => (each.service === service ? [...each.byPort.keys()] : [])),
    )
    const found: Standings = new Map()
    for (const port of ports) {
      const endpoints = this.endpoints(service, port)
      const targets = new Set(routable(endpoints))
      for (const endpoint of endpoints) {
        const { address, use, pod } = endpoint
        const known = found.get(address)
        const best = known === undefined || rank[use] > rank[known.use] ? use : known.use
        found.set(address, { pod, use: best, routed: targets.has(endpoint) || known?.routed === true })
      }
    }
    return found
  }
}

type Standings = Map<string, { readonly pod: string | undefined; readonly use: EndpointUse; readonly routed: boolean }>

const gone = { use: 'gone', routed: false } as const

const rank: Readonly<Record<EndpointUse, number>> = { ready: 2, terminating: 1, none: 0 }

function keyOfService(slice: EndpointSlice): string | undefined {
  const service = serviceOf(slice)
  return service === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${service}`
}

function programmedOf(slice: EndpointSlice, service: string): Programmed | undefined {
  return slice.addressType === 'IPv6' || slice.addressType === 'FQDN'
    ? undefined
    : { slice, service, byPort: endpointsByPort(slice) }
}
