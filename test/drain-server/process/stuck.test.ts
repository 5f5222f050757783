import { describe, expect, test } from 'vitest'
import { clean, Rehearsal } from './rehearsal.ts'

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
