import { writeFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drainChannels } from '../../../src/drain-server/index.ts'
import { Rehearsal } from './rehearsal.ts'

const clean = { verdict: 'clean', exitCode: 0 }

describe('a drain on a virtual clock', () => {
  test('goes through its phases, each told on the channel, and ends as soon as nothing is left', async () => {
    const phases: unknown[] = []
    const listen = (message: unknown): void => void phases.push(message)
    subscribe(drainChannels.phase, listen)
    onTestFinished(() => void unsubscribe(drainChannels.phase, listen))
    const it = new Rehearsal({ delaySeconds: 2, graceSeconds: 10 })
    expect(it.process.begin('signal')).toBe(true)
    expect(it.process.begin('call')).toBe(false)
    await it.passes(1999)
    expect(it.protocol.calls).toEqual(['shed'])
    await it.passes(1)
    expect(it.protocol.calls).toEqual(['shed', 'closeListener', 'settle'])
    await it.passes(500)
    it.protocol.gone()
    await it.passes(0)
    expect(await it.process.drained).toMatchObject({
      ...clean,
      trigger: 'signal',
      drainDelayMs: 2000,
      deadlineMs: 8000,
      listenerClosedMs: 2000,
      finishedMs: 2500,
      converged: { by: 'delay', atMs: 2000 },
    })
    expect(it.message).toEqual(await it.process.drained)
    expect(it.stdout).toEqual([`${JSON.stringify(it.message)}\n`])
    expect(it.exits).toEqual([0])
    expect(it.clock.pending).toBe(0)
    expect(phases).toEqual([
      { phase: 'converging', from: 'serving', trigger: 'signal', atMs: 0 },
      { phase: 'closing', from: 'converging', trigger: 'signal', atMs: 2000 },
      { phase: 'done', from: 'closing', trigger: 'signal', atMs: 2500 },
    ])
  })

  test('at the deadline aborts what is left, and forces it 100 ms later', async () => {
    const it = new Rehearsal({ delaySeconds: 1, graceSeconds: 10 })
    it.protocol.left = { connections: 1, requests: 2 }
    it.process.begin('signal')
    await it.passes(8000)
    expect(it.protocol.calls).toEqual(['shed', 'closeListener', 'settle', 'abort ERR_DRAIN_DEADLINE'])
    expect(it.process.signal.reason).toMatchObject({
      code: 'ERR_DRAIN_DEADLINE',
      message: 'the drain deadline of 8000 ms has come',
    })
    await it.passes(100)
    expect(it.message).toMatchObject({
      verdict: 'forced',
      exitCode: 1,
      finishedMs: 8100,
      forced: { connections: 1, requests: 2 },
    })
    expect(it.exits).toEqual([1])
  })

  test('exits though nobody reads stdout', async () => {
    const it = new Rehearsal({ delaySeconds: 0 })
    it.stdoutIsRead = false
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(50)
    expect([it.process.state, it.exits]).toEqual(['done', []])
    await it.passes(100)
    expect(it.exits).toEqual([0])
  })

  test('leaves exiting to the application where the options say so', async () => {
    const it = new Rehearsal({ delaySeconds: 0, exit: false })
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(1)
    expect(it.message).toMatchObject({ verdict: 'clean', exitCode: null })
    expect(it.exits).toEqual([])
    expect(it.errorListeners.size + it.watchdogs.size).toBe(0)
  })

  test('is stopped by release(), before or in the middle', async () => {
    const it = new Rehearsal()
    it.process.release()
    it.process.begin('signal')
    expect(it.watchdogs.size + it.errorListeners.size).toBe(2)
    it.process.release()
    expect(it.clock.pending + it.watchdogs.size + it.errorListeners.size).toBe(0)
  })
})

describe('adaptive convergence', () => {
  const terms = { delaySeconds: 10, graceSeconds: 40 }

  test('closes at the minimum when nothing comes, and traffic before makes that mean something', async () => {
    const it = new Rehearsal({ ...terms, minDelaySeconds: 3 })
    it.serveBefore(300)
    it.process.begin('signal')
    await it.passes(3000)
    expect(it.process.report).toBeUndefined()
    it.protocol.gone()
    await it.passes(1)
    expect(it.message).toMatchObject({ ...clean, listenerClosedMs: 3000, converged: { by: 'quiet', atMs: 3000 } })
  })

  test('waits for all of D without traffic before', async () => {
    const it = new Rehearsal({ ...terms, minDelaySeconds: 0 })
    it.traffic.listen()
    it.clock.advance(60_000)
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(10_000)
    expect(it.message).toMatchObject({ listenerClosedMs: 10_000, converged: { by: 'delay', atMs: 10_000 } })
  })

  test('without a minimum waits for all of D', async () => {
    const it = new Rehearsal(terms)
    it.serveBefore(300)
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(10_000)
    expect(it.message).toMatchObject({ listenerClosedMs: 10_000, converged: { by: 'delay' } })
  })

  test('each late connection puts the close off by a quiet period, a request on an old connection does not', async () => {
    const it = new Rehearsal({ ...terms, minDelaySeconds: 1 })
    it.serveBefore(6000)
    it.protocol.gone()
    const old = { acceptedAtMs: it.clock.nowMs() - 1 }
    it.process.begin('signal')
    for (let count = 0; count < 4; count += 1) {
      await it.passes(900)
      it.arrive()
    }
    await it.passes(900)
    it.traffic.arrive(old, false)
    await it.passes(99)
    expect(it.process.state).toBe('converging')
    await it.passes(1)
    expect(it.message).toMatchObject({
      listenerClosedMs: 4600,
      converged: { by: 'quiet', atMs: 4600 },
      late: { connections: { count: 4, lastMs: 3600 }, requests: { count: 1, lastMs: 4500 } },
    })
  })

  test('at D stays open while connections still come, until they cease', async () => {
    const it = new Rehearsal(terms)
    it.serveBefore(6000)
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(9500)
    it.arrive()
    await it.passes(800)
    it.arrive()
    await it.passes(999)
    expect(it.process.state).toBe('converging')
    await it.passes(1)
    expect(it.message).toMatchObject({ ...clean, listenerClosedMs: 11_300, converged: { by: 'quiet', atMs: 11_300 } })
  })

  test('a client that never ceases holds it until the maximum, no longer', async () => {
    const it = new Rehearsal({ ...terms, maxDelaySeconds: 12 })
    it.serveBefore(6000)
    it.protocol.gone()
    it.process.begin('signal')
    while (it.process.state === 'converging') {
      it.arrive()
      await it.passes(50)
    }
    expect(it.message).toMatchObject({ ...clean, listenerClosedMs: 12_000, converged: { by: 'maximum', atMs: 12_000 } })
  })

  test('a deadline in the middle of it counts as cut off', async () => {
    const it = new Rehearsal({ ...terms, undrainAfterMs: 60_000 })
    it.process.begin('preStop')
    await it.passes(38_500)
    it.process.receiveSignal('SIGTERM')
    await it.passes(100)
    expect(it.message).toMatchObject({ listenerClosedMs: null, converged: { by: 'cutOff', atMs: 38_500 } })
  })
})

describe('a preStop call', () => {
  test('goes no further than converging before its signal; what came until then counts', async () => {
    const it = new Rehearsal({ delaySeconds: 20 })
    it.serveBefore(6000)
    it.protocol.gone()
    expect(it.process.drainByHook({ delaySeconds: 2, minDelaySeconds: 1 })).toBe(true)
    await it.passes(2900)
    it.arrive()
    await it.passes(100)
    expect(it.process.state).toBe('converging')
    it.process.receiveSignal('SIGTERM')
    await it.passes(899)
    expect(it.process.state).toBe('converging')
    await it.passes(1)
    expect(it.message).toMatchObject({ trigger: 'preStop', drainDelayMs: 2000, converged: { by: 'quiet', atMs: 3900 } })
  })

  test('that no signal follows is taken back, with everything that stood by it, and the next one drains', async () => {
    const it = new Rehearsal({ delaySeconds: 2, undrainAfterMs: 3000 })
    const seen: string[] = []
    it.process.addStartHook(() => {
      seen.push('paused')
      return () => void seen.push('resumed')
    })
    it.protocol.gone()
    it.process.drainByHook({})
    expect(it.errorListeners.size + it.watchdogs.size).toBe(2)
    await it.passes(3000)
    expect([it.process.state, seen]).toEqual(['serving', ['paused', 'resumed']])
    expect(it.protocol.calls).toEqual(['shed', 'keep'])
    expect(it.clock.pending + it.errorListeners.size + it.watchdogs.size).toBe(0)
    expect(it.process.emergencyReport()).toBeUndefined()
    expect(it.warnings).toEqual([
      'no signal followed the preStop call: the drain is called off and the process is ready again',
    ])
    it.arrive()
    it.process.drainByHook({})
    it.process.receiveSignal('SIGTERM')
    await it.passes(2000)
    expect(it.message).toMatchObject({ ...clean, late: { connections: { count: 0 } }, listenerClosedMs: 2000 })
    expect(seen).toEqual(['paused', 'resumed', 'paused'])
  })

  test('is not believed again so soon: who goes on calling does not keep the process unready', async () => {
    const it = new Rehearsal({ delaySeconds: 2, undrainAfterMs: 3000 })
    it.process.drainByHook({})
    await it.passes(3000)
    for (let calls = 0; calls < 10; calls += 1) {
      expect(it.process.drainByHook({ delaySeconds: 1 })).toBe(false)
      await it.passes(7000)
      expect(it.process.state).toBe('serving')
    }
    await it.passes(53_000)
    expect(it.process.drainByHook({})).toBe(true)
    expect(it.process.state).toBe('converging')
  })

  test('that was not believed is proven true by the signal: its terms are those of the drain', async () => {
    const it = new Rehearsal({ delaySeconds: 9, undrainAfterMs: 3000 })
    it.protocol.gone()
    it.process.drainByHook({})
    await it.passes(3000)
    it.process.drainByHook({ delaySeconds: 2, graceSeconds: 20 })
    await it.passes(2999)
    it.process.receiveSignal('SIGTERM')
    await it.passes(2000)
    expect(it.message).toMatchObject({ ...clean, trigger: 'preStop', listenerClosedMs: 2000, deadlineMs: 18_000 })
  })

  test('that was not believed says nothing about a signal much later', async () => {
    const it = new Rehearsal({ delaySeconds: 9, undrainAfterMs: 3000 })
    it.protocol.gone()
    it.process.drainByHook({})
    await it.passes(3000)
    it.process.drainByHook({ delaySeconds: 2 })
    await it.passes(3000)
    it.process.receiveSignal('SIGTERM')
    await it.passes(9000)
    expect(it.message).toMatchObject({ ...clean, trigger: 'signal', listenerClosedMs: 9000 })
  })

  test('a signal in time is what it waited for', async () => {
    const it = new Rehearsal({ delaySeconds: 4, undrainAfterMs: 3000 })
    it.protocol.gone()
    it.process.drainByHook({})
    it.process.receiveSignal('SIGTERM')
    await it.passes(4000)
    expect(it.message).toMatchObject({ ...clean, listenerClosedMs: 4000 })
  })

  test('is not taken back when an error went uncaught: the process ends as it would have', async () => {
    const it = new Rehearsal({ delaySeconds: 2, undrainAfterMs: 3000 })
    it.protocol.gone()
    it.process.drainByHook({})
    it.throwUncaught(new Error('broken'))
    await it.passes(3000)
    expect(it.message).toMatchObject({ verdict: 'clean', exitCode: 70, listenerClosedMs: 3000 })
    expect(it.exits).toEqual([70])
  })
})

describe('a second signal', () => {
  test('ends the drain at once, and names the hook that was running', async () => {
    const it = new Rehearsal({ delaySeconds: 0 })
    it.protocol.gone()
    it.process.addDrainHook(() => new Promise(() => undefined), { name: 'flush' })
    it.process.begin('signal')
    await it.passes(500)
    it.process.receiveSignal('SIGTERM')
    await it.passes(1)
    expect(it.message).toMatchObject({
      verdict: 'forced',
      exitCode: 1,
      hooks: [{ name: 'flush', phase: 'drain', durationMs: 500, outcome: 'abandoned' }],
    })
    it.process.receiveSignal('SIGTERM')
    expect(it.exits).toEqual([1])
    expect(it.protocol.calls.filter((call) => call === 'force')).toHaveLength(1)
  })

  test('before the listener closes cuts convergence off', async () => {
    const it = new Rehearsal()
    it.process.begin('signal')
    await it.passes(100)
    it.process.receiveSignal('SIGINT')
    expect(it.message).toMatchObject({ converged: { by: 'cutOff', atMs: 100 }, listenerClosedMs: null })
  })
})

describe('hooks', () => {
  test('run after what started with the drain has ended, and all are in the report', async () => {
    const it = new Rehearsal({ delaySeconds: 0, graceSeconds: 10 })
    const seen: string[] = []
    const consumer = Promise.withResolvers<void>()
    it.process.addStartHook(() => consumer.promise, { name: 'consumer' })
    it.process.addDrainHook(() => void seen.push('pool'), { name: 'pool', order: 1 })
    it.process.addDrainHook(() => void seen.push('flush'), { name: 'flush' })
    it.process.addDrainHook(() => void seen.push('removed'))()
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(700)
    expect(seen).toEqual([])
    consumer.resolve()
    await it.passes(1)
    expect(seen).toEqual(['flush', 'pool'])
    expect(it.message).toMatchObject({
      ...clean,
      hooks: [
        { name: 'consumer', phase: 'start', durationMs: 700, outcome: 'ok' },
        { name: 'flush', phase: 'drain', durationMs: 0, outcome: 'ok' },
        { name: 'pool', phase: 'drain', durationMs: 0, outcome: 'ok' },
      ],
    })
    expect(it.process.metrics()).toContain('drain_server_hook_duration_seconds{hook="consumer",outcome="ok"} 0.7')
  })

  test('a start hook that hangs is abandoned at the deadline, and leaves the others their time', async () => {
    const it = new Rehearsal({ delaySeconds: 0, graceSeconds: 10 })
    it.process.addStartHook(() => new Promise(() => undefined), { name: 'consumer' })
    it.process.addDrainHook(() => undefined, { name: 'pool' })
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(8100)
    expect(it.message).toMatchObject({
      verdict: 'forced',
      exitCode: 1,
      hooks: [
        { name: 'consumer', durationMs: 8000, outcome: 'abandoned' },
        { name: 'pool', outcome: 'ok' },
      ],
    })
  })

  test('a hook that hangs never keeps the process beyond the end of its time', async () => {
    const it = new Rehearsal({ delaySeconds: 0, graceSeconds: 10 })
    it.process.addDrainHook(() => new Promise(() => undefined), { name: 'hangs' })
    it.process.addDrainHook(() => undefined, { name: 'late' })
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(8999)
    expect(it.exits).toEqual([])
    await it.passes(1)
    expect(it.exits).toEqual([1])
    expect(it.message).toMatchObject({
      verdict: 'forced',
      finishedMs: 9000,
      hooks: [
        { name: 'hangs', outcome: 'abandoned', durationMs: 9000 },
        { name: 'late', outcome: 'skipped', durationMs: 0 },
      ],
    })
  })
})

describe('errors that nobody caught', () => {
  test('are counted in the report and in the exit code; what is in flight is still finished', async () => {
    const it = new Rehearsal({ delaySeconds: 1, exitCodes: { uncaughtError: 99 } })
    it.process.begin('signal')
    await it.passes(1500)
    it.throwUncaught(new TypeError('x is undefined'))
    it.throwUncaught({ code: 7 })
    expect(it.exits).toEqual([])
    it.protocol.gone()
    await it.passes(1)
    expect(it.message).toMatchObject({
      verdict: 'clean',
      exitCode: 99,
      errors: { count: 2, first: 'TypeError: x is undefined' },
    })
    expect(it.exits).toEqual([99])
    expect(it.errorListeners.size).toBe(0)
    expect(it.log).toContainEqual({
      level: 'error',
      message: 'an error that nobody caught: what is in flight is finished first',
      error: '{ code: 7 }',
    })
  })

  test('are told whatever was thrown', async () => {
    const it = new Rehearsal({ delaySeconds: 0 })
    it.protocol.gone()
    it.process.begin('signal')
    it.throwUncaught({ code: 7 })
    await it.passes(1)
    expect(it.message.errors).toEqual({ count: 1, first: '{ code: 7 }' })
  })

  test.each([{ uncaughtErrors: 'crash' as const }, { exit: false }])('are left to Node with %o', (options) => {
    const it = new Rehearsal(options)
    it.process.begin('signal')
    expect(it.errorListeners.size).toBe(0)
  })
})

describe('the watchdog', () => {
  const [grace, stuckMs] = [10, 9500]

  test('watches from drain start until the process exits, between the end of the hooks and that of the grace', async () => {
    const it = new Rehearsal({ delaySeconds: 0, graceSeconds: grace })
    it.process.begin('signal')
    expect([...it.watchdogs].map(({ afterMs }) => afterMs)).toEqual([stuckMs])
    it.protocol.gone()
    await it.passes(1)
    expect([it.exits, it.watchdogs.size]).toEqual([[0], 0])
  })

  test('ends a process that is stuck with a report, and with 124 whatever else went wrong', async () => {
    const it = new Rehearsal({ delaySeconds: 2, graceSeconds: grace })
    it.protocol.left = { connections: 2, requests: 3 }
    it.process.begin('signal')
    it.throwUncaught(new Error('before'))
    await it.passes(1000)
    const [watchdog] = it.watchdogs
    watchdog?.onStuck()
    expect(it.message).toMatchObject({
      verdict: 'forced',
      exitCode: 124,
      converged: { by: 'cutOff', atMs: 1000 },
      forced: { connections: 2, requests: 3 },
    })
    expect(it.exits[0]).toBe(124)
    expect(it.stdout).toHaveLength(1)
  })

  test('does so even when what is left cannot be cut off any more, or exiting is left to the application', () => {
    const it = new Rehearsal({ watchdog: true, exit: false, exitCodes: { stuck: 3 } })
    it.protocol.force = () => {
      throw new Error('half done')
    }
    it.process.begin('signal')
    expect(() => it.process.emergencyReport()).toThrow('half done')
    expect(it.message).toMatchObject({ verdict: 'forced', exitCode: 3 })
    expect(it.exits).toEqual([3])
  })

  test('keeps the report of a process that is stuck while it exits', async () => {
    const it = new Rehearsal({ delaySeconds: 0 })
    it.stdoutIsRead = false
    it.protocol.gone()
    it.process.begin('signal')
    await it.passes(50)
    it.process.emergencyReport()
    expect(it.message).toMatchObject(clean)
    expect(it.exits).toEqual([124])
    expect(it.protocol.calls).not.toContain('force')
  })

  test('holds a report for when not even that can be done, which claims to have seen nothing', () => {
    const it = new Rehearsal({ delaySeconds: 2 })
    it.process.begin('signal')
    const [watchdog] = it.watchdogs
    expect(watchdog?.lastWords?.path).toBe(it.messagePath)
    expect(JSON.parse(watchdog?.lastWords?.text ?? '')).toMatchObject({
      verdict: 'forced',
      exitCode: 137,
      finishedMs: 0,
      listenerClosedMs: null,
    })
  })

  test('has none where there is no place for it', () => {
    const it = new Rehearsal({ terminationMessagePath: false })
    it.process.begin('signal')
    expect([...it.watchdogs][0]).not.toHaveProperty('lastWords')
  })

  test('that cannot be had is told to the log', () => {
    const it = new Rehearsal()
    it.process.begin('signal')
    const [watchdog] = it.watchdogs
    watchdog?.onUnavailable(new Error('no threads'))
    expect(it.log).toContainEqual({
      level: 'warn',
      message: 'a stuck event loop cannot be watched for',
      error: 'Error: no threads',
    })
  })

  test('is left out where the options say so', () => {
    const it = new Rehearsal({ watchdog: false })
    it.process.begin('signal')
    expect(it.watchdogs.size).toBe(0)
  })

  test('waits for the signal where the drain may be called off after its moment', async () => {
    const it = new Rehearsal({ graceSeconds: grace, undrainAfterMs: 20_000 })
    it.process.drainByHook({})
    expect(it.watchdogs.size).toBe(0)
    await it.passes(1000)
    it.process.receiveSignal('SIGTERM')
    expect([...it.watchdogs].map(({ afterMs }) => afterMs)).toEqual([stuckMs - 1000])
  })
})

describe('the contract', () => {
  test('comes from the query, the options, the file as it is then, and the environment, in this order', () => {
    const file = new Rehearsal().messagePath
    writeFileSync(file, '{"delaySeconds": 1, "graceSeconds": 1, "minDelaySeconds": 1, "maxDelaySeconds": 1}')
    const it = new Rehearsal(
      { contractFile: file, minDelaySeconds: 4 },
      { DRAIN_DELAY_SECONDS: '8', DRAIN_GRACE_SECONDS: '50' },
    )
    writeFileSync(file, '{"delaySeconds": 9, "minDelaySeconds": 5, "maxDelaySeconds": 12}')
    it.process.begin('preStop', { maxDelaySeconds: 20 })
    expect(it.log.at(-1)).toMatchObject({
      message: 'drain began',
      minDelayMs: 4000,
      delayMs: 9000,
      maxDelayMs: 20_000,
      deadlineMs: 48_000,
    })
  })

  test('that does not fit is told', () => {
    const it = new Rehearsal({ delaySeconds: 3, minDelaySeconds: 4 })
    it.process.begin('signal')
    expect(it.warnings).toEqual(['the minimum of 4 s is above the drain delay of 3 s: it is never shortened'])
  })
})
