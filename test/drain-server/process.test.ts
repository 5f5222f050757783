import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DrainOptions } from '../../src/drain-server/index.ts'
import { startChild } from './child.ts'
import type { Child } from './child.ts'
import { RawClient, requestText } from './raw-client.ts'

async function start(options: DrainOptions = {}, environment: NodeJS.ProcessEnv = {}): Promise<Child> {
  const child = await startChild({ delaySeconds: 0.1, idleGraceMs: 100, ...options }, environment)
  onTestFinished(() => void child.process.kill('SIGKILL'))
  return child
}

describe('a process that gets SIGTERM', () => {
  test('with idle, in-flight and silent connections exits 0 and leaves its report', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'termination-message')
    const child = await start({}, { DRAIN_TERMINATION_MESSAGE_PATH: path })
    const connect = () => RawClient.connect(child.port)
    const [idle, busy, streaming, silent] = await Promise.all([connect(), connect(), connect(), connect()])

    idle.get('/now')
    await idle.receives('ok /now')
    busy.get('/slow?ms=400')
    streaming.get('/stream?ms=400')
    await streaming.receives('begun')
    child.process.kill('SIGTERM')
    expect(await Promise.all([idle, busy, streaming, silent].map((client) => client.ended))).toEqual(
      Array(4).fill('FIN'),
    )
    expect(busy.received).toContain('ok /slow')
    expect(streaming.received).toContain('ok /stream')
    const { code, report, stdout } = await child.exited
    expect(code).toBe(0)
    expect(report).toMatchObject({
      trigger: 'signal',
      verdict: 'clean',
      drainDelayMs: 100,
      before: { newConnections: 3, requests: 3 },
    })
    expect(stdout).toHaveLength(1)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(report)
    expect(readFileSync(path).length).toBeLessThanOrEqual(4096)
  })

  test('whose stdout nobody reads any more still drains to its end', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'drain-server-')), 'termination-message')
    const child = await start({}, { DRAIN_TERMINATION_MESSAGE_PATH: path })
    child.process.stdout?.destroy()
    child.process.kill('SIGTERM')
    const [code] = (await once(child.process, 'exit')) as [number]
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ verdict: 'clean' })
  })

  test('exits 1 when its deadline cut something off', async () => {
    const child = await start({ graceSeconds: 2, stdout: true })
    const client = await RawClient.connect(child.port)
    client.get('/slow?ms=60000')
    await sleep(50)
    child.process.kill('SIGTERM')
    const { code, report } = await child.exited
    expect(code).toBe(1)
    expect(report).toMatchObject({
      verdict: 'forced',
      forced: { connections: 1, requests: 1 },
      inFlight: { atDeadline: 1 },
    })
    expect(['ECONNRESET', 'FIN', 'closed']).toContain(await client.ended)
  })

  test('twice ends at once with 1, and still reports', async () => {
    const child = await start({ delaySeconds: 20 })
    child.process.kill('SIGINT')
    while ((await fetch(`${child.adminUrl}/health/ready`)).status === 200) await sleep(5)
    expect((await fetch(`${child.adminUrl}/health/live`)).status).toBe(200)
    child.process.kill('SIGINT')
    const { code, report } = await child.exited
    expect(code).toBe(1)
    expect(report).toMatchObject({ verdict: 'forced', listenerClosedMs: null })
  })

  test('after the hook, as kubelet does it, drains by the contract in the URL', async () => {
    const child = await start({ delaySeconds: 20 })
    expect((await fetch(`${child.adminUrl}/admin/drain?delaySeconds=0.2&graceSeconds=41`)).status).toBe(202)
    child.process.kill('SIGTERM')
    expect((await child.exited).report).toMatchObject({
      trigger: 'preStop',
      drainDelayMs: 200,
      deadlineMs: 39_000,
      verdict: 'clean',
    })
  })

  test('exits though the report can be written nowhere', async () => {
    const child = await start({ stdout: false, terminationMessagePath: '/nowhere/at/all' })
    child.process.kill('SIGTERM')
    expect(await child.exited).toMatchObject({ code: 0, stdout: [] })
  })
})

test('a process whose server was never started is not kept alive by the admin port', async () => {
  const { spawn } = await import('node:child_process')
  const index = new URL('../../src/drain-server/index.ts', import.meta.url).href
  const source = `import { createServer } from 'node:http'
    import { drain } from ${JSON.stringify(index)}
    drain(createServer(), { admin: { port: 0 } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [code] = await new Promise<[number | null]>((resolve) => {
    child.on('exit', (code) => resolve([code]))
  })
  expect(code).toBe(0)
})

test('connections in the accept backlog and requests unread in the kernel when the listener closes: 30 times, none lost', async () => {
  const rounds = Array.from({ length: 30 }, (_, round) => round)
  let asked = 0
  let lost = 0
  const directory = mkdtempSync(join(tmpdir(), 'drain-server-'))
  const run = async (): Promise<void> => {
    for (let round = rounds.pop(); round !== undefined; round = rounds.pop()) {
      const child = await start({ delaySeconds: 1, idleGraceMs: 0 })
      const kept = await RawClient.connect(child.port)
      kept.get('/now')
      await kept.receives('ok /now')
      const blocker = await RawClient.connect(child.port)
      const file = join(directory, String(round))
      child.process.kill('SIGTERM')
      while ((await fetch(`${child.adminUrl}/health/ready`)).status === 200);
      blocker.get(`/block?file=${file}`)
      while (!existsSync(`${file}.begun`) && blocker.ending === undefined) await sleep(2)
      if (!existsSync(`${file}.begun`)) {
        // A busy machine took longer than the drain delay to get here: this round has shown nothing.
        rounds.push(round)
        continue
      }
      // The drain delay ends while the loop is blocked: all of this waits in the kernel at that moment.
      const sockets = Array.from({ length: 10 }, () => connect(child.port, '127.0.0.1'))
      const answers = sockets.map((socket) => isAnswered(socket))
      await Promise.all(sockets.map((socket) => handOver(socket)))
      kept.get('/now')
      while (kept.socket.writableLength > 0) await sleep(1)
      await sleep(1050)
      writeFileSync(file, '')
      asked += 11
      lost += (await Promise.all(answers)).filter((ok) => !ok).length
      await kept.ended
      if (kept.answers !== 2) lost += 1
      expect((await child.exited).report).toMatchObject({ verdict: 'clean' })
    }
  }
  await Promise.all([run(), run(), run(), run()])
  expect({ asked, lost }).toEqual({ asked: 330, lost: 0 })
}, 180_000)

/** Resolves when the kernel has the request: from then on it does not matter how long this process is held up. */
function handOver(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.write(requestText('/now'), () => resolve())
  })
}

async function isAnswered(socket: Socket): Promise<boolean> {
  let received = ''
  return new Promise((resolve) => {
    socket.on('data', (bytes) => (received += bytes.toString()))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(received.includes('ok /now')))
  })
}
