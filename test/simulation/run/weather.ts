import type { TransportRequest } from '../../../src/kube/index.ts'
import type { Seeded } from '../time/seeded.ts'
import type { RequestFault } from '../wire/faults.ts'
import type { Weather } from '../wire/wire.ts'

interface Spell {
  untilMs: number
  fault: RequestFault
  probability: number
  only: 'writes' | 'leases' | undefined
}

/** How the network and the API server treat one replica's processes, by seed, and by the faults of the plan. */
export class ReplicaWeather implements Weather {
  readonly #random: Seeded
  readonly #nowMs: () => number
  readonly #longest: { travelMs: number; watchLagMs: number }
  readonly #onFault: (fault: RequestFault) => void
  #spells: Spell[] = []
  readonly #stale = new Map<string, number>()

  constructor(options: {
    random: Seeded
    nowMs: () => number
    longest: { travelMs: number; watchLagMs: number }
    onFault: (fault: RequestFault) => void
  }) {
    this.#random = options.random
    this.#nowMs = options.nowMs
    this.#longest = options.longest
    this.#onFault = options.onFault
  }

  travelMs(): number {
    return mostlyShort(this.#random, this.#longest.travelMs)
  }

  watchLagMs(resource: string): number {
    const caughtUpMs = this.#stale.get(resource) ?? 0
    return mostlyShort(this.#random, this.#longest.watchLagMs) + Math.max(0, caughtUpMs - this.#nowMs())
  }

  slownessMs(): number {
    return this.#random.int(500, 40_000)
  }

  faultOf(request: TransportRequest): RequestFault | undefined {
    if (this.#spells.length === 0) return undefined
    const nowMs = this.#nowMs()
    this.#spells = this.#spells.filter(({ untilMs }) => untilMs > nowMs)
    const spell = this.#spells.find(
      ({ only, probability }) => isMeant(request, only) && this.#random.chance(probability),
    )
    if (spell === undefined) return undefined
    // A read has nothing to commit, and is not refused for what others wrote.
    if (spell.fault === 'conflict' && (request.method === 'GET' || request.verb === 'create')) return undefined
    this.#onFault(spell.fault)
    return spell.fault
  }

  befall(spell: Omit<Spell, 'untilMs'>, forMs: number): void {
    this.#spells.push({ ...spell, untilMs: this.#nowMs() + forMs })
  }

  /** Watches of a collection tell nothing until then, and catch up. */
  makeStale(resource: string, forMs: number): void {
    this.#stale.set(resource, this.#nowMs() + forMs)
  }

  /** From now on nothing goes wrong. */
  clear(): void {
    this.#spells = []
    this.#stale.clear()
    this.#longest.travelMs = Math.min(this.#longest.travelMs, 20)
    this.#longest.watchLagMs = Math.min(this.#longest.watchLagMs, 50)
  }
}

/** Nine in ten take a tenth of the longest at most. */
function mostlyShort(random: Seeded, longestMs: number): number {
  if (longestMs === 0) return 0
  const share = random.next()
  return random.chance(0.9) ? (share * longestMs) / 10 : share * longestMs
}

function isMeant({ method, resource }: TransportRequest, only: Spell['only']): boolean {
  if (only === 'leases') return resource === 'leases.coordination.k8s.io'
  return only === undefined || method !== 'GET'
}
