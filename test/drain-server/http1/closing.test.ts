import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { stage } from '../in-process.ts'
import { RawClient, requestText } from '../raw-client.ts'
import { block } from '../workload.ts'
import { stageHeld } from './held-application.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }

describe.each([
  ['http', false],
  ['https', true],
])('closing a connection, over %s', (_name, tls) => {
  test('an idle keep-alive connection gets FIN', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.get('/now')
    await client.receives('ok /now')
    it.drainer.start()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.closesAnnounced).toBe(0)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a request that comes in the idle grace is answered with Connection: close', async () => {
    const it = await stageHeld({ tls, idleGraceMs: 5000 })
    const client = await it.connect()
    client.get('/now')
    await client.receives('ok /now')
    it.drainer.start()
    await it.reaches('closing')
    client.get('/now')
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.answers).toBe(2)
    expect(client.closesAnnounced).toBe(1)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('an in-flight response says Connection: close', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.get('/held')
    await it.hasHeld(1)
    it.drainer.start()
    await it.pass(5000)
    it.held[0]?.end()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toContain('ok /held')
    expect(client.closesAnnounced).toBe(1)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
      ...clean,
      inFlight: { atDrainStart: 1, atListenerClose: 1 },
    })
  })

  test('a response whose head was sent before runs to its end, then FIN', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.get('/stream')
    await client.receives('begun')
    it.drainer.start()
    await it.pass(5000)
    it.held[0]?.end()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toContain('ok /stream')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test.each([
    [2, '/now'],
    [10, '/now'],
    [2, '/held'],
    [10, '/held'],
  ])('%i pipelined requests for %s are all answered, the last one with Connection: close', async (count, path) => {
    const it = await stageHeld({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    client.send(requestText(path).repeat(count))
    if (path === '/held') await it.hasHeld(count)
    for (const { end } of it.held.toReversed()) end()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.answers).toBe(count)
    expect(client.closesAnnounced).toBe(1)
    expect(client.received.lastIndexOf('HTTP/1.1')).toBeLessThan(client.received.search(/^connection: close/im))
  })

  test('requests pipelined one segment after the other are all answered', async () => {
    const it = await stageHeld({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    for (let sent = 0; sent < 10; sent += 1) {
      client.get('/now')
      await turn()
    }
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.answers).toBe(10)
  })

  test('requests pipelined before drain start are all answered', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.send(requestText('/held').repeat(10))
    await it.hasHeld(10)
    it.drainer.start()
    await it.pass(1000)
    for (const { end } of it.held) end()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.answers).toBe(10)
    expect(client.closesAnnounced).toBe(1)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a silent connection gets FIN when the idle grace is over, however old it is', async () => {
    const it = await stageHeld({ tls, idleGraceMs: 300 })
    const client = await it.connect()
    it.clock.advance(60_000)
    it.drainer.start()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toBe('')
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject(clean)
    expect(report.finishedMs).toBeGreaterThanOrEqual(300)
  })

  test('the first request of a silent connection is answered within the idle grace', async () => {
    const it = await stageHeld({ tls, idleGraceMs: 300 })
    const client = await it.connect()
    it.clock.advance(60_000)
    it.drainer.start()
    await it.pass(200)
    client.get('/now')
    await client.receives('HTTP/1.1 200')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a half-sent head is answered 408', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.send('GET /now HTTP/1.1\r\nHo')
    await it.arrives(21)
    it.drainer.start()
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a half-sent head whose rest comes in time is served', async () => {
    const it = await stageHeld({ tls, idleGraceMs: 5000 })
    const client = await it.connect()
    client.send('GET /now HTTP/1.1\r\nHo')
    await it.arrives(21)
    it.drainer.start()
    await it.reaches('closing')
    client.send('st: test\r\n\r\n')
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toContain('ok /now')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a half-sent body is waited for', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.send('POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
    await once(it.server, 'request')
    it.drainer.start()
    await it.reaches('closing')
    await it.pass(10_000)
    expect(client.ending).toBeUndefined()
    client.send('67890')
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toContain('ok /upload')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('a body that is still coming when its response is over is waited for', async () => {
    const it = await stageHeld({ tls })
    const client = await it.connect()
    client.send('POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
    await client.receives('begun')
    it.drainer.start()
    await it.pass(100)
    it.held[0]?.end()
    await client.receives('ok /stream')
    await it.pass(5000)
    client.send('678')
    await it.pass(5000)
    expect(client.ending).toBeUndefined()
    client.send('90')
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.answers).toBe(1)
    expect(client.received).not.toContain('408')
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  })

  test('an upload that is answered early gets its answer, not a reset', async () => {
    const it = await stageHeld({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    const megabyte = 'x'.repeat(1024 * 1024)
    client.send(`POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: ${8 * megabyte.length}\r\n\r\n`)
    for (let sent = 0; sent < 8; sent += 1) client.send(megabyte)
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received).toContain('ok /early')
  })
})

test('a TLS handshake that was never completed is ended', async () => {
  const it = await stageHeld({ tls: true })
  const silent = await RawClient.connect(it.port)
  const partial = await RawClient.connect(it.port)
  partial.socket.write(Buffer.from('160301', 'hex'))
  await it.arrives(3)
  it.drainer.start()
  expect(await it.clock.fly(Promise.all([silent.ended, partial.ended]))).toEqual(['FIN', 'FIN'])
  expect(partial.received).toBe('')
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('new connections are served while routing converges, and told to go', async () => {
  const it = await stageHeld({ delaySeconds: 5 })
  it.drainer.start()
  for (let count = 0; count < 5; count += 1) {
    const client = await it.connect()
    client.get('/now')
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(1)
    expect(client.closesAnnounced).toBe(1)
  }
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.late.connections.count).toBe(5)
})

test('a request that comes after FIN is counted as lost, and never handled', async () => {
  let handled = 0
  const it = await stageHeld({
    handler(_request, response) {
      handled += 1
      response.end('ok')
    },
  })
  const client = await it.connect()
  client.socket.on('end', () => undefined)
  client.socket.allowHalfOpen = true
  client.get('/now')
  await client.receives('ok')
  it.drainer.start()
  await it.clock.fly(client.ended)
  client.get('/now')
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 0, requests: 1 } })
  expect(handled).toBe(1)
})

test('a request that comes after Connection: close is counted as lost, and never handled', async () => {
  const it = await stageHeld({ delaySeconds: 3 })
  const client = await it.connect()
  it.drainer.start()
  client.get('/stream')
  await client.receives('begun')
  client.get('/now')
  client.get('/now', 'User-Agent: kube-probe/1.36\r\n')
  await it.pass(100)
  it.held[0]?.end()
  await client.ended
  expect(client.answers).toBe(1)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
    verdict: 'forced',
    forced: { connections: 0, requests: 1 },
  })
})

test('a peer that never answers our FIN does not hold the drain up for long', async () => {
  const it = await stageHeld()
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.get('/now')
  await client.receives('ok')
  it.drainer.start()
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeGreaterThanOrEqual(1000)
  expect(report.finishedMs).toBeLessThan(1200)
})

test('what waits in the accept backlog when the listener is to close is served, 50 times', async () => {
  let lost = 0
  for (let round = 0; round < 50; round += 1) {
    const it = await stage({ idleGraceMs: 500 })
    const sockets = Array.from({ length: 5 }, () => connect(it.port, '127.0.0.1'))
    const answers = sockets.map(
      (socket) =>
        new Promise<boolean>((resolve) => {
          let received = ''
          socket.on('data', (bytes) => (received += bytes.toString()))
          socket.on('close', () => resolve(received.includes('ok /now')))
          socket.on('error', () => resolve(false))
          socket.on('end', () => socket.end())
          socket.write(requestText('/now'))
        }),
    )
    // The connects have been issued and nothing has been accepted: all of it waits in the kernel.
    it.drainer.start()
    block(5)
    lost += (await Promise.all(answers)).filter((answered) => !answered).length
    await it.drainer.drained
  }
  expect(lost).toBe(0)
})
