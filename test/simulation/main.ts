/** `npm run sim`: histories by seed, one seed again with its log, the crash matrix, and the broken operators. */
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { runMatrix } from './run/run-matrix.ts'
import { runMutants } from './run/run-mutants.ts'
import { replay } from './run/replay.ts'
import { runSeeds } from './run/run-seeds.ts'

interface Options {
  seed?: number
  seeds: number
  from: number
  workers: number
  json: boolean
  mutants: boolean
  mutant?: string
  matrix: boolean
  paced: boolean
  shrink: boolean
}

const command = new Command('sim')
  .description('Tells the operator thousands of histories on a virtual clock, and judges each.')
  .option('--seed <number>', 'tell one history again, with all that happened in it', whole)
  .option('--no-shrink', 'with --seed: the history as it was drawn')
  .option('--seeds <number>', 'how many histories', whole, 500)
  .option('--from <number>', 'the first seed', whole, 1)
  .option('--workers <number>', 'processes to tell them in', whole, availableParallelism())
  .option('--matrix', 'the crash matrix only: each write of each scenario meets each fate', false)
  .option('--mutants', 'tell the histories to broken operators: each must be caught', false)
  .option('--mutant <name>', 'with --mutants: this one only')
  .option('--paced', 'only the seeds whose policies pace rollouts: a quarter of them', false)
  .option('--json', 'the result as JSON, and nothing else', false)

function whole(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('write a whole number.')
  return number
}

const options = command.parse().opts<Options>()
const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())

if (options.seed !== undefined) process.exitCode = await replay(options.seed, options.shrink)
else if (options.mutants) process.exitCode = await runMutants(options, stopping.signal)
else if (options.matrix) process.exitCode = await runMatrix(options.json)
else process.exitCode = await runSeeds(options, stopping.signal)
