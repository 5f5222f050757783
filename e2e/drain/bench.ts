/**
 * `npm run bench:drain`: what each library loses, and how long it takes, from SIGTERM to its exit, scenario by
 * scenario. Servers and clients are processes of their own; all libraries are told the same delay and deadline.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'
import { idleGraceTable, measureIdleGrace } from './bench/idle-grace.ts'
import { libraries } from './bench/libraries.ts'
import { runMatrix } from './bench/matrix.ts'
import { peerVersions } from './bench/peer-versions.ts'
import { Progress } from './bench/progress.ts'
import { matrixTable, shortcomings, showExit, showLost } from './bench/report.ts'
import type { DrainFigures } from './bench/report.ts'
import { scenarios } from './bench/scenarios.ts'
import { judge } from './bench/verdict.ts'

/** D and the deadline, both from SIGTERM on. D leaves 1.5 s after P: longer than drain-server's shortest quiet period. */
const terms = { delayMs: 2000, deadlineMs: 10_000 }
/** P: routing converges well before D. */
const routedForMs = 500
const capMs = 15_000
/** Above the delay that drain-server has by itself, 15 s, and what follows it. */
const unconfiguredCapMs = 20_000

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new InvalidArgumentError(`write a whole number from ${least} to ${most}.`)
}

interface Options {
  repetitions: number
  unconfigured: number
  parallel: number
  only?: string
  library?: string
  idleGrace: boolean
  json: boolean
}

const command = new Command('bench:drain')
  .description('Compares what drain libraries lose, and how long they take, scenario by scenario.')
  .addOption(new Option('--repetitions <number>', 'of each scenario').default(5).argParser(wholeNumber(1, 100)))
  .addOption(
    new Option('--unconfigured <number>', 'repetitions with nothing configured')
      .default(1)
      .argParser(wholeNumber(0, 100)),
  )
  .addOption(new Option('--parallel <number>', 'trials at the same time').default(12).argParser(wholeNumber(1, 32)))
  .option('--only <text>', 'scenarios whose name holds the text; writes no artifact')
  .option('--library <text>', 'libraries whose name holds the text; writes no artifact')
  .option('--idle-grace', 'measures what waiting for idle connections buys, instead', false)
  .option('--json', 'print the figures as JSON', false)

async function main(options: Options): Promise<boolean> {
  const stop = interruption()
  const progress = new Progress(process.stderr)
  try {
    return options.idleGrace ? await idleGrace(options, stop, progress) : await matrix(options, stop, progress)
  } finally {
    progress.clear()
  }
}

async function matrix(options: Options, stop: AbortSignal, progress: Progress): Promise<boolean> {
  const { repetitions, unconfigured, parallel: concurrency, only, library } = options
  const chosen = {
    scenarios: scenarios.filter(({ name }) => name.includes(only ?? '')),
    libraries: libraries.filter(({ name }) => name.includes(library ?? '')),
  }
  if (chosen.scenarios.length === 0 || chosen.libraries.length === 0) {
    throw new InvalidArgumentError(
      `nothing has such a name. Scenarios: ${scenarios.map(({ name }) => name).join(', ')}. ` +
        `Libraries: ${libraries.map(({ name }) => name).join(', ')}`,
    )
  }
  const plan = { ...chosen, routedForMs, concurrency }
  const show = (what: string) => (done: number, of: number) => progress.show(done, of, what)
  const cells = await runMatrix({ ...plan, terms, capMs, repetitions }, stop, show('trials with the same delay'))
  const without = { ...plan, terms: undefined, capMs: unconfiguredCapMs, repetitions: unconfigured }
  const unconfiguredCells =
    unconfigured > 0 ? await runMatrix(without, stop, show('trials with nothing configured')) : []
  progress.clear()
  const verdict = judge(cells)
  const figures: DrainFigures = {
    ...terms,
    routedForMs,
    capMs,
    repetitions,
    cells,
    verdict,
    unconfigured: { repetitions: unconfigured, cells: unconfiguredCells },
  }
  const short = shortcomings(cells, verdict)
  if (options.json) console.log(JSON.stringify(figures, null, 2))
  else
    console.log(
      `${renderFigures(figures)}\n\n${short.length === 0 ? 'passed' : short.map((line) => `SHORT  ${line}`).join('\n')}`,
    )
  if (only === undefined && library === undefined) {
    const pass = short.length === 0
    const command = ['npm run bench:drain', ...process.argv.slice(2)].join(' ')
    const path = writeArtifact(
      { name: 'bench-drain', pass, figures: { ...figures }, commands: [command] },
      peerVersions(),
    )
    console.error(path)
  }
  return short.length === 0
}

function renderFigures({ cells, unconfigured }: DrainFigures): string {
  const tables = [
    `Requests lost, D = ${terms.delayMs / 1000} s for all:`,
    matrixTable(cells, showLost),
    'Seconds from SIGTERM to the exit, median:',
    matrixTable(cells, showExit),
  ]
  if (unconfigured.cells.length > 0) {
    tables.push('Requests lost with nothing configured:', matrixTable(unconfigured.cells, showLost))
    tables.push('Seconds from SIGTERM to the exit with nothing configured:', matrixTable(unconfigured.cells, showExit))
  }
  return tables.join('\n\n')
}

async function idleGrace({ json }: Options, stop: AbortSignal, progress: Progress): Promise<boolean> {
  const rows = await measureIdleGrace(stop, (done, of) => progress.show(done, of, 'settings'))
  progress.clear()
  console.log(json ? JSON.stringify(rows, null, 2) : idleGraceTable(rows))
  const commands = ['npm run bench:drain -- --idle-grace']
  console.error(writeArtifact({ name: 'bench-idle-grace', pass: true, figures: { rows }, commands }, {}))
  return true
}

command.action(async (options: Options) => {
  try {
    process.exitCode = (await main(options)) ? 0 : 1
  } catch (error) {
    console.error(`bench:drain: ${(error as Error).message}`)
    process.exitCode = error instanceof InvalidArgumentError ? 2 : 1
  }
})
await command.parseAsync()
