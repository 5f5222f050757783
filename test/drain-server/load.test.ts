import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Balancer } from './balancer.ts'
import { startChild } from './child.ts'

const everyMs = 4
const routedForMs = 200
const drainDelaySeconds = 0.5

interface Tally {
  asked: number
  /** Late arrivals that the old process reported. */
  late: number
  lost: string[]
}

/** Asks at fixed times, whether earlier requests were answered or not: a slow server cannot hide a loss. */
async function openLoop(port: number, agent: Agent, until: AbortSignal): Promise<Tally> {
  const tally: Tally = { asked: 0, late: 0, lost: [] }
  const pending = new Set<Promise<void>>()
  const startMs = performance.now()
  for (let turn = 0; !until.aborted; turn += 1) {
    await sleep(Math.max(0, startMs + turn * everyMs - performance.now()))
    tally.asked += 1
    const path = turn % 5 === 0 ? '/slow?ms=30' : '/now'
    const answer = ask(port, agent, path).catch((error: Error) => void tally.lost.push(`${path} ${error.message}`))
    pending.add(answer)
    void answer.then(() => pending.delete(answer))
  }
  await Promise.all(pending)
  return tally
}

function ask(port: number, agent: Agent, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', agent, path, timeout: 5000 }, (response) => {
      let body = ''
      response.on('data', (bytes) => (body += bytes))
      response.on('error', reject)
      response.on('end', () => (body.startsWith('ok') ? resolve() : reject(new Error(`body ${body}`))))
    })
    asking.on('error', reject)
    asking.on('timeout', () => asking.destroy(new Error('timeout')))
    asking.end()
  })
}

/** One rollout: load through the balancer, SIGTERM for the old process, routing follows a little later. */
async function rollOut(keepAlive: boolean, newPort: number): Promise<Tally> {
  const old = await startChild({ delaySeconds: drainDelaySeconds, idleGraceMs: 1000 })
  onTestFinished(() => void old.process.kill('SIGKILL'))
  const balancer = new Balancer(old.port)
  await balancer.listen()
  const agent = new Agent({ keepAlive })
  const over = new AbortController()
  void old.exited.then(() => over.abort())
  const load = openLoop(balancer.port, agent, over.signal)
  await sleep(150)
  old.process.kill('SIGTERM')
  await sleep(routedForMs)
  balancer.target = newPort
  const tally = await load
  const { code, report } = await old.exited
  expect({ code, verdict: report?.verdict }).toEqual({ code: 0, verdict: 'clean' })
  expect(report?.late.connections.lastMs ?? 0).toBeLessThanOrEqual(report?.listenerClosedMs ?? 0)
  tally.late = (report?.late.connections.count ?? 0) + (report?.late.requests.count ?? 0)
  expect(code).toBe(0)
  agent.destroy()
  balancer.close()
  return tally
}

test.each([
  ['keep-alive connections', true],
  ['a connection per request', false],
])(
  '8 rollouts under load over %s lose nothing',
  async (_name, keepAlive) => {
    const next = await startChild()
    onTestFinished(() => void next.process.kill('SIGKILL'))
    const total: Tally = { asked: 0, late: 0, lost: [] }
    const rounds = Array.from({ length: 8 }, (_, round) => round)
    const run = async (): Promise<void> => {
      while (rounds.pop() !== undefined) {
        const { asked, late, lost } = await rollOut(keepAlive, next.port)
        total.asked += asked
        total.late += late
        total.lost.push(...lost)
      }
    }
    await Promise.all([run(), run(), run(), run()])
    expect(total.lost).toEqual([])
    expect(total.asked).toBeGreaterThan(500)
    expect(total.late).toBeGreaterThan(20)
  },
  120_000,
)
