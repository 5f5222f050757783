import { onTestFinished, describe, expect, test } from 'vitest'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundling } from '../../scripts/build.ts'
import { Agent } from '../../src/lab/agent/agent.ts'
import { systemClock } from '../../src/lab/agent/clock.ts'
import { createAgentServer } from '../../src/lab/agent/http-api.ts'
import { AgentClient, type AgentTransport } from '../../src/lab/agent-client.ts'
import { httpServer } from './loopback.ts'
import { waitFor } from '../wait-for.ts'

const transportTo =
  (port: number): AgentTransport =>
  (path, init) =>
    fetch(`http://127.0.0.1:${port}${path}`, init)

async function agentFor(allowedPorts: readonly number[]) {
  const allowedTargets = allowedPorts.map((port) => `127.0.0.1:${port}`)
  const agent = new Agent({ node: 'node-a', allowedTargets, clock: systemClock })
  const server = createAgentServer(agent)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    agent.abort()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  const requests: string[] = []
  const send = transportTo(port)
  const client = new AgentClient((path, init) => {
    requests.push(`${init.method} ${path}`)
    return send(path, init)
  })
  return { agent, client, send, requests }
}

const workload = (onUserAgent: (value: string | undefined) => void = () => {}) =>
  httpServer((request, response) => {
    onUserAgent(request.headers['user-agent'])
    response.setHeader('x-pod', 'pod-1')
    response.end('hello')
  })

const load = (port: number) =>
  ({
    id: 'first',
    target: { host: '127.0.0.1', port },
    mode: 'keep-alive',
    ratePerSecond: 1000,
    maxRequests: 20,
    maxSeconds: 60,
  }) as const

const failing = (code: string, message: string) => expect.objectContaining({ name: 'LabError', code, message })

describe('a load by way of the client', () => {
  test('starts, shows its progress, stops, gives its records and is forgotten', async () => {
    const userAgents = new Set<string | undefined>()
    const port = await workload((value) => userAgents.add(value))
    const { client, agent } = await agentFor([port])
    expect(await client.startLoad(load(port))).toMatchObject({ id: 'first', state: 'running' })
    await waitFor(async () => expect(await client.loadStatus('first')).toMatchObject({ state: 'finished', ok: 20 }))
    expect(await client.stopLoad('first')).toMatchObject({ state: 'finished', scheduled: 20, ok: 20, inFlight: 0 })
    const { node, total, records } = await client.loadRecords('first')
    expect({ node, total, count: records.length }).toEqual({ node: 'node-a', total: 20, count: 20 })
    expect(records[0]).toMatchObject({ status: 200, errorCode: null, pod: 'pod-1', socketId: 1, reused: false })
    const gaps = records.map(({ scheduledMs }) => scheduledMs - records[0]!.scheduledMs)
    gaps.forEach((gap, index) => expect(gap).toBeCloseTo(index, 2))
    expect(Math.abs(records[0]!.scheduledMs - agent.nowMs())).toBeLessThan(20_000)
    expect(userAgents).toEqual(new Set(['drainkeeper-lab']))
    await client.deleteLoad('first')
    await expect(client.loadStatus('first')).rejects.toThrow(failing('NOT_FOUND', 'no load first here'))
  })

  test('more records than one download holds come in several', async () => {
    const port = await workload()
    const { client, requests, send } = await agentFor([port])
    const small = new AgentClient((path, init) => {
      requests.push(path)
      return send(path.includes('records') ? `${path}&limit=8` : path, init)
    })
    await client.startLoad(load(port))
    await waitFor(async () => expect(await client.loadStatus('first')).toMatchObject({ state: 'finished' }))
    const inParts = await small.loadRecords('first')
    expect(requests.filter((path) => path.includes('records'))).toEqual(
      [0, 8, 16].map((from) => `/load/first/records?from=${from}`),
    )
    expect(inParts).toEqual(await client.loadRecords('first'))
  })

  test('gives no records before its end, and its id to nobody else', async () => {
    const port = await workload()
    const { client } = await agentFor([port])
    await client.startLoad({ ...load(port), ratePerSecond: 1 })
    const stopFirst = failing('STILL_RUNNING', 'load first is still running; stop it first')
    await expect(client.loadRecords('first')).rejects.toThrow(stopFirst)
    await expect(client.deleteLoad('first')).rejects.toThrow(stopFirst)
    await expect(client.startLoad(load(port))).rejects.toThrow(failing('ID_TAKEN', 'there is a load first already'))
  })

  test('goes nowhere but to an allowed target', async () => {
    let requests = 0
    const elsewhere = await workload(() => requests++)
    const { client } = await agentFor([1])
    await expect(client.startLoad(load(elsewhere))).rejects.toThrow(
      failing('TARGET_NOT_ALLOWED', `this agent sends nothing to 127.0.0.1:${elsewhere}; allowed: 127.0.0.1:1`),
    )
    expect(requests).toBe(0)
  })

  test('is one of 32 at most', async () => {
    const port = await workload()
    const { client } = await agentFor([port])
    for (let run = 0; run < 32; run++) await client.startLoad({ ...load(port), id: `run-${run}`, maxRequests: 1 })
    await expect(client.startLoad(load(port))).rejects.toThrow(
      failing('TOO_MANY_RUNS', 'this agent keeps 32 runs; delete one first'),
    )
  })
})

test('a probe shows when it first and last saw each pod', async () => {
  let served = 0
  const port = await httpServer((_request, response) => {
    response.setHeader('x-pod', ++served <= 10 ? 'old' : 'new')
    response.end()
  })
  const { client } = await agentFor([port])
  await client.startProbe({ id: 'p', target: { host: '127.0.0.1', port }, intervalMs: 1, maxSeconds: 60 })
  await waitFor(async () => expect((await client.probeStatus('p')).pods.map(({ pod }) => pod)).toEqual(['old', 'new']))
  const { pods, settled } = await client.stopProbe('p')
  expect(pods.map(({ answers }) => answers)).toEqual([10, settled - 10])
  const { records } = await client.probeRecords('p')
  expect(records).toHaveLength(settled)
  const connectedMs = records.filter(({ pod }) => pod === 'old').map(({ sentMs }) => sentMs!)
  expect(pods[0]!.firstConnectedMs).toBeCloseTo(Math.min(...connectedMs), 2)
  expect(pods[0]!.lastConnectedMs).toBeCloseTo(Math.max(...connectedMs), 2)
  await client.deleteProbe('p')
  await expect(client.probeStatus('p')).rejects.toThrow(failing('NOT_FOUND', 'no probe p here'))
})

test.each([
  ['GET', '/', undefined, 404, 'no such path: GET /'],
  ['PUT', '/load/a', undefined, 404, 'no such path: PUT /load/a'],
  ['GET', '/load/a/records?from=x', undefined, 400, 'from must be a whole number, not "x"'],
  ['POST', '/load', '{', 400, 'the body must be JSON'],
  ['POST', '/load', `"${'x'.repeat(70_000)}"`, 400, 'the body must not exceed 64 KiB'],
])('%s %s is refused by name', async (method, path, body, status, message) => {
  const { send } = await agentFor([])
  const answer = await send(path, body === undefined ? { method } : { method, body })
  expect([answer.status, JSON.parse(await answer.text())]).toMatchObject([status, { error: { message } }])
})

describe('the client', () => {
  test('tells an answer that is not the agent’s', async () => {
    const client = new AgentClient(async () => ({ status: 503, text: async () => '{"kind":"Status"}' }))
    await expect(client.health()).rejects.toThrow(failing('BAD_ANSWER', 'GET /health answered 503: {"kind":"Status"}'))
  })

  test('tells records that were cut short', async () => {
    const header = { id: 'a', node: 'n', startedMs: 0, total: 2, from: 0, count: 2, pods: [] }
    const text = `${JSON.stringify(header)}\n[0,0,1,1,0,200,-1]\n`
    const client = new AgentClient(async () => ({ status: 200, text: async () => text }))
    await expect(client.loadRecords('a')).rejects.toThrow(failing('BAD_ANSWER', 'the records of a say 2 but hold 1'))
  })

  test('takes the clock offset from the fastest round trip', async () => {
    const roundTripsMs = [40, 8, 20, 4, 60, 30, 30, 30]
    let nowMs = 1000
    let trip = 0
    const client = new AgentClient(async () => {
      const half = roundTripsMs[trip++]! / 2
      nowMs += half
      const agentMs = nowMs - 250 + (half > 2 ? half : 0)
      nowMs += half
      return { status: 200, text: async () => JSON.stringify({ nowMs: agentMs }) }
    })
    expect(await client.clockOffset(() => nowMs)).toEqual({ offsetMs: 250, uncertaintyMs: 2 })
  })
})

test('the agent bundles into one file that needs only Node, runs, and ends on SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drainkeeper-lab-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const outfile = join(folder, 'agent.mjs')
  const { metafile } = await build({
    ...bundling,
    entryPoints: ['src/lab/agent/main.ts'],
    metafile: true,
    outfile,
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
  // What ws would use if it were installed.
  const optional = new Set(['bufferutil', 'utf-8-validate'])
  const foreign = imports.filter((path) => !builtinModules.includes(path.replace('node:', '')))
  expect(foreign.filter((path) => !optional.has(path))).toEqual([])

  const port = await workload()
  const child = spawn(process.execPath, [outfile], {
    env: {
      AGENT_PORT: '0',
      AGENT_HOST: '127.0.0.1',
      AGENT_ALLOWED_TARGETS: ` 127.0.0.1:${port},`,
      NODE_NAME: 'node-b',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { listening, ...said } = JSON.parse(String(line)) as { listening: number }
  expect(said).toEqual({ node: 'node-b', allowedTargets: [`127.0.0.1:${port}`] })
  const client = new AgentClient(transportTo(listening))
  await client.startLoad({ ...load(port), ratePerSecond: 1 })
  expect(await client.health()).toMatchObject({ node: 'node-b', runs: ['load first'] })
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})
