import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { drain } from '../../../src/drain-server/index.ts'
import { reportLine } from '../../../src/drain-server/report/bounded-report.ts'
import { recordingLogger } from '../in-process.ts'
import { RawClient, requestText } from '../raw-client.ts'
import { stageHeld } from './held-application.ts'

const probe = 'User-Agent: kube-probe/1.36\r\n'

describe('the report', () => {
  test('tells what arrived before and after drain start, and when, as a client saw it', async () => {
    const it = await stageHeld({ delaySeconds: 0.6 })
    const [old, busy] = await Promise.all([it.connect(), it.connect()])
    old.get('/now')
    await old.receives('ok /now')
    busy.get('/held')
    await it.hasHeld(1)
    it.clock.advance(50)
    const startedAt = it.clock.wallMs()
    it.drainer.start()
    it.clock.advance(100)
    old.get('/now')
    await old.ended
    it.clock.advance(100)
    const accepted = once(it.server, 'connection')
    const late = await it.connect()
    await accepted
    it.clock.advance(80)
    late.get('/now')
    await late.ended
    it.held[0]?.end()
    await busy.ended
    const silent = await it.connect()
    const report = await it.clock.fly(it.drainer.drained)
    expect(silent.received).toBe('')
    expect(report).toMatchObject({
      schema: 'drainkeeper.dev/drain-report/v1',
      trigger: 'call',
      drainDelayMs: 600,
      deadlineMs: 28_000,
      before: { newConnections: 2, requests: 2 },
      late: { connections: { count: 1, lastMs: 200 }, requests: { count: 1, lastMs: 100 } },
      inFlight: { atDrainStart: 1, atListenerClose: 0, atDeadline: 0 },
      forced: { connections: 0, requests: 0 },
      verdict: 'clean',
    })
    expect(Date.parse(report.drainStartedAt)).toBe(startedAt)
    expect(report.listenerClosedMs).toBeGreaterThanOrEqual(600)
    expect(report.finishedMs).toBeGreaterThanOrEqual(report.listenerClosedMs ?? Infinity)
    expect(report.before.windowMs).toBe(50)
    expect(report.longestRequestMs).toBe(330)
    expect(it.stdout).toEqual([`${JSON.stringify(report)}\n`])
  })

  test('counts no probes and no connection that brought only probes or nothing', async () => {
    const it = await stageHeld({ delaySeconds: 0.3 })
    const [before, kept] = await Promise.all([it.connect(), it.connect(), it.connect()])
    before.get('/now', probe)
    kept.get('/held', probe)
    await before.receives('ok')
    await it.hasHeld(1)
    it.drainer.start()
    const after = await it.connect()
    after.get('/now', probe)
    await it.pass(50)
    it.held[0]?.end()
    await Promise.all([after.ended, kept.ended])
    const nothing = { count: 0, lastMs: null }
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      before: { newConnections: 0, requests: 0 },
      late: { connections: nothing, requests: nothing },
      inFlight: { atDrainStart: 0, atListenerClose: 0, atDeadline: 0 },
      longestRequestMs: 0,
      verdict: 'clean',
    })
    expect(it.drainer.metrics()).toContain('drain_server_request_duration_seconds_count 0')
  })

  test('is one line below 4 KiB however large its numbers are', () => {
    const huge = Number.MAX_SAFE_INTEGER
    const line = reportLine({
      schema: 'drainkeeper.dev/drain-report/v1',
      trigger: 'preStop',
      drainStartedAt: new Date(8.64e15).toISOString(),
      drainDelayMs: huge,
      deadlineMs: huge,
      listenerClosedMs: huge,
      finishedMs: huge,
      before: { windowMs: huge, newConnections: huge, requests: huge },
      late: { connections: { count: huge, lastMs: huge }, requests: { count: huge, lastMs: huge } },
      inFlight: { atDrainStart: huge, atListenerClose: huge, atDeadline: huge },
      longestRequestMs: huge,
      forced: { connections: huge, requests: huge },
      verdict: 'forced',
    })
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096)
    expect(line.trimEnd()).not.toContain('\n')
  })
})

describe('in-flight comes back to zero', () => {
  test('when the client leaves with pipelined requests outstanding', async () => {
    const it = await stageHeld()
    const client = await it.connect()
    client.send(requestText('/held').repeat(5))
    await it.hasHeld(5)
    expect(it.drainer.metrics()).toContain('requests_in_flight 5')
    client.socket.destroy()
    while (!it.drainer.metrics().includes('requests_in_flight 0')) await turn()
    expect(it.drainer.metrics()).toContain('{code="aborted"} 5')
    for (const { end } of it.held) end()
    await it.pass(100)
    expect(it.drainer.metrics()).toContain('requests_in_flight 0')
  })

  test('when the client leaves before its request was handed on', async () => {
    let handled = 0
    const it = await stageHeld({ delaySeconds: 0.1, handler: () => void (handled += 1) })
    const accepted = once(it.server, 'connection')
    const client = await it.connect()
    const [socket] = (await accepted) as [Socket]
    it.drainer.start()
    client.get('/now')
    while (!it.drainer.metrics().includes('requests_in_flight 1')) await turn()
    socket.destroy()
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'clean' })
    expect(handled).toBe(0)
    expect(it.drainer.metrics()).toContain('requests_in_flight 0')
  })
})

describe("the application's own listeners", () => {
  test('for checkContinue go on deciding, and the request is counted once', async () => {
    const it = await stageHeld({
      delaySeconds: 0.2,
      prepare(server) {
        server.on('checkContinue', (request, response) => {
          response.writeContinue()
          server.emit('request', request, response)
        })
      },
    })
    for (const draining of [false, true]) {
      if (draining) it.drainer.start()
      const client = await it.connect()
      client.send('POST /upload HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
      await client.receives('HTTP/1.1 100 Continue')
      client.send('abc')
      await client.receives('ok /upload')
      expect(client.closesAnnounced).toBe(draining ? 1 : 0)
    }
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'clean',
      before: { requests: 1 },
      late: { connections: { count: 1 } },
    })
  })

  test('for checkContinue are not made up', async () => {
    const it = await stageHeld()
    const client = await it.connect()
    client.send('POST /upload HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc')
    await client.receives('ok /upload')
    expect(client.received).toContain('HTTP/1.1 100 Continue')
  })

  test('for checkExpectation and connect are not made up', async () => {
    const it = await stageHeld()
    const client = await it.connect()
    client.get('/now', 'Expect: a miracle\r\n')
    await client.receives('HTTP/1.1 417')
    const proxied = await it.connect()
    proxied.send('CONNECT test:1 HTTP/1.1\r\nHost: test\r\n\r\n')
    expect(await proxied.ended).toBe('FIN')
  })

  test('for connect get the socket, and its request counts', async () => {
    const it = await stageHeld({
      delaySeconds: 0.3,
      prepare(server) {
        server.on('connect', (_request, socket) => {
          socket.end('HTTP/1.1 200 Connected\r\n\r\n')
        })
      },
    })
    it.drainer.start()
    const client = await it.connect()
    client.send('CONNECT test:1 HTTP/1.1\r\nHost: test\r\n\r\n')
    await client.receives('Connected')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      verdict: 'clean',
      late: { connections: { count: 1 } },
    })
  })

  test('for upgrade do not get a request that came after Connection: close', async () => {
    let upgrades = 0
    const it = await stageHeld({
      delaySeconds: 0.3,
      prepare(server) {
        server.on('upgrade', () => void (upgrades += 1))
      },
    })
    const client = await it.connect()
    it.drainer.start()
    client.get('/stream')
    await client.receives('begun')
    client.send('GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n')
    await it.pass(50)
    it.held[0]?.end()
    await client.ended
    const endedAtMs = it.clock.nowMs()
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ verdict: 'forced', forced: { requests: 1 } })
    expect(it.clock.nowMs() - endedAtMs).toBeLessThan(4000)
    expect(upgrades).toBe(0)
  })
})

test.each([
  ['an object', { connection: 'keep-alive', 'x-test': '1' }],
  ['a list', ['Connection', 'keep-alive', 'x-test', '1']],
  [
    'a list of pairs',
    [
      ['Connection', 'keep-alive'],
      ['x-test', '1'],
    ],
  ],
  ['nothing', undefined],
])(
  'Connection: close goes before a Connection header that the application gives writeHead in %s',
  async (_form, headers) => {
    const it = await stageHeld({
      delaySeconds: 5,
      handler(_request, response) {
        response.writeHead(200, 'Fine', headers as never)
        response.end('ok')
      },
    })
    const client = await it.connect()
    it.drainer.start()
    client.get('/')
    expect(await client.ended).toBe('FIN')
    expect(client.received).toMatch(/^HTTP\/1\.1 200 Fine\r\n/)
    expect(client.received).not.toMatch(/keep-alive/i)
    expect(client.closesAnnounced).toBe(1)
    if (headers !== undefined) expect(client.received).toMatch(/^x-test: 1\r$/m)
  },
)

test('a head that is written twice fails as it does without a drain', async () => {
  const codes: string[] = []
  const it = await stageHeld({
    delaySeconds: 5,
    handler(_request, response) {
      response.writeHead(200)
      response.flushHeaders()
      try {
        response.writeHead(500)
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code ?? '')
      }
      response.end('ok')
    },
  })
  it.drainer.start()
  const client = await it.connect()
  client.get('/')
  await client.ended
  expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT'])
})

test('a server that listens already, and has a connection, can be adopted', async () => {
  const server = createServer((_request, response) => response.end('ok'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = (server.address() as { port: number }).port
  const client = await RawClient.connect(port)
  client.get('/')
  await client.receives('ok')
  const stdout = {
    exit: false,
    stdout: false,
    signals: new Array<NodeJS.Signals>(),
    terminationMessagePath: false,
    admin: false,
    logger: recordingLogger([]),
  } as const
  const drainer = drain(server, { ...stdout, delaySeconds: 0.2 })
  drainer.start()
  client.get('/')
  expect(await client.ended).toBe('FIN')
  expect(client.closesAnnounced).toBe(1)
  expect(await drainer.drained).toMatchObject({ verdict: 'clean', before: { newConnections: 0 } })
  await drainer.release()
})

test('releasing gives the server back', async () => {
  const it = await stageHeld()
  expect(Object.hasOwn(it.server, 'emit')).toBe(true)
  await it.drainer.release()
  expect(Object.hasOwn(it.server, 'emit')).toBe(false)
  const response = await new Promise<IncomingMessage>((resolve) => {
    httpRequest({ port: it.port, host: '127.0.0.1' }, resolve).end()
  })
  expect(response.statusCode).toBe(200)
})
