import { describe, expect, test } from 'vitest'
import { clean, Rehearsal } from './rehearsal.ts'

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
