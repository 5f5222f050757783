import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { asksForWebSocket, clean, closeCode, echo, goingAway, withSockets } from './websocket-stage.ts'

describe.each([
  ['ws', false],
  ['wss', true],
])('a WebSocket of the ws package, over %s', (_name, tls) => {
  test('is closed with 1001 on both sides when the listener has closed, and without an error', async () => {
    const it = await withSockets({ tls })
    const errors: Error[] = []
    const atServer = new Promise<number>((resolve) => {
      it.sockets.on('connection', (socket) => {
        socket.on('error', (error) => errors.push(error))
        socket.on('close', resolve)
      })
    })
    const client = await it.open()
    client.on('error', (error) => errors.push(error))
    client.on('close', () => expect(it.server.listening).toBe(false))
    it.drainer.start()
    const [clientCode, serverCode, report] = await it.clock.fly(
      Promise.all([closeCode(client), atServer, it.drainer.drained]),
    )
    expect([clientCode, serverCode]).toEqual([1001, 1001])
    expect(report).toMatchObject(clean)
    expect(report.finishedMs).toBeLessThan(1000)
    expect(errors).toEqual([])
  })

  test('is served while routing converges, also when it is new, and only then closed', async () => {
    const it = await withSockets({ tls, delaySeconds: 5 })
    echo(it.sockets)
    const old = await it.open()
    it.drainer.start()
    const late = await it.open()
    it.clock.advance(4900)
    for (const client of [old, late]) {
      client.send('hello')
      expect(String((await once(client, 'message'))[0])).toBe('hello')
      client.ping()
      await once(client, 'pong')
      expect(client.readyState).toBe(WebSocket.OPEN)
    }
    const codes = await it.clock.fly(Promise.all([closeCode(old), closeCode(late)]))
    expect(codes).toEqual([1001, 1001])
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject({ ...clean, late: { connections: { count: 1 } } })
  })

  test.each([
    ['compressed', true],
    ['plain', false],
  ])('that is being written %s messages of many sizes gets nothing but whole frames', async (_kind, compressed) => {
    const it = await withSockets({ tls, ws: { perMessageDeflate: compressed && { threshold: 0 } } })
    let sent = 0
    it.sockets.on('connection', (socket) => {
      const send = (): void => {
        if (socket.readyState !== WebSocket.OPEN) return
        sent += 1
        socket.send(Buffer.alloc((sent * 7919) % 100_000, sent), () => setImmediate(send))
      }
      socket.once('message', () => {
        for (let chain = 0; chain < 4; chain += 1) send()
      })
    })
    const client = await it.open({ perMessageDeflate: compressed })
    const errors: Error[] = []
    const received: Buffer[] = []
    client.on('error', (error) => errors.push(error))
    client.on('message', (data: Buffer) => {
      const count = received.push(data)
      expect(data.equals(Buffer.alloc((count * 7919) % 100_000, count))).toBe(true)
    })
    client.send('go')
    while (received.length < 20) await once(client, 'message')
    it.drainer.start()
    expect(await it.clock.fly(closeCode(client))).toBe(1001)
    expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
    expect(errors).toEqual([])
    expect(received.length).toBeGreaterThanOrEqual(20)
  })
})

test('a message that is sent in fragments is closed between two of them', async () => {
  const it = await withSockets()
  const client = await it.open()
  const [atServer] = [...it.sockets.clients]
  atServer?.send('first', { fin: false })
  it.drainer.start()
  const closed = closeCode(client)
  expect(await it.clock.fly(closed)).toBe(1001)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test("the application's own close is left as it is", async () => {
  const it = await withSockets()
  const client = await it.open()
  const closed = closeCode(client)
  const [atServer] = [...it.sockets.clients]
  atServer?.close(4000, 'own')
  it.drainer.start()
  expect(await it.clock.fly(closed)).toBe(4000)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('an application that closes all of its sockets itself when the drain is under way does no harm', async () => {
  const it = await withSockets()
  const client = await it.open()
  const [atServer] = [...it.sockets.clients]
  const closed = closeCode(client)
  it.drainer.start()
  while (it.server.listening) {
    await turn()
    it.clock.advance(5)
  }
  await turn()
  atServer?.send('too late')
  atServer?.close(1012)
  const messages: unknown[] = []
  client.on('message', (data) => messages.push(data))
  expect([1001, 1012]).toContain(await it.clock.fly(closed))
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a peer that does not answer the close frame has 5 s, then it gets FIN', async () => {
  const it = await withSockets({ graceSeconds: 60 })
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.send(asksForWebSocket)
  await client.receives('101')
  const [atServer] = [...it.sockets.clients]
  const codeAtServer = closeCode(atServer as WebSocket)
  it.drainer.start()
  const ended = it.clock.fly(client.ended)
  await client.receives(goingAway)
  const closedAtMs = it.clock.nowMs()
  expect(await ended).toBe('FIN')
  expect(it.clock.nowMs() - closedAtMs).toBeGreaterThanOrEqual(4900)
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(await codeAtServer).toBe(1006)
  expect(report.finishedMs).toBeGreaterThan(9900)
  expect(report.finishedMs).toBeLessThan(11_000)
})

test('a close frame that the peer never took is a loss', async () => {
  const it = await withSockets({ graceSeconds: 20 })
  const client = await it.connect()
  client.send(asksForWebSocket)
  await client.receives('101')
  client.socket.pause()
  for (const socket of it.sockets.clients) socket.send(Buffer.alloc(64 * 1024 * 1024))
  it.drainer.start()
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
    verdict: 'forced',
    forced: { connections: 1, requests: 0 },
  })
})

test('near the deadline the peer has less time, and nothing is lost that was told', async () => {
  const it = await withSockets({ graceSeconds: 4 })
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.send(asksForWebSocket)
  await client.receives('101')
  it.drainer.start()
  const report = await it.clock.fly(it.drainer.drained)
  expect(client.received).toContain(goingAway)
  expect(report).toMatchObject({ ...clean, deadlineMs: 2000 })
  expect(report.finishedMs).toBeLessThanOrEqual(2000)
})

test('300 of them are closed one after the other, the last well before the deadline', async () => {
  const it = await withSockets({ graceSeconds: 6, delaySeconds: 0 })
  const clients = await Promise.all(Array.from({ length: 300 }, () => it.open()))
  const closedAtMs: number[] = []
  const startMs = it.clock.nowMs()
  const all = Promise.all(
    clients.map(async (client) => {
      expect(await closeCode(client)).toBe(1001)
      closedAtMs.push(it.clock.nowMs() - startMs)
    }),
  )
  it.drainer.start()
  await it.clock.fly(all)
  const within = (fromMs: number, toMs: number): number =>
    closedAtMs.filter((timeMs) => timeMs >= fromMs && timeMs < toMs).length
  expect(within(0, 500)).toBeGreaterThan(40)
  expect(within(0, 500)).toBeLessThan(110)
  expect(within(500, 1000)).toBeGreaterThan(40)
  expect(within(0, 2500)).toBe(300)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})
