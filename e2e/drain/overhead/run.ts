import { base, own } from './measurements.ts'
import type { Measurement } from './measurements.ts'
import { median, ratioOf } from './ratio.ts'
import type { Ratio } from './ratio.ts'
import { runTrial } from './trial.ts'

/** What one library costs in one measurement. */
export interface Cost {
  library: string
  /** The median of all rounds, in the measurement's unit, by request or connection. */
  each: number
  /** Against bare node in the same round; null for bare node itself. */
  ratio: Ratio | null
}

export interface Costs {
  name: string
  method: string
  unit: string
  costs: Cost[]
  /** Libraries that could not be measured, and why. */
  errors: string[]
}

/**
 * Measures in rounds. In each, all of its libraries run one after the other in fresh processes, forwards in one round
 * and backwards in the next: what drifts weighs on both sides.
 */
export async function measure(measurement: Measurement, stop: AbortSignal, step: () => void): Promise<Costs> {
  const { name, method, unit, libraries, rounds, trial, per } = measurement
  const found = new Map<string, Map<number, number>>(libraries.map((library) => [library, new Map()]))
  const errors = new Map<string, string>()
  for (let round = 0; round < rounds; round += 1) {
    const turn = libraries.filter((library) => takesPart(library, round) && !errors.has(library))
    for (const library of round % 2 === 0 ? turn : turn.toReversed()) {
      try {
        const usage = await runTrial({ ...trial, library }, stop)
        if (trial.collect === 'before' && usage.collections > 1) throw new Error('garbage was collected meanwhile')
        found.get(library)?.set(round, usage[per] / trial.count)
      } catch (error) {
        stop.throwIfAborted()
        errors.set(library, (error as Error).message)
      }
      step()
    }
  }
  const baseline = found.get(base) ?? new Map<number, number>()
  const costs = [...found].flatMap(([library, byRound]): Cost[] => {
    if (byRound.size === 0) return []
    const pairs = [...byRound].map(([round, own]) => ({ own, base: baseline.get(round) ?? Number.NaN }))
    return [{ library, each: median([...byRound.values()]), ratio: library === base ? null : ratioOf(pairs) }]
  })
  return { name, method, unit, costs, errors: [...errors].map(([library, error]) => `${library}: ${error}`) }
}

/** Peers take part in every fourth round: their cost is told, not judged. */
export function takesPart(library: string, round: number): boolean {
  return library === base || library === own || round % 4 === 0
}
