import { expect, test } from 'vitest'
import { Rehearsal } from './rehearsal.ts'

const terms = { delaySeconds: 2, graceSeconds: 20, undrainAfterMs: 1000 }

test("the application's own call confirms a hook's drain, which then runs to its end from the hook's call on", async () => {
  const it = new Rehearsal(terms)
  it.protocol.gone()
  it.process.begin('preStop')
  await it.passes(500)
  expect(it.process.begin('call')).toBe(false)
  await it.passes(1499)
  expect(it.process.state).toBe('converging')
  await it.passes(1)
  expect(await it.process.drained).toMatchObject({ trigger: 'preStop', verdict: 'clean', listenerClosedMs: 2000 })
})

test('the signal after a call that confirmed the drain of a hook is the first one', async () => {
  const it = new Rehearsal(terms)
  it.process.begin('preStop')
  it.process.begin('call')
  it.process.receiveSignal('SIGTERM')
  await it.passes(0)
  expect(it.process.state).toBe('converging')
})

test('a hook that calls again confirms nothing', async () => {
  const it = new Rehearsal(terms)
  it.process.begin('preStop')
  await it.passes(500)
  expect(it.process.begin('preStop')).toBe(false)
  await it.passes(500)
  expect(it.process.state).toBe('serving')
})
