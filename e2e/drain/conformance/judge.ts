import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isReportProblem, parseDrainReport } from '../../../src/propagation/index.ts'
import type { Case } from './case.ts'
import { seesEnding } from './clients/transcript.ts'
import { Condition } from './facts.ts'
import type { Fact } from './facts.ts'
import { startFixture } from './fixture.ts'
import type { Exit, Fixture } from './fixture.ts'
import type { Installation } from './installation.ts'
import { Stage } from './stage.ts'
import type { Target } from './target.ts'

/** What became of one case on one target. */
export interface Cell {
  case: string
  target: string
  passed: boolean
  facts: Fact[]
  /** Why the case could not be judged to its end. */
  broken: string | undefined
  /** What the clients and the process did; of failures only. */
  transcript: string[]
  durationMs: number
}

export interface Ground {
  installation: Installation
  /** The binary that runs the targets. */
  node: string
  signal: AbortSignal
}

/** A case that has not ended by then is broken: all that it waits for is bounded by the grace period it has set. */
const limitMs = 40_000
/** What a case gets to judge its facts when the process is gone. */
const judgingMs = 5000
const defaultGraceSeconds = 10
const kubeletKeepsBytes = 4096

/** Runs one case on one target. Never rejects; nothing that it started is left. */
export async function judge(theCase: Case, target: Target, ground: Ground): Promise<Cell> {
  const startMs = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'conformance-case-'))
  const cell: Cell = {
    case: theCase.name,
    target: target.name,
    passed: false,
    facts: [],
    broken: undefined,
    transcript: [],
    durationMs: 0,
  }
  try {
    await play(theCase, target, ground, folder, cell)
  } catch (error) {
    cell.broken = error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  cell.passed = cell.broken === undefined && cell.facts.every(({ held }) => held)
  if (cell.passed) cell.transcript = []
  cell.durationMs = Math.round(performance.now() - startMs)
  return cell
}

async function play(theCase: Case, target: Target, ground: Ground, folder: string, cell: Cell): Promise<void> {
  const { delaySeconds = 0.1, graceSeconds = defaultGraceSeconds, options = {}, hook } = theCase.settings ?? {}
  const messagePath = join(folder, 'termination-message')
  mkdirSync(folder, { recursive: true })
  const fixture = await startFixture(target, ground.installation, ground.node, {
    OPTIONS: JSON.stringify({ admin: { host: '127.0.0.1' }, idleGraceMs: 50, ...options }),
    DRAIN_DELAY_SECONDS: String(delaySeconds),
    DRAIN_GRACE_SECONDS: String(graceSeconds),
    DRAIN_TERMINATION_MESSAGE_PATH: messagePath,
    ...(hook === undefined ? {} : { HOOK: hook }),
  })
  const stage = new Stage(target, fixture, folder, graceSeconds)
  const over = new AbortController()
  const broken = breaks(fixture, ground.signal, over.signal)
  try {
    await Promise.race([theCase.run(stage), broken])
    const exit = await Promise.race([fixture.exited, broken])
    judgeEnd(theCase, stage, exit, messagePath)
  } finally {
    over.abort()
    fixture.kill()
    cell.facts = stage.facts.all
    cell.transcript = stage.transcripts.flatMap((client) => client.lines().map((line) => `${client.label}: ${line}`))
    const { stdout, stderr } = await fixture.exited
    for (const [name, text] of Object.entries({ stdout, stderr })) {
      cell.transcript.push(
        ...text
          .split('\n', 20)
          .filter(Boolean)
          .map((line) => `${name}: ${line}`),
      )
    }
  }
}

/** Rejects when the case takes too long, waits for a process that is gone, or the run is interrupted. */
function breaks({ exited }: Fixture, interrupted: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise<never>((_, reject) => {
    const rejectAfter = (milliseconds: number, why: string): void => {
      sleep(milliseconds, undefined, { signal: over }).then(
        () => reject(new Error(why)),
        () => undefined,
      )
    }
    rejectAfter(limitMs, `not over after ${limitMs / 1000} s`)
    void exited.then(() => rejectAfter(judgingMs, 'the process is gone, and the case still waits'))
    interrupted.addEventListener('abort', () => reject(interrupted.reason), { once: true, signal: over })
  })
}

/** What holds for every case: how the process ends, what it leaves behind, and how its connections end. */
function judgeEnd(theCase: Case, { facts, target, transcripts }: Stage, exit: Exit, messagePath: string): void {
  const { code, verdict } = theCase.ends ?? { code: 0, verdict: 'clean' }
  facts.judge('the process ends by itself, before kubelet kills it', exit.signal, null)
  facts.judge('its exit code', exit.code, code)
  if (theCase.mayReset === undefined) {
    const endings = transcripts.filter((client) => seesEnding(client)).map(({ ending }) => ending)
    facts.judge(
      'every connection ends with FIN',
      endings,
      new Condition('FIN for each', (all) => all.every((ending) => ending === 'FIN')),
    )
  }
  if (target.without.includes('admin') || verdict === 'no report') return
  const [line = '', ...more] = exit.stdout.split('\n').filter((text) => text.startsWith('{"schema"'))
  facts.judge('further reports on stdout', more, [])
  const report = parseDrainReport(line)
  facts.judge('the report on stdout is one that the operator reads', isReportProblem(report) ? report.message : '', '')
  facts.judge(
    'it fits into what kubelet keeps',
    Buffer.byteLength(line),
    new Condition(`at most ${kubeletKeepsBytes} bytes`, (bytes) => bytes <= kubeletKeepsBytes),
  )
  facts.judge('the same report is in the termination message', readMessage(messagePath), `${line}\n`)
  if (isReportProblem(report)) return
  facts.judge('its verdict', report.verdict, verdict)
  theCase.judgeReport?.(report, facts)
}

function readMessage(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return String(error)
  }
}
