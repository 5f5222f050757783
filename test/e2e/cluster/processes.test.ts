import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { copyFile, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ProcessIdentity,
  identityOf,
  isSameProcess,
  killAndWait,
  processesRunning,
} from '../../../e2e/cluster/local/processes.ts'
import { type ClusterRecord, type RunFolder, runFolders, stateOf } from '../../../e2e/cluster/local/run-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(mkdtempSync(join(tmpdir(), 'drainkeeper-processes-')))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe.runIf(process.platform === 'linux')('processes', () => {
  test('are found by the program that they run, and are gone when killed', async () => {
    const program = join(folder, 'sleep')
    await copyFile('/bin/sleep', program)
    const child = spawn(program, ['60'])
    await once(child, 'spawn')
    const ended = once(child, 'exit')
    expect(await processesRunning(program)).toEqual([child.pid])
    await killAndWait([child.pid ?? 0])
    expect(await processesRunning(program)).toEqual([])
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  test('are the same only when they were born at the same time', async () => {
    const self = (await identityOf(process.pid)) as ProcessIdentity
    expect(await isSameProcess(self)).toBe(true)
    expect(await isSameProcess({ ...self, startTicks: '1' })).toBe(false)
    expect(await identityOf(2 ** 30)).toBeUndefined()
  })
})

describe.runIf(process.platform === 'linux')('a cluster', () => {
  let run: RunFolder

  beforeEach(async () => {
    vi.stubEnv('DRAINKEEPER_CACHE', folder)
    mkdirSync(join(folder, 'clusters', '10.217'), { recursive: true })
    mkdirSync(join(folder, 'clusters', 'draft-1'))
    const [found, ...others] = await runFolders()
    expect(others).toEqual([])
    run = found as RunFolder
  })

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const ready = { kubeconfigPath: '/k', kubernetesVersion: '1.36.3', kubectlPath: '/kubectl' }
  const alive = async () => (await identityOf(process.pid)) as ProcessIdentity
  const dead: ProcessIdentity = { pid: process.pid, startTicks: '1' }
  const cases: Record<string, { record: () => Promise<Partial<ClusterRecord>>; state: string }> = {
    'starts while its maker lives': { record: async () => ({ owner: await alive() }), state: 'starting' },
    'is abandoned when its maker died on the way': { record: async () => ({ owner: dead }), state: 'abandoned' },
    'is abandoned when its maker died later': { record: async () => ({ owner: dead, ready }), state: 'abandoned' },
    'is abandoned when its machines are gone': { record: async () => ({ ready }), state: 'abandoned' },
  }
  test.each(Object.entries(cases))('%s', async (_name, { record, state }) => {
    expect(run.x).toBe(217)
    await run.write({ x: 217, nodes: ['node-1'], ...(await record()) })
    expect(await stateOf(run)).toBe(state)
  })
})
