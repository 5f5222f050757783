import { writeArtifact } from '../../../e2e/artifact.ts'
import { type Mutant, mutants } from '../mutants/mutants.ts'
import { trySeeds } from './pool.ts'

export interface Caught {
  mutant: string
  breaks: string
  /** Histories, or plans of the matrix, until one broke a rule; absent when none did. */
  histories?: number
  seed?: number
  rules?: string[]
}

/** Tells one broken operator histories until a rule is broken. */
export async function catchMutant(
  { name, breaks, byMatrix = false, paced = false }: Mutant,
  { from, seeds, workers, signal }: { from: number; seeds: number; workers: number; signal?: AbortSignal },
): Promise<Caught> {
  let tried = 0
  let caught: Caught = { mutant: name, breaks }
  await trySeeds({
    from,
    count: seeds,
    workers,
    mutant: name,
    matrix: byMatrix,
    paced,
    ...(signal === undefined ? {} : { signal }),
    onResult: ({ seed, violations }) => {
      tried += 1
      if (violations.length === 0) return true
      const rules = [...new Set(violations.map(({ rule }) => rule))]
      caught = { ...caught, histories: tried, seed, rules }
      return false
    },
  })
  return caught
}

/** Every broken operator must be caught within the seeds. Prints a table; returns the exit code. */
export async function runMutants(
  options: { from: number; seeds: number; workers: number; json: boolean; mutant?: string },
  signal: AbortSignal,
): Promise<number> {
  const chosen = mutants.filter(({ name }) => options.mutant === undefined || name === options.mutant)
  const results: Caught[] = []
  for (const mutant of chosen) {
    if (signal.aborted) break
    const result = await catchMutant(mutant, { ...options, signal })
    results.push(result)
    if (options.json) continue
    const told = result.seed === undefined ? 'NOT CAUGHT' : `${result.histories} histories: ${result.rules?.join(', ')}`
    console.log(`${result.mutant.padEnd(34)} ${told}`)
  }
  const escaped = chosen.length - results.filter(({ seed }) => seed !== undefined).length
  const figures = { mutants: chosen.length, escaped, results }
  const commands = ['npm run sim -- --mutants']
  const path = writeArtifact({ name: 'sim-mutants', pass: escaped === 0, figures, commands }, {})
  if (options.json) console.log(JSON.stringify(figures, null, 2))
  else console.log(`${chosen.length} mutants, ${escaped} not caught\nwritten: ${path}`)
  return escaped === 0 ? 0 : 1
}
