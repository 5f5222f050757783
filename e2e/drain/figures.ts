/**
 * `npm run docs:figures`: writes docs/drain-server/benchmarks.md and proof.md, and the table of idle connections in the
 * library's README, from the artifacts of the last runs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Artifact } from '../artifact.ts'
import { idleGraceTable } from './bench/idle-grace.ts'
import type { IdleGraceRow } from './bench/idle-grace.ts'
import { libraries } from './bench/libraries.ts'
import { markdownTable } from './bench/markdown.ts'
import { aboutScenarios, matrixTable, shortcomings, showExit, showLost } from './bench/report.ts'
import type { DrainFigures } from './bench/report.ts'
import { proofPage } from './proof.ts'
import { costTable } from './overhead/report.ts'
import type { OverheadFigures } from './overhead/report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a run of a benchmark wrote down; undefined when there was none. */
function read(name: string): Artifact | undefined {
  const path = `${root}artifacts/${name}.json`
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as Artifact
}

function provenance({ commands, pass, versions }: Artifact): string {
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `\`${commands.join('`, `')}\` (${pass ? 'passed' : 'fell short'}), ${about.join(', ')}.`
}

function drainPart(artifact: Artifact & { figures: DrainFigures }): string[] {
  const { delayMs, deadlineMs, routedForMs, capMs, repetitions, cells, verdict, unconfigured } = artifact.figures
  const short = shortcomings(cells, verdict)
  return [
    '## What is lost, and how long it takes',
    `Servers and clients are processes of their own. A new connection is routed to the draining server until P = ${routedForMs / 1000} s after SIGTERM, then to another one. Every library waits D = ${delayMs / 1000} s before it closes, and has ${deadlineMs / 1000} s in all. A process that is alive after ${capMs / 1000} s is killed (never). ${repetitions} repetitions, all libraries in turn.`,
    'Requests lost: sent on a connection that was open in the eyes of the client, and not answered completely with a 2xx; refused new connections; refused streams; WebSockets without a close frame; event streams without their end.',
    matrixTable(cells, showLost),
    'Seconds from SIGTERM to the exit: median, and half the span of all repetitions.',
    matrixTable(cells, showExit),
    ...(short.length === 0 ? [] : ['What fell short:', short.map((line) => `- ${line}`).join('\n')]),
    ...(unconfigured.cells.length === 0
      ? []
      : [
          '### With nothing configured',
          `As each library is by itself: drain-server waits for 15 s, lightship for 5 s, the others not at all. ${unconfigured.repetitions} repetition(s).`,
          matrixTable(unconfigured.cells, showLost),
          matrixTable(unconfigured.cells, showExit),
        ]),
    '### The scenarios',
    aboutScenarios(),
    '### How D and the deadline are told to each library',
    markdownTable(
      ['library', 'by'],
      libraries.map(({ name, delayedBy }) => [name, delayedBy]),
    ),
    provenance(artifact),
  ]
}

function overheadPart(artifact: Artifact & { figures: OverheadFigures }): string[] {
  return [
    '## What it costs while nothing is drained',
    'Each round measures all libraries one after the other in fresh processes, a server and a client with a closed loop of 16, forwards and backwards in turn. The ratio is that of one round; the interval is bootstrapped over the rounds. The handler responds with two bytes at once: with any work of its own the shares shrink.',
    ...artifact.figures.measurements.flatMap((costs) => [`### ${costs.name}`, `${costs.method}.`, costTable(costs)]),
    provenance(artifact),
  ]
}

function idleGracePart(artifact: Artifact & { figures: { rows: IdleGraceRow[] } }): string[] {
  return [
    '## What waiting for idle connections buys',
    '1200 keep-alive connections whose clients ask at random (Poisson) from 20 ms of round trip away; D = 1 s.',
    idleGraceTable(artifact.figures.rows),
    provenance(artifact),
  ]
}

const drained = read('bench-drain') as (Artifact & { figures: DrainFigures }) | undefined
const overhead = read('bench-overhead') as (Artifact & { figures: OverheadFigures }) | undefined
const idleGrace = read('bench-idle-grace') as (Artifact & { figures: { rows: IdleGraceRow[] } }) | undefined
const parts = [
  '<!-- Generated from artifacts/ by `npm run docs:figures`: run the benchmarks again to change it. -->',
  '# Benchmarks of drain-server',
  ...(drained === undefined ? [] : drainPart(drained)),
  ...(idleGrace === undefined ? [] : idleGracePart(idleGrace)),
  ...(overhead === undefined ? [] : overheadPart(overhead)),
]
mkdirSync(`${root}docs/drain-server`, { recursive: true })
writeFileSync(`${root}docs/drain-server/benchmarks.md`, `${parts.join('\n\n')}\n`)
writeFileSync(`${root}docs/drain-server/proof.md`, proofPage(read, provenance))

const readme = `${root}src/drain-server/README.md`
const text = readFileSync(readme, 'utf8')
const [begin, end] = ['<!-- idle-grace: begin -->', '<!-- idle-grace: end -->']
if (idleGrace !== undefined && text.includes(begin) && text.includes(end)) {
  const block = `${begin}\n\n${idleGraceTable(idleGrace.figures.rows)}\n\n`
  writeFileSync(readme, text.slice(0, text.indexOf(begin)) + block + text.slice(text.indexOf(end)))
}
