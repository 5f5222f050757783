import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { requestSignal } from '../../../src/drain-server/index.ts'
import { stageHeld } from './held-application.ts'

/** Grace 2 s: deadline at 1 s. */
const short = { delaySeconds: 0, graceSeconds: 2 }

describe('the deadline', () => {
  test('cuts off what remains, and the report says so', async () => {
    const it = await stageHeld(short)
    const [busy, half, pipelined, idle] = await Promise.all([it.connect(), it.connect(), it.connect(), it.connect()])
    busy.get('/held')
    half.send('POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n123')
    pipelined.get('/held')
    pipelined.get('/held')
    idle.get('/now')
    await idle.receives('ok /now')
    await Promise.all([it.hasHeld(3), it.arrives(60)])
    it.signal('SIGTERM')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject({
      trigger: 'signal',
      verdict: 'forced',
      deadlineMs: 1000,
      inFlight: { atDrainStart: 4, atListenerClose: 4, atDeadline: 4 },
      forced: { connections: 3, requests: 4 },
    })
    expect(report.finishedMs).toBeGreaterThanOrEqual(1000)
    expect(report.finishedMs).toBeLessThan(1200)
    while (it.exits.length === 0) await turn()
    expect(it.exits).toEqual([1])
    expect(it.drainer.metrics()).toContain('drain_server_requests_total{code="forced"} 4')
    expect(it.drainer.metrics()).toContain('drain_server_requests_in_flight 0')
  })

  test('cuts off an upgraded connection that may be idle for longer than that', async () => {
    const it = await stageHeld({
      ...short,
      idleGraceMs: 60_000,
      prepare(server) {
        server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
      },
    })
    const client = await it.connect()
    client.send('GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n')
    await client.receives('101')
    it.drainer.start()
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'forced',
      forced: { connections: 1, requests: 0 },
    })
    await client.ended
  })

  test('is told to requests by their signal, in time for a last word', async () => {
    const it = await stageHeld({
      ...short,
      handler(request, response) {
        requestSignal(request).addEventListener('abort', ({ target }) => {
          response.end(String((target as AbortSignal).reason.code))
        })
      },
    })
    const client = await it.connect()
    client.get('/')
    await once(it.server, 'request')
    it.drainer.start()
    await it.clock.fly(client.receives('ERR_DRAIN_DEADLINE'))
    expect(it.drainer.signal.aborted).toBe(true)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'clean',
      inFlight: { atDeadline: 1 },
      forced: { connections: 0, requests: 0 },
    })
  })
})

test("a request's signal is aborted when its client leaves", async () => {
  const reason = Promise.withResolvers<unknown>()
  const it = await stageHeld({
    handler(request) {
      const signal = requestSignal(request)
      expect(requestSignal(request)).toBe(signal)
      signal.addEventListener('abort', () => reason.resolve(signal.reason))
    },
  })
  const client = await it.connect()
  client.get('/')
  await once(it.server, 'request')
  client.socket.destroy()
  expect(await reason.promise).toMatchObject({ code: 'ERR_DRAIN_CLIENT_GONE' })
  expect(it.drainer.metrics()).toContain('drain_server_requests_total{code="aborted"} 1')
})

test('a request of another server has no signal', () => {
  expect(() => requestSignal({} as never)).toThrow(expect.objectContaining({ code: 'ERR_DRAIN_UNKNOWN_REQUEST' }))
})

describe('signals', () => {
  test('a second signal ends the drain at once', async () => {
    const it = await stageHeld({ delaySeconds: 20 })
    const [client, idle] = await Promise.all([it.connect(), it.connect()])
    idle.get('/now')
    await idle.receives('ok /now')
    client.get('/held')
    await it.hasHeld(1)
    it.signal('SIGTERM')
    it.signal('SIGTERM')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'forced',
      listenerClosedMs: null,
      inFlight: { atDeadline: 1 },
      forced: { connections: 1, requests: 1 },
    })
    expect(it.drainer.state).toBe('done')
    it.signal('SIGTERM')
    while (it.exits.length === 0) await turn()
    expect(it.exits).toEqual([1])
  })

  test('a second signal is ignored where the options say so', async () => {
    const it = await stageHeld({ delaySeconds: 0.1, secondSignal: 'ignore' })
    it.signal('SIGTERM')
    it.signal('SIGINT')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'clean', trigger: 'signal' })
    while (it.exits.length === 0) await turn()
    expect(it.exits).toEqual([0])
  })

  test('the first signal after a call changes nothing', async () => {
    const it = await stageHeld({ delaySeconds: 0.1 })
    expect(it.drainer.start()).toBe(true)
    it.signal('SIGTERM')
    expect(it.drainer.start()).toBe(false)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'clean', trigger: 'call' })
  })
})

describe('hooks', () => {
  test('run in order when no request is left, with the remaining budget', async () => {
    const it = await stageHeld({ graceSeconds: 10 })
    const seen: string[] = []
    it.drainer.onDrain(async ({ remainingMs, signal }) => {
      it.clock.advance(10)
      await turn()
      seen.push(`first ${remainingMs > 8000 && remainingMs <= 9000} ${signal.aborted}`)
    })
    const remove = it.drainer.onDrain(() => void seen.push('removed'))
    remove()
    it.drainer.onDrain(() => {
      throw new Error('pool is stuck')
    })
    it.drainer.onDrain(() => void seen.push(`last, listening ${it.server.listening}`))
    it.drainer.start()
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'clean' })
    expect(seen).toEqual(['first true false', 'last, listening false'])
    expect(it.log).toContainEqual({
      level: 'error',
      message: 'a drain hook failed',
      hook: 'hook 3',
      error: 'Error: pool is stuck',
    })
  })

  test('a hook that does not come to its end is abandoned, and the verdict is forced', async () => {
    const it = await stageHeld({ graceSeconds: 1 })
    const abandoned = Promise.withResolvers<string>()
    it.drainer.onDrain(({ signal }) => {
      signal.addEventListener('abort', () => abandoned.resolve(signal.reason.code))
      return new Promise(() => undefined)
    })
    it.drainer.start()
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'forced',
      forced: { connections: 0, requests: 0 },
    })
    expect(await abandoned.promise).toBe('ERR_DRAIN_DEADLINE')
  })
})
