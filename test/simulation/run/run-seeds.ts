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
  paced: boolean
  json: boolean
}

/** More failing seeds than this are not shrunk: somebody has enough to look at. */
const mostShrunk = 3

/** Tells many histories and the crash matrix, prints what they came to, and returns the exit code. */
export async function runSeeds(options: RunOptions, signal: AbortSignal): Promise<number> {
  const { seeds, from, workers, paced, json } = options
  const startedMs = performance.now()
  const failed: SeedResult[] = []
  const faults = new Map<string, number>()
  let tried = 0
  let writes = 0
  let virtualMs = 0
  let pacedHistories = 0
  const pace = new Map<string, number>()
  const progress = new Progress(seeds)
  await trySeeds({
    from,
    count: seeds,
    workers,
    paced,
    signal,
    onResult: (result) => {
      tried += 1
      writes += result.writes
      virtualMs += result.virtualMs
      for (const [kind, count] of [...Object.entries(result.faults), ...Object.entries(result.requests)]) {
        faults.set(kind, (faults.get(kind) ?? 0) + count)
      }
      if (result.pace !== undefined) pacedHistories += 1
      for (const [what, count] of Object.entries(result.pace ?? {})) pace.set(what, (pace.get(what) ?? 0) + count)
      if (result.violations.length > 0) {
        failed.push(result)
        progress.broken(result)
      }
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
    seeds: paced ? `${seeds} paced ones from ${from}` : `${from} to ${from + seeds - 1}`,
    pacedHistories,
    paceOfRollouts: Object.fromEntries(pace),
    virtualHours: Number((virtualMs / 3_600_000).toFixed(1)),
    writesOfTheOperator: writes,
    faults: Object.fromEntries([...faults].sort(([one], [other]) => (one < other ? -1 : 1))),
    crashMatrixPlans: matrix.plans,
    crashMatrixViolations: matrix.broken.length,
    stoppedEarly: signal.aborted,
  }
  const pass = failed.length === 0 && matrix.broken.length === 0 && !signal.aborted
  const artifact = {
    name: 'sim',
    pass,
    figures,
    commands: [`npm run sim -- --seeds ${seeds} --from ${from}${paced ? ' --paced' : ''}`],
  }
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

/** How often a line is written where nobody looks on. */
const quietProgressMs = 15_000

/** On stderr: one line that is written over where somebody looks at it, and a line now and then elsewhere. */
class Progress {
  readonly #total: number
  readonly #isLive = process.stderr.isTTY
  readonly #startedMs = performance.now()
  #shownMs = this.#startedMs

  constructor(total: number) {
    this.#total = total
  }

  show(tried: number, failed: number): void {
    const nowMs = performance.now()
    if (!this.#isLive && nowMs - this.#shownMs < quietProgressMs) return
    this.#shownMs = nowMs
    const perMinute = Math.round((tried / (nowMs - this.#startedMs)) * 60_000)
    const line = `${tried} of ${this.#total} histories, ${failed} broken, ${perMinute} a minute`
    process.stderr.write(this.#isLive ? `\r${line} ` : `${line}\n`)
  }

  /** Says at once which seed broke what: a long run may be stopped before its end. */
  broken({ seed, violations }: SeedResult): void {
    const rules = [...new Set(violations.map(({ rule }) => rule))].join(', ')
    process.stderr.write(`${this.#isLive ? '\r' : ''}seed ${seed} is broken: ${rules}\n`)
  }

  end(): void {
    if (this.#isLive) process.stderr.write('\n')
  }
}
