import { once } from 'node:events'
import { expect, test } from 'vitest'
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
