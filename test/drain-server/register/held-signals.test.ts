import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createRawServer } from 'node:net'
import type { Cluster } from 'node:cluster'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { primaryVariable } from '../../../src/drain-server/cluster/messages.ts'
import { adoptApplication } from '../../../src/drain-server/register/adopt-application.ts'
import { HeldSignals } from '../../../src/drain-server/register/held-signals.ts'
import { isAdopted } from '../../../src/drain-server/adapters/adopted.ts'
import { drain } from '../../../src/drain-server/index.ts'
import { processSurroundings } from '../../../src/drain-server/surroundings.ts'
import type { Surroundings } from '../../../src/drain-server/surroundings.ts'
import { waitFor } from '../../wait-for.ts'

interface Held {
  process: EventEmitter & { exitCode?: number }
  held: HeldSignals
  exits: number[]
}

function hold(part: Partial<Surroundings> = {}, listeners: [string, () => void][] = []): Held {
  const exits: number[] = []
  const process: Held['process'] = new EventEmitter()
  for (const [signal, listener] of listeners) process.once(signal, listener)
  const surroundings = { ...processSurroundings, exit: (code: number) => void exits.push(code), ...part }
  return { process, exits, held: new HeldSignals(process as NodeJS.Process, surroundings) }
}

describe('signals', () => {
  test('reach the application as ever while nothing is drained', () => {
    const before = vi.fn()
    const { process } = hold({}, [['SIGTERM', before]])
    const own = vi.fn()
    process.on('SIGTERM', own)
    process.emit('SIGTERM', 'SIGTERM', 15)
    process.emit('SIGTERM', 'SIGTERM', 15)
    expect(before).toHaveBeenCalledTimes(1)
    expect(own).toHaveBeenCalledTimes(2)
    expect(own).toHaveBeenCalledWith('SIGTERM', 15)
  })

  test('are for the drain alone, until it is over: then the application has its own', () => {
    const { process, held, exits } = hold()
    const own = vi.fn()
    const listener = vi.fn()
    process.on('SIGTERM', own)
    held.surroundings.onSignal('SIGTERM', listener)
    process.emit('SIGTERM', 'SIGTERM', 15)
    expect(listener).toHaveBeenCalledTimes(1)
    expect(own).not.toHaveBeenCalled()
    held.surroundings.exit(1)
    expect(own).toHaveBeenCalledWith('SIGTERM', 15)
    expect(process.exitCode).toBe(1)
    expect(exits).toEqual([])
    process.emit('SIGTERM', 'SIGTERM', 15)
    expect(exits).toEqual([1])
    expect(own).toHaveBeenCalledTimes(1)
  })

  test('that came twice end the process without the application', () => {
    const { process, held, exits } = hold()
    const own = vi.fn()
    process.on('SIGTERM', own)
    held.surroundings.onSignal('SIGTERM', () => undefined)
    held.surroundings.onSignal('SIGINT', () => undefined)
    process.emit('SIGTERM')
    process.emit('SIGINT')
    held.surroundings.exit(1)
    expect(exits).toEqual([1])
    expect(own).not.toHaveBeenCalled()
  })

  test('that nobody else listens to, or that did not come, leave nothing to wait for', () => {
    const { process, held, exits } = hold()
    held.surroundings.onSignal('SIGTERM', () => undefined)
    held.surroundings.exit(0)
    process.emit('SIGTERM')
    held.surroundings.exit(3)
    expect(exits).toEqual([0, 3])
  })

  test('are given back when the drain lets go of them', () => {
    const { process, held } = hold()
    const own = vi.fn()
    process.on('SIGTERM', own)
    const forgetOne = held.surroundings.onSignal('SIGTERM', () => undefined)
    const forgetOther = held.surroundings.onSignal('SIGTERM', () => undefined)
    forgetOne()
    process.emit('SIGTERM')
    expect(own).not.toHaveBeenCalled()
    forgetOther()
    process.emit('SIGTERM')
    expect(own).toHaveBeenCalledTimes(1)
  })

  test('in a worker of a cluster are for nobody: its primary tells it', () => {
    const { process, held } = hold({ coordinator: { options: {}, attend: () => undefined } })
    const listener = vi.fn()
    const own = vi.fn()
    process.on('SIGINT', own)
    held.surroundings.onSignal('SIGINT', listener)
    process.emit('SIGINT')
    expect(listener).not.toHaveBeenCalled()
    expect(own).not.toHaveBeenCalled()
  })

  test('an application that does not end by itself is ended', async () => {
    const ended = Promise.withResolvers<number>()
    const { process, held } = hold({ exit: ended.resolve })
    process.on('SIGTERM', () => undefined)
    held.surroundings.onSignal('SIGTERM', () => undefined)
    process.emit('SIGTERM')
    held.leaveWithinMs = 1
    held.surroundings.exit(5)
    expect(await ended.promise).toBe(5)
  })
})

test('an application is adopted: its servers and those it drains itself as one, other servers never', async () => {
  const process = new EventEmitter() as NodeJS.Process
  const forked: unknown[] = []
  const fork = (environment: unknown): unknown => forked.push(environment)
  const cluster = Object.assign(new EventEmitter(), { isPrimary: true, fork }) as unknown as Cluster
  const environment: NodeJS.ProcessEnv = { DRAIN_ADMIN_PORT: '0', DRAIN_DELAY_SECONDS: '0' }
  const exits: number[] = []
  const surroundings: Surroundings = {
    ...processSurroundings,
    environment,
    exit: (code) => void exits.push(code),
    startWatchdog: () => ({ stop: () => undefined }),
    onUncaughtError: () => () => undefined,
    writeStdout: () => Promise.resolve(),
    writeStderr: () => undefined,
  }
  adoptApplication(process, cluster, surroundings)
  adoptApplication(process, cluster, surroundings)

  const servers = [createRawServer(), createServer(), createServer()] as const
  onTestFinished(() => servers.forEach((server) => void server.close()))
  const [raw, first, second] = servers
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  expect(servers.map(isAdopted)).toEqual([false, true, true])
  const drainer = drain(second)
  const third = createServer()
  expect(drain(third)).toBe(drainer)
  expect(() => drain(raw)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_TARGET' }))

  cluster.fork({ one: 1 })
  cluster.fork({ two: 2 })
  expect(forked).toEqual([{ one: 1 }, { two: 2 }])
  expect(environment[primaryVariable]).toBe(String(globalThis.process.pid))

  process.emit('SIGTERM', 'SIGTERM')
  expect(await drainer.drained).toMatchObject({ trigger: 'signal', verdict: 'clean' })
  expect([first.listening, second.listening]).toEqual([false, false])
  await waitFor(() => expect(exits.length).toBeGreaterThan(0))
})
