import { describe, expect, test, vi } from 'vitest'
import type { FakeWorker } from './fake-cluster.ts'
import { reportOf, stageCluster } from './fake-cluster.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function drained(worker: FakeWorker, part: Parameters<typeof reportOf>[0] = {}): void {
  worker.tells({ kind: 'report', report: reportOf(part) })
  worker.ends(part.exitCode ?? 0)
}

describe('a signal to the primary', () => {
  test('goes to all workers, and their reports become one', async () => {
    const { coordinator, fork, exits, stdout } = stageCluster()
    const [one, other] = fork(2) as [FakeWorker, FakeWorker]
    coordinator.receiveSignal('SIGTERM')
    for (const { orders } of [one, other]) expect(orders).toEqual([{ kind: 'drain', trigger: 'signal', terms: {} }])
    expect(coordinator.state).toBe('converging')
    one.tells({ kind: 'phase', phase: 'closing' })
    expect(coordinator.state).toBe('converging')
    other.tells({ kind: 'phase', phase: 'closing' })
    expect(coordinator.state).toBe('closing')
    drained(one)
    expect(coordinator.report).toBeUndefined()
    drained(other)
    const report = await coordinator.drained
    expect(report).toMatchObject({ verdict: 'clean', exitCode: 0, inFlight: { atDrainStart: 2 } })
    expect(coordinator.state).toBe('done')
    await settled()
    expect(stdout).toEqual([`${JSON.stringify(report)}\n`])
    expect(exits).toEqual([0])
  })

  test('exits with the worst of the workers codes, unless exiting is left to the application', async () => {
    const { coordinator, fork, exits } = stageCluster()
    const [one, other] = fork(2) as [FakeWorker, FakeWorker]
    coordinator.begin('call')
    drained(one, { verdict: 'forced', exitCode: 124 })
    drained(other)
    expect(await coordinator.drained).toMatchObject({ verdict: 'forced', exitCode: 124 })
    await settled()
    expect(exits).toEqual([124])

    const left = stageCluster({ exit: false })
    left.coordinator.begin('call')
    expect(await left.coordinator.drained).toMatchObject({ verdict: 'clean', exitCode: null })
    await settled()
    expect(left.exits).toEqual([])
  })

  test('a second one goes to the workers, and ends those that know nothing of it', () => {
    const { coordinator, fork, forkStranger } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    const stranger = forkStranger()
    coordinator.receiveSignal('SIGTERM')
    coordinator.receiveSignal('SIGINT')
    expect(worker.orders.at(-1)).toEqual({ kind: 'signal', signal: 'SIGINT' })
    expect(worker.done).toEqual([])
    expect(stranger.done).toEqual(['SIGKILL'])
  })

  test('a second one that is to be ignored ends nothing', () => {
    const { coordinator, forkStranger } = stageCluster({ secondSignal: 'ignore' })
    const stranger = forkStranger()
    coordinator.receiveSignal('SIGTERM')
    coordinator.receiveSignal('SIGTERM')
    expect(stranger.done).toEqual([])
  })

  test('begins one drain, and only one', () => {
    const { coordinator, fork } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    expect(coordinator.begin('call')).toBe(true)
    expect(coordinator.begin('call')).toBe(false)
    expect(coordinator.drainByHook({})).toBe(false)
    expect(worker.orders).toHaveLength(1)
  })
})

describe('a worker whose channel ends without an event', () => {
  test('is gone when it exits, if the channel has ended by then', async () => {
    const { coordinator, fork } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    coordinator.receiveSignal('SIGTERM')
    worker.tells({ kind: 'report', report: reportOf() })
    worker.connected = false
    worker.exits(0)
    expect(await coordinator.drained).toMatchObject({ verdict: 'clean', exitCode: 0 })
  })

  test('is gone when its process is closed, if the channel ends after the exit', async () => {
    const { coordinator, fork } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    coordinator.receiveSignal('SIGTERM')
    worker.exits(0)
    expect(coordinator.report).toBeUndefined()
    worker.tells({ kind: 'report', report: reportOf() })
    worker.process.emit('close')
    expect(await coordinator.drained).toMatchObject({ verdict: 'clean', exitCode: 0 })
  })
})

describe('a preStop call', () => {
  test('gives its terms to the workers; they and the primary are ready again when no signal follows', () => {
    const { coordinator, clock, fork, log } = stageCluster({ undrainAfterMs: 10_000 })
    const [worker] = fork(1) as [FakeWorker]
    expect(coordinator.drainByHook({ delaySeconds: 3 })).toBe(true)
    expect(worker.orders).toEqual([{ kind: 'drain', trigger: 'preStop', terms: { delaySeconds: 3 } }])
    expect(coordinator.state).toBe('converging')
    worker.tells({ kind: 'phase', phase: 'converging' })
    clock.advance(10_000)
    expect(coordinator.state).toBe('converging')
    worker.tells({ kind: 'phase', phase: 'serving' })
    expect(coordinator.state).toBe('serving')
    expect(log).toContainEqual(expect.objectContaining({ message: 'the drain of the cluster is called off' }))
    clock.advance(60_000)
    expect(worker.done).toEqual([])
    expect(coordinator.begin('call')).toBe(true)
  })

  test('is not believed again so soon, until a signal proves it', () => {
    const { coordinator, clock, fork } = stageCluster({ undrainAfterMs: 10_000 })
    fork(1)
    coordinator.drainByHook({})
    clock.advance(10_000)
    expect(coordinator.drainByHook({ delaySeconds: 2 })).toBe(false)
    expect(coordinator.state).toBe('serving')
    coordinator.receiveSignal('SIGTERM')
    expect(coordinator.state).not.toBe('serving')
  })

  test('that is called off tells the application of the workers that ended meanwhile, so that it forks others', () => {
    const { cluster, coordinator, clock, fork } = stageCluster({ undrainAfterMs: 10_000 })
    const [crashed, next] = fork(2) as [FakeWorker, FakeWorker]
    const told: unknown[] = []
    cluster.on('exit', (worker: FakeWorker, code: number) => told.push(['exit', worker, code]))
    cluster.on('disconnect', (worker: FakeWorker) => told.push(['disconnect', worker]))
    coordinator.drainByHook({})
    crashed.ends(1)
    expect(told).toEqual([])
    clock.advance(10_000)
    const ofCrashed = [
      ['exit', crashed, 1],
      ['disconnect', crashed],
    ]
    expect(told).toEqual(ofCrashed)
    next.exits(2)
    expect(told).toEqual([...ofCrashed, ['exit', next, 2]])
  })

  test('that a signal confirms is not called off', () => {
    const { coordinator, clock, fork } = stageCluster({ undrainAfterMs: 10_000 })
    const [worker] = fork(1) as [FakeWorker]
    coordinator.drainByHook({})
    coordinator.receiveSignal('SIGTERM')
    expect(worker.orders.at(-1)).toEqual({ kind: 'signal', signal: 'SIGTERM' })
    clock.advance(10_000)
    expect(coordinator.state).toBe('converging')
  })

  test('ends nothing before it is confirmed', () => {
    const { coordinator, clock, fork, forkStranger } = stageCluster({ undrainAfterMs: 60_000 })
    const [worker] = fork(1) as [FakeWorker]
    const stranger = forkStranger()
    coordinator.drainByHook({})
    clock.advance(40_000)
    expect([...worker.done, ...stranger.done]).toEqual([])
    worker.ends(0)
    stranger.ends(0)
    expect(coordinator.report).toBeUndefined()
    coordinator.receiveSignal('SIGTERM')
    expect(coordinator.report).toBeDefined()
  })

  test('a worker that joins after the signal is told both', () => {
    const { coordinator, fork } = stageCluster()
    coordinator.drainByHook({})
    fork(1)
    coordinator.receiveSignal('SIGTERM')
    const [late] = fork(1) as [FakeWorker]
    expect(late.orders).toEqual([
      { kind: 'drain', trigger: 'preStop', terms: {} },
      { kind: 'signal', signal: 'SIGTERM' },
    ])
  })
})

describe('a worker', () => {
  test('that dies in the middle of the drain is counted, and holds nothing up', async () => {
    const { coordinator, fork, log } = stageCluster()
    const [one, other] = fork(2) as [FakeWorker, FakeWorker]
    coordinator.begin('signal')
    one.ends(null)
    drained(other)
    expect(await coordinator.drained).toMatchObject({ verdict: 'forced', exitCode: 1 })
    expect(log).toContainEqual(
      expect.objectContaining({ worker: 1, exitCode: null, message: 'a worker ended in the middle of the drain' }),
    )
  })

  test('whose exit is told before its report was read is waited for', async () => {
    const { coordinator, fork } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    coordinator.begin('signal')
    worker.exits(0)
    expect(coordinator.report).toBeUndefined()
    worker.tells({ kind: 'report', report: reportOf() })
    worker.losesItsChannel()
    expect(await coordinator.drained).toMatchObject({ verdict: 'clean' })
  })

  test('that is left at the end of the grace period is killed', () => {
    const { coordinator, clock, fork } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    coordinator.begin('signal')
    clock.advance(29_749)
    expect(worker.done).toEqual([])
    clock.advance(1)
    expect(worker.done).toEqual(['SIGKILL'])
  })

  test('without drain-server is disconnected after the drain delay, and clean when it exits with 0', async () => {
    const { coordinator, clock, forkStranger } = stageCluster()
    const stranger = forkStranger()
    coordinator.begin('signal')
    clock.advance(1999)
    expect(stranger.done).toEqual([])
    clock.advance(1)
    expect(stranger.done).toEqual(['disconnect'])
    expect(stranger.orders).toEqual([])
    stranger.ends(0)
    expect(await coordinator.drained).toMatchObject({ verdict: 'clean' })
  })

  test('without drain-server that had to be killed makes the verdict forced', async () => {
    const { coordinator, forkStranger } = stageCluster()
    const stranger = forkStranger()
    coordinator.begin('signal')
    stranger.ends(null)
    expect(await coordinator.drained).toMatchObject({ verdict: 'forced' })
  })

  test('that is gone already is told nothing', () => {
    const { coordinator, clock, fork, forkStranger } = stageCluster()
    const [worker] = fork(1) as [FakeWorker]
    const stranger = forkStranger()
    worker.connected = false
    stranger.connected = false
    coordinator.begin('signal')
    clock.advance(2000)
    expect(worker.orders).toEqual([])
    expect(stranger.done).toEqual([])
  })
})

describe('the application', () => {
  test('hears of workers that end, but not while the cluster drains: it would fork others', () => {
    const { coordinator, cluster, fork } = stageCluster()
    const heard = vi.fn()
    cluster.on('exit', heard)
    cluster.on('disconnect', heard)
    const [one, other] = fork(2) as [FakeWorker, FakeWorker]
    one.ends(1)
    expect(heard).toHaveBeenCalledTimes(2)
    coordinator.begin('signal')
    other.ends(0)
    expect(heard).toHaveBeenCalledTimes(2)
    coordinator.release()
    cluster.emit('exit', other, 0)
    expect(heard).toHaveBeenCalledTimes(3)
  })

  test('has messages and events of its own', () => {
    const { cluster, fork, coordinator } = stageCluster()
    const heard = vi.fn()
    cluster.on('message', heard)
    cluster.on('setup', heard)
    const [worker] = fork(1) as [FakeWorker]
    heard.mockClear()
    for (const message of ['text', null, { type: 'own' }]) cluster.emit('message', worker, message)
    cluster.emit('setup')
    cluster.emit('exit', { id: 99 }, 0)
    expect(heard).toHaveBeenCalledTimes(4)
    expect(coordinator.state).toBe('serving')
  })
})

test('the cluster has started when a worker listens', () => {
  const { coordinator, cluster, fork } = stageCluster()
  const [worker] = fork(1)
  expect(coordinator.started).toBe(false)
  cluster.emit('listening', worker, {})
  expect(coordinator.started).toBe(true)
})

test('metrics are those of the workers that answer in time', async () => {
  const { coordinator, clock, fork, forkStranger } = stageCluster()
  const [one, slow, gone] = fork(3) as [FakeWorker, FakeWorker, FakeWorker]
  forkStranger()
  gone.connected = false
  const metrics = coordinator.metrics()
  const text = '# TYPE drain_server_requests_in_flight gauge\ndrain_server_requests_in_flight 2\n'
  const [order] = one.orders
  if (order?.kind !== 'metrics') throw new Error('no question came')
  one.tells({ kind: 'metrics', question: order.question, text })
  clock.advance(1000)
  expect(await metrics).toBe(text)
  expect(slow.orders).toHaveLength(1)
  slow.tells({ kind: 'metrics', question: 1, text })
})
