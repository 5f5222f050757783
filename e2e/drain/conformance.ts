/** `npm run conformance:drain`: every case on every target, each in a process of its own that is driven from outside. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { execFileSync } from 'node:child_process'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'
import { cases } from './conformance/cases/index.ts'
import { controlOf } from './conformance/control.ts'
import { installPackage, ownLibrary, sources } from './conformance/installation.ts'
import type { Cell } from './conformance/judge.ts'
import { runMatrix } from './conformance/matrix.ts'
import { renderFailure, renderTable } from './conformance/table.ts'
import { bare, targets } from './conformance/target.ts'

const commands = ['npm run conformance:drain']
/** How many cases at a time run on the server without the library. */
const controlParallel = 2

interface Options {
  only?: string
  target?: string
  node: string
  source: boolean
  library: string
  parallel: number
  json: boolean
}

const command = new Command('conformance:drain')
  .description('Drains every kind of server in every situation, and judges what its clients saw and how it ended.')
  .option('--only <text>', 'only cases whose name contains this')
  .addOption(
    new Option('--target <name>', 'only this target; bare is a server without the library, and fails').choices(
      [...targets, bare].map(({ name }) => name),
    ),
  )
  .option('--node <path>', 'the node that runs the targets', process.execPath)
  .option('--source', "run the library's sources, not the built package", false)
  .option('--library <folder>', 'the sources of the package to build', ownLibrary)
  .addOption(
    new Option('--parallel <number>', 'cases at a time').default(4).argParser((text) => {
      const number = Number(text)
      if (!Number.isInteger(number) || number < 1 || number > 64) throw new InvalidArgumentError('from 1 to 64')
      return number
    }),
  )
  .option('--json', 'print the result as JSON', false)

async function main({ only = '', target, node, source, library, parallel, json }: Options): Promise<boolean> {
  const signal = interruption()
  const startMs = performance.now()
  const progress = (line: string): void => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6)
    console.error(`${seconds} s  ${line}`)
  }
  const chosenCases = cases.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()))
  const chosenTargets = target === undefined ? targets : [...targets, bare].filter(({ name }) => name === target)
  const nodeVersion = versionOf(node)
  progress(source ? 'running the sources' : 'building the package')
  const installation = source ? sources() : await installPackage(library, signal)
  const ground = { installation, node, signal }
  const complete = only === '' && target === undefined
  let cells: Cell[]
  let controlCells: Cell[]
  try {
    ;[cells, controlCells] = await Promise.all([
      runMatrix(chosenCases, chosenTargets, ground, parallel, (cell, done, of) => {
        const mark = cell.passed ? 'ok  ' : 'FAIL'
        progress(`${String(done).padStart(String(of).length)}/${of}  ${mark}  ${cell.target}: ${cell.case}`)
      }),
      // It mostly waits for SIGKILL, so it runs beside the others.
      runMatrix(complete ? cases : [], [bare], ground, controlParallel, () => undefined),
    ])
  } finally {
    installation.remove()
  }
  signal.throwIfAborted()
  const failed = cells.filter(({ passed }) => !passed)
  const control = controlOf(controlCells)
  const figures = {
    node: nodeVersion,
    library: source ? 'sources' : 'package',
    seconds: Math.round((performance.now() - startMs) / 1000),
    passed: cells.length - failed.length,
    failed: failed.length,
    withoutTheLibrary: control,
    cells: cells.map(({ transcript, ...cell }) =>
      cell.passed ? { ...cell, facts: cell.facts.length } : { ...cell, transcript },
    ),
  }
  const pass = failed.length === 0 && cells.length > 0 && (!complete || control.convincing)
  const path = complete
    ? writeArtifact({ name: artifactName(node), pass, figures, commands }, { target: nodeVersion })
    : undefined
  if (json) {
    console.log(JSON.stringify({ pass, figures }))
    return pass
  }
  for (const cell of failed) console.log(`${renderFailure(cell).join('\n')}\n`)
  const concerned = chosenTargets.map(({ name }) => name).filter((name) => cells.some((cell) => cell.target === name))
  console.log(renderTable(cells, concerned).join('\n'))
  console.log(`\nNode ${nodeVersion}, ${figures.seconds} s${path === undefined ? '' : `; ${path}`}`)
  if (complete) {
    const { failed, passed, convincing } = control
    console.log(
      `without the library ${failed.length} of ${failed.length + passed.length} cases fail${convincing ? '' : ': too few, FAIL'}`,
    )
  }
  console.log(`${figures.passed} passed, ${figures.failed} failed`)
  return pass
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } }).trim()
}

/** Runs on other versions of Node leave the artifact of this one alone. */
function artifactName(node: string): string {
  const major = (version: string): string => version.split('.')[0] ?? version
  const [target, own] = [major(versionOf(node)), major(process.version)]
  return target === own ? 'conformance-drain' : `conformance-drain-node-${target.slice(1)}`
}

try {
  process.exitCode = (await main(command.parse().opts<Options>())) ? 0 : 1
} catch (error) {
  console.error(`conformance:drain: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
