import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DrainReport } from '../../../src/drain-server/index.ts'

const fixture = new URL('fixtures/cluster.ts', import.meta.url).pathname

interface RunningCluster {
  process: ChildProcess
  port: number
  adminUrl: string
  ended: Promise<{ code: number | null; lines: string[]; report: DrainReport | undefined }>
}

async function start(environment: NodeJS.ProcessEnv, detached = false): Promise<RunningCluster> {
  const options = { admin: { port: 0, host: '127.0.0.1' }, terminationMessagePath: false }
  const child = spawn(process.execPath, [fixture], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached,
    env: { ...process.env, NODE_OPTIONS: '', OPTIONS: JSON.stringify(options), ...environment },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const exit = Promise.all([once(child, 'exit'), once(reader, 'close')])
  const [first] = (await once(reader, 'line')) as [string]
  reader.on('line', (line) => lines.push(line))
  const { port, adminPort } = JSON.parse(first) as { port: number; adminPort: number }
  return {
    process: child,
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    ended: exit.then(([[code]]) => {
      const line = lines.find((one) => one.startsWith('{"schema"'))
      const report = line === undefined ? undefined : (JSON.parse(line) as DrainReport)
      return { code: code as number | null, lines: lines.filter((one) => one !== line), report }
    }),
  }
}

function ask(port: number, path: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, path, host: '127.0.0.1', agent: agent ?? false }, (response) => resolve(text(response))).on(
      'error',
      reject,
    )
  })
}

const ready = async ({ adminUrl }: RunningCluster): Promise<boolean> => (await fetch(`${adminUrl}/health/ready`)).ok

describe.each(['rr', 'none'])('a cluster whose connections are handed out by %s', (schedulingPolicy) => {
  test('loses no request of clients that go elsewhere within the drain delay', async () => {
    const cluster = await start({ NODE_CLUSTER_SCHED_POLICY: schedulingPolicy, DRAIN_DELAY_SECONDS: '1.5' })
    const stop = new AbortController()
    const counts = { asked: 0, lost: 0 }
    const one = async (agent?: Agent): Promise<void> => {
      while (!stop.signal.aborted) {
        counts.asked += 1
        await ask(cluster.port, '/', agent).catch(() => (counts.lost += 1))
      }
    }
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const clients = [...agents.map((agent) => one(agent)), one(), one()]
    const slow = Array.from({ length: 4 }, () => ask(cluster.port, '/slow'))
    await sleep(300)
    cluster.process.kill('SIGTERM')
    while (await ready(cluster));
    await sleep(300)
    stop.abort()
    await Promise.all(clients)
    for (const agent of agents) agent.destroy()
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^ok /)
    const { code, lines, report } = await cluster.ended
    expect(counts.lost).toBe(0)
    expect(counts.asked).toBeGreaterThan(20)
    expect(report).toMatchObject({ verdict: 'clean', exitCode: 0, forced: { connections: 0, requests: 0 } })
    expect((report?.late.connections.count ?? 0) + (report?.late.requests.count ?? 0)).toBeGreaterThan(0)
    expect(lines).toEqual([])
    expect(code).toBe(0)
  })
})

test('a worker that dies in the middle of the drain makes the verdict forced, and holds nothing up', async () => {
  const cluster = await start({ DRAIN_DELAY_SECONDS: '1' })
  cluster.process.kill('SIGTERM')
  while (await ready(cluster));
  await expect(ask(cluster.port, '/die')).rejects.toThrow('socket hang up')
  const { code, lines, report } = await cluster.ended
  expect(report).toMatchObject({ verdict: 'forced', exitCode: 1 })
  expect({ code, lines }).toEqual({ code: 1, lines: [] })
})

test('a worker that dies while a connection is handed to it holds nothing up: Node tells nobody that its channel ended', async () => {
  const cluster = await start({ WORKERS: '1', NODE_CLUSTER_SCHED_POLICY: 'rr', DRAIN_DELAY_SECONDS: '1' })
  const worker = Number((await ask(cluster.port, '/')).replace('ok ', ''))
  cluster.process.kill('SIGTERM')
  while (await ready(cluster));
  process.kill(worker, 'SIGSTOP')
  const handedOver = connect(cluster.port, '127.0.0.1')
  await once(handedOver, 'connect')
  // The primary has taken the connection when it answers this.
  expect(await ready(cluster)).toBe(false)
  const closed = once(handedOver, 'close')
  process.kill(worker, 'SIGKILL')
  const { code, report } = await cluster.ended
  await closed
  expect(report).toMatchObject({ verdict: 'forced', exitCode: 1 })
  expect(code).toBe(1)
})

test('a preStop call that no signal follows leaves all workers serving, and forked again when one ends', async () => {
  const cluster = await start({
    OPTIONS: JSON.stringify({
      admin: { port: 0, host: '127.0.0.1' },
      terminationMessagePath: false,
      undrainAfterMs: 300,
    }),
  })
  expect((await fetch(`${cluster.adminUrl}/admin/drain`)).status).toBe(202)
  expect(await ready(cluster)).toBe(false)
  while (!(await ready(cluster))) await sleep(10)
  expect(await ask(cluster.port, '/')).toMatch(/^ok /)
  await expect(ask(cluster.port, '/die')).rejects.toThrow('socket hang up')
  await once(cluster.process.stdout ?? cluster.process, 'data')
})

test('Ctrl-C, which reaches the whole group, is one signal', async () => {
  const cluster = await start({ DRAIN_DELAY_SECONDS: '0.5' }, true)
  process.kill(-(cluster.process.pid ?? 0), 'SIGINT')
  const { code, report } = await cluster.ended
  expect(report).toMatchObject({ verdict: 'clean', trigger: 'signal' })
  expect(code).toBe(0)
})

test('a second signal to the primary ends all workers at once', async () => {
  const cluster = await start({ DRAIN_DELAY_SECONDS: '20' })
  cluster.process.kill('SIGTERM')
  while (await ready(cluster));
  cluster.process.kill('SIGTERM')
  const { code, report } = await cluster.ended
  expect(report).toMatchObject({ verdict: 'forced', listenerClosedMs: null })
  expect(code).toBe(1)
})

test('workers without drain-server finish what they serve, and end', async () => {
  const cluster = await start({ STRANGERS: '', DRAIN_DELAY_SECONDS: '0.2' })
  const slow = ask(cluster.port, '/slow')
  await sleep(100)
  cluster.process.kill('SIGTERM')
  expect(await slow).toMatch(/^ok /)
  const { code, report } = await cluster.ended
  expect(report).toMatchObject({ verdict: 'clean' })
  expect(code).toBe(0)
})

test.each(['', undefined])(
  'a worker that is still starting when the drain ends loses nothing (strangers: %s)',
  async (STRANGERS) => {
    const cluster = await start({ LATE_MS: '1500', DRAIN_DELAY_SECONDS: '0.2', ...(STRANGERS === '' && { STRANGERS }) })
    cluster.process.kill('SIGTERM')
    const { code, lines, report } = await cluster.ended
    expect(report).toMatchObject({ verdict: 'clean', exitCode: 0 })
    expect({ code, lines }).toEqual({ code: 0, lines: [] })
  },
)
