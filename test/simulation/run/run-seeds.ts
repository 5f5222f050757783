import { writeArtifact } from '../../../e2e/artifact.ts'
import { drawPlan } from '../plan/draw-plan.ts'
import { crashMatrix } from './crash-matrix.ts'
import { trySeeds } from './pool.ts'
import { inWords, smallest } from './replay.ts'
import { type SeedResult, tryPlan } from './trial.ts'

export interface RunOptions {
  seeds: number
  from: number
  workers: number
  json: boolean
}

/** More failing seeds than this are not shrunk: somebody has enough to look at. */
const mostShrunk = 3

/** Tells many histories and the crash matrix, prints what they came to, and returns the exit code. */
export async function runSeeds(options: RunOptions, signal: AbortSignal): Promise<number> {
  const { seeds, from, workers, json } = options
  const startedMs = performance.now()
  const failed: SeedResult[] = []
  const faults = new Map<string, number>()
  let tried = 0
  let writes = 0
  let virtualMs = 0
  const progress = new Progress(seeds, json)
  await trySeeds({
    from,
    count: seeds,
    workers,
    signal,
    onResult: (result) => {
      tried += 1
      writes += result.writes
      virtualMs += result.virtualMs
      for (const [kind, count] of [...Object.entries(result.faults), ...Object.entries(result.requests)]) {
        faults.set(kind, (faults.get(kind) ?? 0) + count)
      }
      if (result.violations.length > 0) failed.push(result)
      progress.show(tried, failed.length)
      return true
    },
  })
  const elapsedMs = performance.now() - startedMs
  const matrix = signal.aborted ? { plans: 0, broken: [] } : await matrixCounts()
  progress.end()
  const figures = {
    histories: tried,
    violations: failed.length,
    historiesPerMinute: Math.round((tried / elapsedMs) * 60_000),
    workers,
    seeds: `${from} to ${from + seeds - 1}`,
    virtualHours: Number((virtualMs / 3_600_000).toFixed(1)),
    writesOfTheOperator: writes,
    faults: Object.fromEntries([...faults].sort(([one], [other]) => (one < other ? -1 : 1))),
    crashMatrixPlans: matrix.plans,
    crashMatrixViolations: matrix.broken.length,
    stoppedEarly: signal.aborted,
  }
  const pass = failed.length === 0 && matrix.broken.length === 0 && !signal.aborted
  const artifact = { name: 'sim', pass, figures, commands: [`npm run sim -- --seeds ${seeds} --from ${from}`] }
  const path = writeArtifact(artifact, {})
  if (json) console.log(JSON.stringify({ ...figures, failed }, null, 2))
  else {
    for (const [name, value] of Object.entries(figures)) {
      if (typeof value === 'object')
        for (const [kind, count] of Object.entries(value)) console.log(`  ${kind}: ${count}`)
      else console.log(`${name}: ${value}`)
    }
    for (const line of matrix.broken) console.log(line)
    for (const { seed, violations } of failed.slice(0, mostShrunk)) {
      const plan = await smallest(drawPlan(seed), violations[0]?.rule ?? '')
      console.log(['', ...inWords(await tryPlan(plan)), `again: npm run sim -- --seed ${seed}`].join('\n'))
    }
    if (failed.length > 0) console.log(`failing seeds: ${failed.map(({ seed }) => seed).join(' ')}`)
    console.log(`written: ${path}`)
  }
  return pass ? 0 : 1
}

/** Every plan of the crash matrix, and what broke, in words. */
export async function matrixCounts(): Promise<{ plans: number; broken: string[] }> {
  let plans = 0
  const broken: string[] = []
  for await (const { scenario, nth, fate, violations } of crashMatrix()) {
    plans += 1
    for (const { rule, message } of violations)
      broken.push(`BROKEN ${scenario}, write ${nth} ${fate}: ${rule}: ${message}`)
  }
  return { plans, broken }
}

/** One line that is written over where somebody looks at it. */
class Progress {
  readonly #total: number
  readonly #isShown: boolean

  constructor(total: number, json: boolean) {
    this.#total = total
    this.#isShown = !json && process.stdout.isTTY
  }

  show(tried: number, failed: number): void {
    if (this.#isShown) process.stdout.write(`\r${tried} of ${this.#total} histories, ${failed} broken `)
  }

  end(): void {
    if (this.#isShown) process.stdout.write('\n')
  }
}
