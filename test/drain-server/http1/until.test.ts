import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { stageHeld } from './held-application.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }
const megabyte = Buffer.alloc(1024 * 1024, 'x')

describe('a peer that stops reading', () => {
  test('gets a response that is in the kernel when it reads again, however long after our socket is closed', async () => {
    const it = await stageHeld({
      handler: (_request, response) => void response.end(Buffer.alloc(100_000, 'x')),
    })
    const client = await it.connect()
    it.drainer.start()
    client.socket.pause()
    client.get('/')
    await once(it.server, 'request')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject(clean)
    expect(report.finishedMs).toBeGreaterThanOrEqual(5000)
    client.socket.resume()
    expect(await client.ended).toBe('FIN')
    expect(client.received.length).toBeGreaterThan(100_000)
  })

  test('and whose response is still here at the deadline, has lost it, and that is counted', async () => {
    const it = await stageHeld({
      graceSeconds: 10,
      handler(_request, response) {
        for (let written = 0; written < 32; written += 1) response.write(megabyte)
        response.end()
      },
    })
    const client = await it.connect()
    it.drainer.start()
    client.socket.pause()
    client.get('/')
    await once(it.server, 'request')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 1, requests: 1 } })
    expect(report.finishedMs).toBeGreaterThanOrEqual(8000)
  })
})

describe('before the deadline', () => {
  test('idle connections get FIN, also when they could be idle for longer', async () => {
    const it = await stageHeld({ graceSeconds: 10, idleGraceMs: 60_000 })
    const client = await it.connect()
    client.get('/now')
    await client.receives('ok /now')
    it.drainer.start()
    await it.pass(6500)
    expect(client.ending).toBeUndefined()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject({ ...clean, deadlineMs: 8000 })
    expect(report.finishedMs).toBeLessThan(8000)
  })

  test('a peer that never answers our FIN is left', async () => {
    const it = await stageHeld({ graceSeconds: 8 })
    const client = await it.connect()
    client.socket.allowHalfOpen = true
    it.drainer.start()
    client.get('/held')
    await it.hasHeld(1)
    await it.pass(4000)
    it.held[0]?.end()
    expect(await client.ended).toBe('FIN')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject({ ...clean, deadlineMs: 6000 })
    expect(report.finishedMs).toBeGreaterThan(5500)
    expect(report.finishedMs).toBeLessThan(6000)
  })

  test('a peer that was answered last has 5 s for its FIN', async () => {
    const it = await stageHeld()
    const client = await it.connect()
    client.socket.allowHalfOpen = true
    it.drainer.start()
    client.get('/now')
    expect(await client.ended).toBe('FIN')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject(clean)
    expect(report.finishedMs).toBeGreaterThanOrEqual(5000)
    expect(report.finishedMs).toBeLessThan(6500)
  })
})
