/** `npm run test:nodes`: the library's tests and the conformance suite, on the other Node versions that it supports. */
import { Command } from 'commander'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeArtifact } from '../artifact.ts'
import { interruption } from '../../src/cli/interruption.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const defaultVersions = ['22', '26']

interface Run {
  what: 'tests' | 'conformance'
  passed: boolean
  /** The last line of the program that tells how many passed. */
  summary: string
  seconds: number
}

interface NodeResult {
  node: string
  runs: Run[]
}

interface Finished {
  code: number | null
  output: string
}

const command = new Command('test:nodes')
  .description("Runs drain-server's tests and the conformance suite on other versions of Node.")
  .option('--versions <list>', 'major versions, separated by commas', defaultVersions.join(','))
  .option('--json', 'print the result as JSON', false)

async function main({ versions, json }: { versions: string; json: boolean }): Promise<boolean> {
  const signal = interruption()
  const results: NodeResult[] = []
  for (const version of versions.split(',')) results.push(await testOn(await fetchNode(version, signal), signal))
  const pass = results.length > 0 && results.every(({ runs }) => runs.every(({ passed }) => passed))
  const figures = { results }
  const path = writeArtifact({ name: 'test-nodes', pass, figures, commands: ['npm run test:nodes'] }, {})
  if (json) console.log(JSON.stringify({ pass, figures }))
  else {
    for (const { node, runs } of results) {
      for (const { what, passed, summary, seconds } of runs)
        console.log([node.padEnd(10), what.padEnd(12), passed ? 'ok  ' : 'FAIL', `${seconds} s`, summary].join('  '))
    }
    console.log(path)
  }
  return pass
}

/** @returns the path of a node binary, which npm has fetched to a folder outside of this tree */
async function fetchNode(version: string, signal: AbortSignal): Promise<string> {
  const folder = join(homedir(), `.cache/drainkeeper/node-${version}`)
  mkdirSync(folder, { recursive: true })
  // Without a manifest of its own, npm would install into a folder above that has one.
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n')
  const { code, output } = await run('npm', ['install', '--prefix', folder, '--no-audit', `node@${version}`], signal)
  if (code !== 0) throw new Error(`npm install node@${version} failed:\n${output}`)
  return join(folder, 'node_modules/node/bin/node')
}

async function testOn(node: string, signal: AbortSignal): Promise<NodeResult> {
  const version = (await run(node, ['--version'], signal)).output.trim()
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  return {
    node: version,
    runs: [
      await timed('tests', node, [vitest, 'run', 'test/drain-server'], /^\s*Tests\s.*$/m, signal),
      // The suite itself runs on this node: it is the targets that have to run on the other one.
      await timed(
        'conformance',
        process.execPath,
        [join(root, 'e2e/drain/conformance.ts'), '--node', node],
        /^\d+ passed, \d+ failed$/m,
        signal,
      ),
    ],
  }
}

async function timed(
  what: Run['what'],
  program: string,
  programArguments: string[],
  summaryLine: RegExp,
  signal: AbortSignal,
): Promise<Run> {
  const startMs = performance.now()
  console.error(`${what} on ${program}`)
  const { code, output } = await run(program, programArguments, signal, true)
  const summary = summaryLine.exec(output)?.[0].trim() ?? 'no summary'
  return { what, passed: code === 0, summary, seconds: Math.round((performance.now() - startMs) / 1000) }
}

/** Runs a program to its end; what it writes is shown as it comes when asked for, on stderr. */
function run(program: string, programArguments: string[], signal: AbortSignal, show = false): Promise<Finished> {
  const { promise, resolve, reject } = Promise.withResolvers<Finished>()
  const child = spawn(program, programArguments, {
    cwd: root,
    signal,
    killSignal: 'SIGTERM',
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (show) process.stderr.write(text)
    })
  }
  child.on('error', reject)
  child.on('close', (code) => resolve({ code, output }))
  return promise
}

try {
  process.exitCode = (await main(command.parse().opts<{ versions: string; json: boolean }>())) ? 0 : 1
} catch (error) {
  console.error(`test:nodes: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
