import { describe, expect, test } from 'vitest'
import { clean, Rehearsal } from './rehearsal.ts'

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
