import { once } from 'node:events'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { stage } from './in-process.ts'
import type { Stage } from './in-process.ts'
import { RawClient, requestText } from './raw-client.ts'
import { block } from './workload.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }

async function reaches(stage: Stage, state: string): Promise<void> {
  while (stage.drainer.state !== state) await turn()
}

describe.each([
  ['http', false],
  ['https', true],
])('closing a connection, over %s', (_name, tls) => {
  test('an idle keep-alive connection gets FIN', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.get('/now')
    await client.receives('ok /now')
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(client.closesAnnounced).toBe(0)
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a request that comes in the idle grace is answered with Connection: close', async () => {
    const it = await stage({ tls, idleGraceMs: 5000 })
    const client = await it.connect()
    client.get('/now')
    await client.receives('ok /now')
    it.drainer.start()
    await reaches(it, 'closing')
    client.get('/slow?ms=20')
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(2)
    expect(client.closesAnnounced).toBe(1)
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('an in-flight response says Connection: close', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.get('/slow?ms=150')
    await once(it.server, 'request')
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(client.received).toContain('ok /slow')
    expect(client.closesAnnounced).toBe(1)
    expect(await it.drainer.drained).toMatchObject({ ...clean, inFlight: { atDrainStart: 1, atListenerClose: 1 } })
  })

  test('a response whose head was sent before runs to its end, then FIN', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.get('/stream?ms=150')
    await client.receives('begun')
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(client.received).toContain('ok /stream')
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test.each([
    [2, '/now'],
    [10, '/now'],
    [2, '/slow?ms=20'],
    [10, '/slow?ms=20'],
  ])('%i pipelined requests for %s are all answered, the last one with Connection: close', async (count, path) => {
    const it = await stage({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    client.send(requestText(path).repeat(count))
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(count)
    expect(client.closesAnnounced).toBe(1)
    expect(client.received.lastIndexOf('HTTP/1.1')).toBeLessThan(client.received.search(/^connection: close/im))
  })

  test('requests pipelined one segment after the other are all answered', async () => {
    const it = await stage({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    for (let sent = 0; sent < 10; sent += 1) {
      client.get('/now')
      await turn()
    }
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(10)
  })

  test('requests pipelined before drain start are all answered', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.send(requestText('/slow?ms=50').repeat(10))
    await once(it.server, 'request')
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(10)
    expect(client.closesAnnounced).toBe(1)
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a silent connection gets FIN without waiting for the idle grace to begin', async () => {
    const it = await stage({ tls, idleGraceMs: 300 })
    const client = await it.connect()
    await sleep(320)
    const startMs = performance.now()
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(performance.now() - startMs).toBeLessThan(290)
    expect(client.received).toBe('')
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a half-sent head is answered 408', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.send('GET /now HTTP/1.1\r\nHo')
    await sleep(20)
    it.drainer.start()
    expect(await client.ended).toBe('FIN')
    expect(client.received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/)
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a half-sent head whose rest comes in time is served', async () => {
    const it = await stage({ tls, idleGraceMs: 5000 })
    const client = await it.connect()
    client.send('GET /now HTTP/1.1\r\nHo')
    await sleep(20)
    it.drainer.start()
    await reaches(it, 'closing')
    client.send('st: test\r\n\r\n')
    expect(await client.ended).toBe('FIN')
    expect(client.received).toContain('ok /now')
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a half-sent body is waited for', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.send('POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
    await once(it.server, 'request')
    it.drainer.start()
    await reaches(it, 'closing')
    await sleep(150)
    expect(client.ending).toBeUndefined()
    client.send('67890')
    expect(await client.ended).toBe('FIN')
    expect(client.received).toContain('ok 10')
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('a body that is still coming when its response is over is waited for', async () => {
    const it = await stage({ tls })
    const client = await it.connect()
    client.send('POST /stream?ms=100 HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345')
    await client.receives('begun')
    it.drainer.start()
    await client.receives('ok /stream')
    await sleep(20)
    client.send('678')
    await sleep(200)
    expect(client.ending).toBeUndefined()
    client.send('90')
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(1)
    expect(client.received).not.toContain('408')
    expect(await it.drainer.drained).toMatchObject(clean)
  })

  test('an upload that is answered early gets its answer, not a reset', async () => {
    const it = await stage({ tls, delaySeconds: 5 })
    const client = await it.connect()
    it.drainer.start()
    const megabyte = 'x'.repeat(1024 * 1024)
    client.send(`POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: ${8 * megabyte.length}\r\n\r\n`)
    for (let sent = 0; sent < 8; sent += 1) client.send(megabyte)
    expect(await client.ended).toBe('FIN')
    expect(client.received).toContain('ok /early')
  })
})

test('a TLS handshake that was never completed is ended', async () => {
  const it = await stage({ tls: true })
  const silent = await RawClient.connect(it.port)
  const partial = await RawClient.connect(it.port)
  partial.socket.write(Buffer.from('160301', 'hex'))
  await sleep(20)
  it.drainer.start()
  expect(await Promise.all([silent.ended, partial.ended])).toEqual(['FIN', 'FIN'])
  expect(partial.received).toBe('')
  expect(await it.drainer.drained).toMatchObject(clean)
})

test('new connections are served while routing converges, and told to go', async () => {
  const it = await stage({ delaySeconds: 0.5 })
  it.drainer.start()
  for (let count = 0; count < 5; count += 1) {
    const client = await it.connect()
    client.get('/now')
    expect(await client.ended).toBe('FIN')
    expect(client.answers).toBe(1)
    expect(client.closesAnnounced).toBe(1)
  }
  const report = await it.drainer.drained
  expect(report).toMatchObject(clean)
  expect(report.late.connections.count).toBe(5)
})

test('a request that comes after FIN is counted as lost, and never handled', async () => {
  let handled = 0
  const it = await stage({
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
  await client.ended
  client.get('/now')
  const report = await it.drainer.drained
  expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 0, requests: 1 } })
  expect(handled).toBe(1)
})

test('a request that comes after Connection: close is counted as lost, and never handled', async () => {
  const it = await stage({ delaySeconds: 0.3 })
  const client = await it.connect()
  it.drainer.start()
  client.get('/stream?ms=100')
  await client.receives('begun')
  client.get('/now')
  client.get('/now', 'User-Agent: kube-probe/1.36\r\n')
  await client.ended
  expect(client.answers).toBe(1)
  expect(await it.drainer.drained).toMatchObject({ verdict: 'forced', forced: { connections: 0, requests: 1 } })
})

test('a peer that never answers our FIN does not hold the drain up for long', async () => {
  const it = await stage()
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.get('/now')
  await client.receives('ok')
  it.drainer.start()
  const report = await it.drainer.drained
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeGreaterThan(900)
})

test('what waits in the accept backlog when the listener is to close is served, 50 times', async () => {
  let lost = 0
  for (let round = 0; round < 50; round += 1) {
    const it = await stage({ idleGraceMs: 500 })
    const clients = Array.from({ length: 5 }, () =>
      import('node:net').then(({ connect }) => connect(it.port, '127.0.0.1')),
    )
    const sockets = await Promise.all(clients)
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
