/**
 * `npm run bench:repeat`: drain after drain under load, each of a process of its own behind a balancer that goes on
 * routing to it for a while. Nothing may be lost, and the report's late arrivals must be the balancer's.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'
import { AskedProcess } from './repeat/asked-process.ts'
import { findingsOf, shortcomings } from './repeat/judge.ts'
import type { Findings } from './repeat/judge.ts'
import { runLane } from './repeat/lane.ts'
import type { Plan } from './repeat/lane.ts'
import type { BalancerRequest, LoadRequest } from './repeat/messages.ts'
import { Progress } from './repeat/progress.ts'
import { seededRandom } from '../../src/cluster/seeded-random.ts'
import { renderFindings } from './repeat/table.ts'

/** P is drawn from here. */
const routedForMs = { least: 50, most: 400 }
/** How much longer than P the delay D is: the balancer's timer and a connect on a busy machine fit into it. */
const marginMs = 150
const controlRepetitions = 20

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new InvalidArgumentError(`write a whole number from ${least} to ${most}.`)
}

interface Options {
  repetitions: number
  parallel: number
  seed: number
  json: boolean
}

const command = new Command('bench:repeat')
  .description('Drains server after server under load and counts what was lost.')
  .addOption(new Option('--repetitions <number>', 'drains in all').default(1000).argParser(wholeNumber(1, 100_000)))
  .addOption(new Option('--parallel <number>', 'drains at the same time').default(2).argParser(wholeNumber(1, 16)))
  .addOption(
    new Option('--seed <number>', 'of the routing times and the load').default(1).argParser(wholeNumber(0, 2 ** 31)),
  )
  .option('--json', 'print the figures as JSON', false)

async function main({ repetitions, parallel, seed, json }: Options): Promise<boolean> {
  const signal = interruption()
  const startedMs = performance.now()
  const progress = new Progress(process.stderr, controlRepetitions + repetitions)
  const balancer = new AskedProcess<BalancerRequest>(new URL('repeat/balancer.ts', import.meta.url))
  const load = new AskedProcess<LoadRequest>(new URL('repeat/load.ts', import.meta.url))
  const compileCache = mkdtempSync(join(tmpdir(), 'bench-repeat-'))
  const surroundings = { balancer, load, compileCache, signal, onRepetition: () => progress.step() }
  const random = seededRandom(seed)
  /** Each lane takes its share of the repetitions; lanes of a later group get other numbers. */
  const group = async (
    count: number,
    firstLane: number,
    drainDelayMs: (routedForMs: number) => number,
  ): Promise<Findings> => {
    const plans = Array.from({ length: count }, (): Plan => {
      const routed = Math.round(routedForMs.least + random() * (routedForMs.most - routedForMs.least))
      return { routedForMs: routed, drainDelayMs: drainDelayMs(routed) }
    })
    const lanes = Array.from({ length: Math.min(parallel, count) }, (_, lane) =>
      plans.filter((_, index) => index % parallel === lane),
    )
    return findingsOf(
      await Promise.all(
        lanes.map((plans, lane) => runLane(firstLane + lane, seed + firstLane + lane, plans, surroundings)),
      ),
    )
  }
  try {
    const control = await group(controlRepetitions, 0, () => 0)
    const drained = await group(repetitions, parallel, (routed) => routed + marginMs)
    progress.clear()
    signal.throwIfAborted()
    const reasons = shortcomings(drained, control, repetitions)
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    // Of the last minutes: how far a report is from the truth is only told of a machine that does little else.
    const loadAverage = loadavg()
    const figures = { drained, control, routedForMs, marginMs, parallel, seed, seconds, loadAverage }
    const commands = [`npm run bench:repeat -- --repetitions ${repetitions} --parallel ${parallel} --seed ${seed}`]
    const path = writeArtifact({ name: 'bench-repeat', pass: reasons.length === 0, figures, commands }, {})
    process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : renderFindings(drained, control))
    process.stderr.write(
      `${seconds} s, load average ${loadAverage.map((load) => load.toFixed(1)).join(' ')}; ${path}\n${reasons.map((reason) => `short: ${reason}\n`).join('')}`,
    )
    return reasons.length === 0
  } finally {
    progress.clear()
    balancer.end()
    load.end()
    rmSync(compileCache, { recursive: true, force: true })
  }
}

try {
  process.exitCode = (await main(command.parse().opts())) ? 0 : 1
} catch (error) {
  process.stderr.write(`${command.name()}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
