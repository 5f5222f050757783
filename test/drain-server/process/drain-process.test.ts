import { writeFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, onTestFinished, test } from 'vitest'
import { drainChannels } from '../../../src/drain-server/index.ts'
import { clean, Rehearsal } from './rehearsal.ts'

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
