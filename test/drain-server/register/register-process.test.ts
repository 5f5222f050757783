import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DrainReport } from '../../../src/drain-server/index.ts'

const registerFile = new URL('../../../src/drain-server/register.ts', import.meta.url).href

interface Application {
  process: ChildProcess
  adminUrl: string
  /** What it told first. */
  told: { ports: number[]; [name: string]: unknown }
  inFlight(): Promise<void>
  ended: Promise<{ code: number | null; steps: string[]; reports: DrainReport[] }>
}

async function start(file: string, environment: NodeJS.ProcessEnv = {}): Promise<Application> {
  const adminPort = await freePort()
  const path = new URL(`fixtures/${file}`, import.meta.url).pathname
  const child = spawn(process.execPath, [path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      NODE_OPTIONS: `--conditions=drainkeeper-source --import=${registerFile}`,
      DRAIN_ADMIN_PORT: String(adminPort),
      DRAIN_DELAY_SECONDS: '0.2',
      ...environment,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const exit = Promise.all([once(child, 'exit'), once(reader, 'close')])
  const [first] = (await once(reader, 'line')) as [string]
  reader.on('line', (line) => lines.push(line))
  const adminUrl = `http://127.0.0.1:${adminPort}`
  return {
    process: child,
    adminUrl,
    told: JSON.parse(first) as Application['told'],
    async inFlight() {
      const metrics = (): Promise<string> => fetch(`${adminUrl}/metrics`).then((response) => response.text())
      while (!/^drain_server_requests_in_flight 1$/m.test(await metrics()));
    },
    ended: exit.then(([[code]]) => ({
      code: code as number | null,
      steps: lines.filter((line) => !line.startsWith('{"schema"')),
      reports: lines.filter((line) => line.startsWith('{"schema"')).map((line) => JSON.parse(line) as DrainReport),
    })),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answer = (port: number | undefined, path: string): Promise<string> =>
  fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text())

describe('an unmodified application', () => {
  test('in CommonJS drains all its servers as one, then its own handler runs and closes without an error', async () => {
    const application = await start('application.cjs', { HANDLER: 'closes', DRAIN_DELAY_SECONDS: '2' })
    const [port, second] = application.told.ports
    const slow = answer(port, '/slow')
    await application.inFlight()
    application.process.kill('SIGTERM')
    while ((await fetch(`${application.adminUrl}/health/ready`)).status === 200);
    expect(await answer(second, '/')).toBe('second')
    expect(await slow).toBe('ok /slow')
    const { code, steps, reports } = await application.ended
    expect(steps).toEqual(['handler', 'closed undefined'])
    expect(reports).toEqual([
      expect.objectContaining({
        verdict: 'clean',
        late: expect.objectContaining({ connections: expect.objectContaining({ count: 1 }) }),
      }),
    ])
    expect(code).toBe(0)
  })

  test('in ESM drains; its threads are left alone, and its children find the admin port taken and go on', async () => {
    const application = await start('application.mjs')
    expect(application.told).toMatchObject({ threadCode: 0, childCode: 0 })
    const slow = answer(application.told.ports[0], '/slow')
    await application.inFlight()
    application.process.kill('SIGTERM')
    expect(await slow).toBe('ok /slow')
    const { code, reports } = await application.ended
    expect(reports).toEqual([expect.objectContaining({ verdict: 'clean' })])
    expect(code).toBe(0)
  })

  test('keeps the exit code of its own handler', async () => {
    const application = await start('application.cjs', { HANDLER: 'exits' })
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 7, steps: ['handler'], reports: [{ verdict: 'clean' }] })
  })

  test('may end by having nothing left to do', async () => {
    const application = await start('application.cjs', { HANDLER: 'ends' })
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 0, steps: ['handler', 'closed its own'] })
  })

  test('whose handler does not end it is ended at the deadline', async () => {
    const application = await start('application.cjs', { HANDLER: 'hangs', DRAIN_GRACE_SECONDS: '2' })
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 0, steps: ['handler'], reports: [{ verdict: 'clean' }] })
  })

  test('that gets a second signal ends at once, and its handler does not run', async () => {
    const application = await start('application.cjs', { HANDLER: 'hangs', DRAIN_DELAY_SECONDS: '20' })
    application.process.kill('SIGTERM')
    while ((await fetch(`${application.adminUrl}/health/ready`)).status === 200);
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 1, steps: [], reports: [{ verdict: 'forced' }] })
  })

  test('whose signals were listened to before it was registered drains all the same', async () => {
    const preload = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'preload.cjs')
    writeFileSync(preload, "process.on('SIGTERM', () => process.exit(8))")
    const options = `--conditions=drainkeeper-source --require=${preload} --import=${registerFile}`
    const application = await start('application.cjs', { NODE_OPTIONS: options })
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 8, reports: [{ verdict: 'clean' }] })
  })

  test('without a handler exits when it is drained', async () => {
    const application = await start('application.cjs')
    application.process.kill('SIGTERM')
    expect(await application.ended).toMatchObject({ code: 0, steps: [], reports: [{ verdict: 'clean' }] })
  })
})

describe('an application that drains its server itself', () => {
  test.each(['before', 'after'])('%s it listens, and again, has one drain', async (when) => {
    const application = await start('drains-itself.ts', { WHEN: when, DRAIN_DELAY_SECONDS: '2' })
    const [, second] = application.told.ports
    application.process.kill('SIGTERM')
    while ((await fetch(`${application.adminUrl}/health/ready`)).status === 200);
    expect(await answer(second, '/')).toBe('second')
    const { code, steps, reports } = await application.ended
    expect({ code, steps }).toEqual({ code: 0, steps: ['hook'] })
    expect(reports).toEqual([
      expect.objectContaining({
        verdict: 'clean',
        late: expect.objectContaining({ connections: expect.objectContaining({ count: 1 }) }),
      }),
    ])
  })
})

test('a process in which nothing listens is left alone: SIGTERM ends it as ever, and no port is opened', async () => {
  const source = "process.stdout.write('ready\\n'); setInterval(() => undefined, 1000)"
  const child = spawn(process.execPath, ['-e', source], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: `--conditions=drainkeeper-source --import=${registerFile}` },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})
