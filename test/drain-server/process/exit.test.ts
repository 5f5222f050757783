import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DrainOptions } from '../../../src/drain-server/index.ts'
import { startChild } from '../child.ts'
import type { Child } from '../child.ts'
import { RawClient } from '../raw-client.ts'

async function start(options: DrainOptions = {}, environment: NodeJS.ProcessEnv = {}): Promise<Child> {
  const child = await startChild({ idleGraceMs: 50, ...options }, environment, 'process/fixtures/misbehaving.ts')
  onTestFinished(() => void child.process.kill('SIGKILL'))
  return child
}

async function ready(child: Child): Promise<boolean> {
  return (await fetch(`${child.adminUrl}/health/ready`)).status === 200
}

async function drainStarts(child: Child): Promise<void> {
  child.process.kill('SIGTERM')
  while (await ready(child)) await sleep(2)
}

describe('an error that nobody catches', () => {
  test.each([
    ['/throw', 'Error: thrown'],
    ['/reject', 'Error: rejected'],
  ])('while draining (%s): others are still answered, then the process exits with 70', async (path, first) => {
    const child = await start({ delaySeconds: 1 })
    const [other, harmful] = [await RawClient.connect(child.port), await RawClient.connect(child.port)]
    await drainStarts(child)
    other.get('/stream?ms=1200')
    await other.receives('begun')
    harmful.get(path)
    await harmful.ended
    await other.ended
    expect(other.received).toContain('ok /stream')
    const { code, report } = await child.exited
    expect(code).toBe(70)
    expect(report).toMatchObject({ verdict: 'clean', exitCode: 70, errors: { count: 1, first } })
  })

  test.each(['/throw', '/reject'])('before (%s) is what it always was: a crash', async (path) => {
    const child = await start()
    const client = await RawClient.connect(child.port)
    client.get(path)
    expect(await child.exited).toMatchObject({ code: 1, report: undefined })
  })

  test('is a crash while draining too, where the options say so', async () => {
    const child = await start({ delaySeconds: 20, uncaughtErrors: 'crash' })
    const client = await RawClient.connect(child.port)
    await drainStarts(child)
    client.get('/throw')
    expect(await child.exited).toMatchObject({ code: 1, report: undefined })
  })

  test('is left to the handler of the application', async () => {
    const child = await start({ delaySeconds: 0.5 }, { OWN_HANDLER: '' })
    const client = await RawClient.connect(child.port)
    await drainStarts(child)
    client.get('/throw')
    const { code, report } = await child.exited
    expect(code).toBe(0)
    expect(report).not.toHaveProperty('errors')
  })

  test('is a crash again when the drain was called off', async () => {
    const child = await start({ undrainAfterMs: 100 })
    await fetch(`${child.adminUrl}/admin/drain`)
    while (!(await ready(child))) await sleep(5)
    const client = await RawClient.connect(child.port)
    client.get('/throw')
    expect(await child.exited).toMatchObject({ code: 1, report: undefined })
  })
})

test('a process that never gives its event loop back leaves a report, and exits with 124 before it is killed', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'termination-message')
  const options = { delaySeconds: 1, graceSeconds: 4, idleGraceMs: 10_000 }
  const child = await start(options, { DRAIN_TERMINATION_MESSAGE_PATH: path })
  const [waiting, spinning] = [await RawClient.connect(child.port), await RawClient.connect(child.port)]
  waiting.get('/stream?ms=60000')
  await waiting.receives('begun')
  await drainStarts(child)
  spinning.get('/spin')
  const { code, signal, report } = await child.exited
  expect([code, signal]).toEqual([124, null])
  expect(report).toMatchObject({ verdict: 'forced', exitCode: 124, deadlineMs: 2000, forced: { requests: 2 } })
  expect(report?.finishedMs).toBeGreaterThanOrEqual(3500)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(report)
})

test('the exit codes are those of the options', async () => {
  const child = await start({ delaySeconds: 0, exitCodes: { clean: 42 } })
  child.process.kill('SIGTERM')
  expect(await child.exited).toMatchObject({ code: 42, report: { exitCode: 42 } })
})
