/**
 * `npm run bench:overhead`: what a request, a connection and an idle connection cost on a server that drain-server has
 * adopted, against bare node and the other libraries. Servers and clients are fresh processes in every round.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'
import { peerVersions } from './bench/peer-versions.ts'
import { Progress } from './bench/progress.ts'
import { measurements } from './overhead/measurements.ts'
import { costTable, shortcomings } from './overhead/report.ts'
import type { OverheadFigures } from './overhead/report.ts'
import { measure, takesPart } from './overhead/run.ts'

interface Options {
  rounds?: number
  only?: string
  json: boolean
}

const command = new Command('bench:overhead')
  .description('Measures what drain libraries cost while nothing is drained.')
  .addOption(
    new Option('--rounds <number>', 'of each measurement (default: each its own)').argParser((text) => {
      const number = Number(text)
      if (Number.isInteger(number) && number >= 1 && number <= 1000) return number
      throw new InvalidArgumentError('write a whole number from 1 to 1000.')
    }),
  )
  .option('--only <text>', 'measurements whose name holds the text; writes no artifact')
  .option('--json', 'print the figures as JSON', false)

async function main({ rounds, only, json }: Options): Promise<boolean> {
  const stop = interruption()
  const progress = new Progress(process.stderr)
  const chosen = measurements
    .filter(({ name }) => name.includes(only ?? ''))
    .map((measurement) => ({ ...measurement, rounds: rounds ?? measurement.rounds }))
  if (chosen.length === 0) {
    throw new InvalidArgumentError(`no such measurement. There are: ${measurements.map(({ name }) => name).join('; ')}`)
  }
  const all = chosen.reduce(
    (total, { libraries, rounds }) =>
      total +
      libraries.reduce(
        (sum, library) =>
          sum + Array.from({ length: rounds }, (_, round) => takesPart(library, round)).filter(Boolean).length,
        0,
      ),
    0,
  )
  let done = 0
  const figures: OverheadFigures = { measurements: [] }
  try {
    for (const measurement of chosen) {
      const costs = await measure(measurement, stop, () => progress.show((done += 1), all, 'trials'))
      figures.measurements.push(costs)
      progress.clear()
      if (!json) console.log(`${costs.name} (${costs.method})\n\n${costTable(costs)}\n`)
    }
  } finally {
    progress.clear()
  }
  const short = shortcomings(figures.measurements)
  if (json) console.log(JSON.stringify(figures, null, 2))
  else console.log(short.length === 0 ? 'passed' : short.map((line) => `SHORT  ${line}`).join('\n'))
  if (only === undefined) {
    const command = ['npm run bench:overhead', ...process.argv.slice(2)].join(' ')
    const artifact = { name: 'bench-overhead', pass: short.length === 0, figures: { ...figures }, commands: [command] }
    console.error(writeArtifact(artifact, peerVersions()))
  }
  return short.length === 0
}

command.action(async (options: Options) => {
  try {
    process.exitCode = (await main(options)) ? 0 : 1
  } catch (error) {
    console.error(`bench:overhead: ${(error as Error).message}`)
    process.exitCode = error instanceof InvalidArgumentError ? 2 : 1
  }
})
await command.parseAsync()
