import { once } from 'node:events'
import { expect, test } from 'vitest'
import { processSurroundings } from '../../../src/drain-server/surroundings.ts'
import { stageHeld } from '../http1/held-application.ts'

test('close() during a drain calls back without an error, but not before the last connection is gone', async () => {
  const it = await stageHeld()
  const [busy, idle] = [await it.connect(), await it.connect()]
  idle.get('/now')
  await idle.receives('ok /now')
  busy.get('/held')
  await it.hasHeld(1)
  it.drainer.start()
  while (it.server.listening) await it.pass(5)
  const told: unknown[] = []
  const closed = new Promise<void>((resolve) => {
    it.server.close((error) => {
      told.push(error)
      resolve()
    })
  })
  idle.get('/now')
  await idle.receives('ok /now', 2)
  expect(told).toEqual([])
  it.held[0]?.end()
  await busy.receives('ok /held')
  await it.clock.fly(it.drainer.drained)
  await closed
  expect(told).toEqual([undefined])
})

test('close() after a drain calls back, too, each time', async () => {
  const it = await stageHeld()
  const gone = once(it.server, 'close')
  it.drainer.start()
  await it.clock.fly(it.drainer.drained)
  await gone
  for (let times = 0; times < 2; times += 1) {
    expect(await new Promise((resolve) => it.server.close(resolve))).toBeUndefined()
  }
})

test('close() before the drain closes the listener is left to the drain: what routing still sends is served', async () => {
  const it = await stageHeld({ delaySeconds: 5 })
  it.drainer.start()
  const closed = new Promise((resolve) => void it.server.close(resolve))
  await it.pass(2000)
  const client = await it.connect()
  client.get('/now')
  await client.receives('ok /now')
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject({ verdict: 'clean', late: { connections: { count: 1 } } })
  expect(report.listenerClosedMs).toBeGreaterThanOrEqual(5000)
  expect(await closed).toBeUndefined()
})

test('close() in the drain of a hook confirms it', async () => {
  const it = await stageHeld({ delaySeconds: 2, undrainAfterMs: 1000 })
  await fetch(`${it.adminUrl}/admin/drain`)
  it.server.close()
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ trigger: 'preStop', verdict: 'clean' })
})

test("a drain hears of a signal before the application's own listeners, whenever they were added", () => {
  const heard: string[] = []
  const own = (): void => void heard.push('application')
  process.on('SIGUSR2', own)
  const forget = processSurroundings.onSignal('SIGUSR2', () => heard.push('drain'))
  process.emit('SIGUSR2', 'SIGUSR2')
  forget()
  process.off('SIGUSR2', own)
  expect(heard).toEqual(['drain', 'application'])
})
