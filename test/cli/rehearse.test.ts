import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalogue } from '../../src/cli/choose-scenarios.ts'
import { runRehearse, type Surroundings } from '../../src/cli/rehearse.ts'
import { rehearseCommand, type RehearseOptions } from '../../src/cli/rehearse-command.ts'
import { addToJobSummary, writeReport } from '../../src/cli/write-report.ts'
import { rehearsalFixture } from '../lab/report/fixture.ts'

const fixture = rehearsalFixture()
const scenario = fixture.scenarios[0]?.scenario
if (scenario === undefined) throw new Error('the fixture has no scenario')
const catalogue: Catalogue = { scenarios: [scenario], groups: { default: [scenario.name] }, check: () => [] }

let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'rehearse-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const options = (...args: string[]): RehearseOptions =>
  rehearseCommand().parse(args, { from: 'user' }).opts<RehearseOptions>()

/** Streams that keep what is written to them. */
function surroundings(change: Partial<Surroundings> = {}): Surroundings & { out: () => string } {
  let text = ''
  const stream = { write: (more: string) => ((text += more), true) } as unknown as NodeJS.WriteStream
  const signal = new AbortController().signal
  return {
    stdout: stream,
    stderr: stream,
    environment: {},
    signal,
    versions: {},
    catalogue,
    ...change,
    out: () => text,
  }
}

describe('what cannot be done is told before anything is started', () => {
  test.each([
    [['--scenario', 'nope'], /there is no such scenario/],
    [['--kubeconfig', '/nowhere/config'], '--kubeconfig /nowhere/config: there is no such file'],
    [
      ['--kubeconfig', import.meta.filename, '--image', 'agent=r/a:1'],
      'that cluster cannot be given images: write them with npm run images, push them, and add --image operator=REFERENCE --image workload=REFERENCE',
    ],
    [['--image', 'agent=r/a:1'], '--image is for a cluster of yours: name it with --kubeconfig'],
    [['--context', 'x'], '--context is of a kubeconfig: name it with --kubeconfig'],
  ])('%j', async (args, message) => {
    const around = surroundings()
    await expect(runRehearse(options(...args), around)).rejects.toThrow(message)
    expect(around.out()).toBe('')
  })

  test('a folder that nothing can be written to', async () => {
    const open = () => Promise.reject(new Error('opened'))
    const running = runRehearse(options('--out', join(import.meta.filename, 'below')), surroundings(), open)
    await expect(running).rejects.toThrow(/^--out .*below: ENOTDIR/)
  })

  test('a lag of a node that there is not', async () => {
    const lag = { default: { kind: 'fixed', ms: 1 }, nodes: { 'node-3': { kind: 'fixed', ms: 9 } } } as const
    const around = surroundings({ catalogue: { ...catalogue, scenarios: [{ ...scenario, name: 'far', lag }] } })
    await expect(runRehearse(options('--scenario', 'far'), around)).rejects.toThrow(
      'far sets the lag of node-3, and --nodes 2 makes node-1, node-2: write more --nodes, or correct lag.nodes',
    )
  })

  test('one node cannot be drained', async () => {
    const draining = { ...scenario, name: 'drain', disruption: 'node-drain' } as const
    const around = surroundings({ catalogue: { ...catalogue, scenarios: [draining] } })
    const running = runRehearse(options('--scenario', 'drain', '--nodes', '1'), around)
    await expect(running).rejects.toThrow('drain drains a node and needs another one: write --nodes 2 or more')
  })
})

test('--list lists, and opens no cluster', async () => {
  const around = surroundings()
  const open = () => Promise.reject(new Error('opened'))
  expect(await runRehearse(options('--list'), around, open)).toEqual({ exitCode: 0, rehearsal: null })
  expect(around.out()).toContain(scenario.title)
})

test('a cluster that cannot be opened is an error, and an interrupted opening is not', async () => {
  const open = () => Promise.reject(new Error('no such cluster'))
  await expect(runRehearse(options('--no-report'), surroundings(), open)).rejects.toThrow('no such cluster')
  const stop = new AbortController()
  const interrupted = async () => {
    stop.abort(new Error('interrupted by SIGINT'))
    throw stop.signal.reason
  }
  const around = surroundings({ signal: stop.signal })
  expect(await runRehearse(options('--no-report'), around, interrupted)).toEqual({ exitCode: 130, rehearsal: null })
})

describe('the files', () => {
  test('a page, a summary and the whole result', () => {
    const paths = writeReport(fixture, [], join(folder, 'new', 'folder'))
    expect(paths.map((path) => path.slice(folder.length))).toEqual([
      '/new/folder/report.html',
      '/new/folder/summary.md',
      '/new/folder/rehearsal.json',
      '/new/folder/events.json',
    ])
    const [page = '', summary = '', result = ''] = paths.map((path) => readFileSync(path, 'utf8'))
    expect(page).toMatch(/^<!doctype html>/i)
    expect(summary).toContain(fixture.sentence)
    expect(JSON.parse(result)).toEqual(JSON.parse(JSON.stringify(fixture)))
  })

  test('a GitHub job gets the summary added to its own', () => {
    const path = join(folder, 'job.md')
    addToJobSummary(fixture, { GITHUB_STEP_SUMMARY: path })
    addToJobSummary(fixture, { GITHUB_STEP_SUMMARY: path })
    expect(readFileSync(path, 'utf8').split(fixture.sentence)).toHaveLength(3)
    addToJobSummary(fixture, {})
  })
})
