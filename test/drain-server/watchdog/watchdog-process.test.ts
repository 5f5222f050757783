import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, onTestFinished, test } from 'vitest'

const fixture = new URL('fixtures/stuck.ts', import.meta.url).pathname

interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
  steps: string[]
  lastWords: string | undefined
}

interface Start {
  environment?: NodeJS.ProcessEnv
  nodeOptions?: string[]
  file?: string
  /** What starts node. */
  launcher?: string[]
  /** Called when it has told a step. */
  onStep?: (child: ChildProcess) => void
}

async function end(stuckIn: string, start: Start = {}): Promise<Ending> {
  const { environment, nodeOptions = [], file = fixture, launcher = [], onStep } = start
  const path = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'termination-message')
  const [command, ...values] = [...launcher, process.execPath, ...nodeOptions, file]
  const child = spawn(command ?? '', values, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '', STUCK_IN: stuckIn, LAST_WORDS: path, ...environment },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += String(bytes)
    onStep?.(child)
  })
  const closed = once(child.stdout, 'close')
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  await closed
  return {
    code,
    signal,
    steps: output.split('\n').slice(0, -1),
    lastWords: existsSync(path) ? readFileSync(path, 'utf8') : undefined,
  }
}

const entered = { code: 124, signal: null, steps: ['stuck', 'entered'], lastWords: undefined }

test('a process that stood still as a whole gets the time for its own end', async () => {
  const standStill = (child: ChildProcess): void => {
    child.kill('SIGSTOP')
    setTimeout(() => child.kill('SIGCONT'), 1500)
  }
  let steps = 0
  const onStep = (child: ChildProcess): void => {
    steps += 1
    if (steps === 1) standStill(child)
  }
  const ending = await end('nothing', { environment: { AFTER_MS: '1000', STOP_AFTER_MS: '800' }, onStep })
  expect(ending).toEqual({ code: 0, signal: null, steps: ['stuck', 'ends by itself'], lastWords: undefined })
})

describe('a process that is stuck exits with 124', () => {
  test.each([
    'an endless loop',
    'an endless loop that catches everything',
    'a catastrophic regular expression',
    'Atomics.wait',
    'promises that make promises',
  ])('in %s', async (way) => {
    expect(await end(way)).toEqual(entered)
  })

  test('in a loop that begins as soon as the watchdog is started', async () => {
    expect(await end('an endless loop', { environment: { WHEN: 'at once' } })).toEqual(entered)
  })

  test('under an inspector, which keeps an exiting process waiting for its sessions', async () => {
    expect(await end('an endless loop', { nodeOptions: ['--inspect=127.0.0.1:0'] })).toEqual(entered)
  })

  test('whatever the process preloads: the watchdog does not', async () => {
    const preload = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'preload.cjs')
    writeFileSync(preload, "if (!require('node:worker_threads').isMainThread) process.kill(process.pid, 'SIGKILL')")
    const byVariable = { environment: { NODE_OPTIONS: `--require=${preload}` } }
    expect(await end('an endless loop', byVariable)).toEqual(entered)
    expect(await end('an endless loop', { nodeOptions: ['--require', preload] })).toEqual(entered)
  })

  test('in a bundle of one file, minified', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'bundle.mjs')
    await build({ entryPoints: [fixture], outfile: file, bundle: true, platform: 'node', format: 'esm', minify: true })
    expect(await end('an endless loop', { file })).toEqual(entered)
  })
})

describe('a process that cannot end by itself is killed', () => {
  test('in native code, with the last words it was given', async () => {
    const ending = { code: null, signal: 'SIGKILL', steps: ['stuck'], lastWords: 'last words\n' }
    expect(await end('native code')).toEqual(ending)
  })

  test('in native code, when its last words can be written nowhere', async () => {
    const environment = { LAST_WORDS: '/nowhere/at/all' }
    expect(await end('native code', { environment })).toMatchObject({ signal: 'SIGKILL', lastWords: undefined })
  })

  test('in the ending itself, and what that has written stays', async () => {
    const ending = { code: null, signal: 'SIGKILL', steps: ['stuck', 'entered'], lastWords: undefined }
    expect(await end('an endless loop', { environment: { STUCK_AGAIN: '' } })).toEqual(ending)
  })
})

const launcher = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']
const namespaces = spawnSync('unshare', [...launcher.slice(1), 'true']).status === 0

describe.skipIf(!namespaces)('process 1 of a container, which no signal of its own can kill', () => {
  test('exits with 124 when it is stuck in JavaScript', async () => {
    expect(await end('an endless loop', { launcher })).toEqual(entered)
  })

  test('leaves its last words in native code, and exits with 124 when it comes back', async () => {
    expect(await end('native code', { launcher })).toEqual({ ...entered, lastWords: 'last words\n' })
  })
})

test('a process that has nothing more to do exits at once: the watchdog does not hold it', async () => {
  expect(await end('nothing', { environment: { AFTER_MS: '60000' } })).toMatchObject({ code: 0, steps: ['stuck'] })
})

test('a process that stopped its watchdog goes on beyond the time', async () => {
  const ending = { code: 0, steps: ['stuck', 'ends by itself'] }
  expect(await end('nothing', { environment: { STOP: '' } })).toMatchObject(ending)
})

test('a process that may start no thread is told so, and goes on', async () => {
  const nodeOptions = ['--permission', '--allow-fs-read=*']
  const { code, steps } = await end('nothing', { nodeOptions })
  expect({ code, steps }).toEqual({ code: 0, steps: [expect.stringContaining('--allow-worker'), 'stuck'] })
})
