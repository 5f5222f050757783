import cluster from 'node:cluster'
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { drainClusterWith } from '../../../src/drain-server/cluster/drain-cluster.ts'
import { inCluster, memberSurroundings } from '../../../src/drain-server/cluster/member.ts'
import { primaryVariable } from '../../../src/drain-server/cluster/messages.ts'
import type { Order } from '../../../src/drain-server/cluster/messages.ts'
import { drainWith } from '../../../src/drain-server/drain.ts'
import { processSurroundings } from '../../../src/drain-server/surroundings.ts'
import type { Surroundings } from '../../../src/drain-server/surroundings.ts'
import { recordingLogger } from '../in-process.ts'
import { waitFor } from '../../wait-for.ts'

const exits: number[] = []
const signals = new Map<string, () => void>()
const surroundings: Surroundings = {
  ...processSurroundings,
  environment: {},
  onSignal(name, listener) {
    signals.set(name, listener)
    return () => signals.delete(name)
  },
  onUncaughtError: () => () => undefined,
  exit: (code) => void exits.push(code),
}

afterEach(() => {
  exits.length = 0
  signals.clear()
})

class Channel extends EventEmitter {
  readonly sent: unknown[] = []

  send(message: unknown, done: (error: Error | null) => void): void {
    this.sent.push(message)
    done(null)
  }

  orders(order: Order): void {
    this.emit('message', { 'drain-server': order })
  }
}

function join(channel: EventEmitter): ReturnType<typeof drainWith> {
  const options = { delaySeconds: 0, idleGraceMs: 0, watchdog: false, logger: recordingLogger([]) }
  const drainer = drainWith(memberSurroundings(surroundings, channel), createServer(), options)
  onTestFinished(() => drainer.release())
  return drainer
}

describe('a worker whose primary coordinates', () => {
  test('joins, opens no admin port, and drains when it is told to, by the terms it is told', async () => {
    const channel = new Channel()
    const drainer = join(channel)
    expect(channel.sent).toEqual([{ 'drain-server': { kind: 'joined' } }])
    expect(await drainer.adminAddress).toBeUndefined()
    channel.emit('message', 'the application’s own')
    channel.orders({ kind: 'drain', trigger: 'preStop', terms: { graceSeconds: 12 } })
    expect(drainer.state).toBe('converging')
    channel.orders({ kind: 'signal', signal: 'SIGTERM' })
    const report = await drainer.drained
    expect(report).toMatchObject({ trigger: 'preStop', deadlineMs: 10_000, verdict: 'clean' })
    await waitFor(() => expect(exits).toEqual([0]))
    const news = channel.sent.map((message) => (message as { 'drain-server': object })['drain-server'])
    expect(news).toContainEqual({ kind: 'phase', phase: 'converging' })
    expect(news).toContainEqual({ kind: 'phase', phase: 'closing' })
    expect(news).toContainEqual({ kind: 'report', report })
  })

  test('leaves signals that reach it to the primary', () => {
    const drainer = join(new Channel())
    signals.get('SIGTERM')?.()
    signals.get('SIGINT')?.()
    expect(signals.size).toBe(2)
    expect(drainer.state).toBe('serving')
  })

  test('answers with its metrics', () => {
    const channel = new Channel()
    const drainer = join(channel)
    channel.orders({ kind: 'metrics', question: 7 })
    const answer = { kind: 'metrics', question: 7, text: drainer.metrics() }
    expect(channel.sent.at(-1)).toEqual({ 'drain-server': answer })
  })

  test('ends though its channel is gone', async () => {
    const channel = new EventEmitter()
    const drainer = join(channel)
    channel.emit('message', { 'drain-server': { kind: 'drain', trigger: 'signal', terms: {} } })
    await drainer.drained
    await waitFor(() => expect(exits).toEqual([0]))
  })
})

describe('who is a member', () => {
  const asWorker = (isWorker: boolean): void => {
    const before = cluster.isWorker
    Object.assign(cluster, { isWorker })
    onTestFinished(() => void Object.assign(cluster, { isWorker: before }))
  }

  test.each([
    ['a worker of a primary that coordinates', true, String(process.ppid), true],
    ['a worker of one that does not', true, undefined, false],
    ['a worker of a primary below one that does', true, '1234567', false],
    ['a child that is no worker', false, String(process.ppid), false],
  ])('%s: %s, %s', (_name, isWorker, primary, member) => {
    asWorker(isWorker)
    const environment = primary === undefined ? {} : { [primaryVariable]: primary }
    expect(inCluster({ ...surroundings, environment }).coordinator !== undefined).toBe(member)
  })
})

describe('the primary', () => {
  test('is ready when a worker listens, drains, and lets go', async () => {
    const fake = Object.assign(new EventEmitter(), { isPrimary: true }) as unknown as typeof cluster
    const environment: NodeJS.ProcessEnv = {}
    const drainer = drainClusterWith({ ...surroundings, environment }, fake, {
      admin: { port: 0, host: '127.0.0.1' },
      stdout: false,
      terminationMessagePath: false,
      logger: recordingLogger([]),
    })
    expect(environment[primaryVariable]).toBe(String(process.pid))
    const url = `http://127.0.0.1:${(await drainer.adminAddress)?.port}`
    const status = (path: string): Promise<number> => fetch(`${url}${path}`).then((response) => response.status)
    expect(await status('/health/ready')).toBe(503)
    fake.emit('listening', { id: 1 } as never, {} as never)
    expect(await status('/health/ready')).toBe(200)
    expect(await status('/metrics')).toBe(200)
    expect(await drainer.metrics()).toBe('')
    expect(drainer.state).toBe('serving')
    signals.get('SIGTERM')?.()
    expect(await drainer.drained).toMatchObject({ trigger: 'signal', verdict: 'clean' })
    expect(drainer.start()).toBe(false)
    await drainer.release()
    expect(environment).toEqual({})
    expect(signals.size).toBe(0)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('is no worker', () => {
    const worker = Object.assign(new EventEmitter(), { isPrimary: false }) as unknown as typeof cluster
    expect(() => drainClusterWith(surroundings, worker)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_TARGET' }))
  })

  test('without a logger tells on stderr', async () => {
    const lines: string[] = []
    const fake = Object.assign(new EventEmitter(), { isPrimary: true }) as unknown as typeof cluster
    const parts = { ...surroundings, environment: {}, writeStderr: (line: string) => void lines.push(line) }
    const options = { admin: false, stdout: false, terminationMessagePath: false } as const
    const drainer = drainClusterWith(parts, fake, options)
    expect(await drainer.adminAddress).toBeUndefined()
    drainer.start()
    await drainer.drained
    await drainer.release()
    expect(lines[0]).toContain('drain of the cluster began')
  })
})
