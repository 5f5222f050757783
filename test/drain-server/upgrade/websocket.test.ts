import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { ClientOptions, ServerOptions } from 'ws'
import { stage } from '../in-process.ts'
import type { Stage, StageOptions } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }
const asksForWebSocket =
  'GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const switches = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const goingAway = '\x88\x02\x03\xe9'

interface WebSocketStage extends Stage {
  clock: VirtualClock
  sockets: WebSocketServer
  open(options?: ClientOptions): Promise<WebSocket>
}

/** A server with `ws` on it, on a clock that stands still. */
async function withSockets(options: StageOptions & { ws?: ServerOptions } = {}): Promise<WebSocketStage> {
  const { ws, ...rest } = options
  const clock = new VirtualClock()
  let sockets: WebSocketServer | undefined
  const it = await stage({
    clock,
    ...rest,
    prepare(server) {
      sockets = new WebSocketServer({ server, ...ws })
    },
  })
  return {
    ...it,
    clock,
    sockets: sockets as WebSocketServer,
    async open(clientOptions = {}) {
      const scheme = rest.tls === true ? 'wss' : 'ws'
      const client = new WebSocket(`${scheme}://127.0.0.1:${it.port}`, { rejectUnauthorized: false, ...clientOptions })
      client.on('error', () => undefined)
      onTestFinished(() => client.terminate())
      await once(client, 'open')
      return client
    },
  }
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

function echo(sockets: WebSocketServer): void {
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
}

function raw(listener: (request: IncomingMessage, socket: Socket) => void): StageOptions {
  const clock = new VirtualClock()
  const prepare = (server: Server): void =>
    void server.on('upgrade', (request, socket: Socket) => {
      socket.on('error', () => undefined)
      listener(request, socket)
    })
  return { clock, prepare }
}

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

test('a frame that the application has begun is finished first, and nothing of it comes after', async () => {
  const written: string[] = []
  const sockets: Socket[] = []
  const options = raw((_request, socket) => {
    sockets.push(socket)
    socket.write(switches)
    socket.write('\x82\x05ab', 'latin1')
  })
  const clock = options.clock as VirtualClock
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await client.receives('ab')
  it.drainer.start()
  for (let count = 0; count < 20; count += 1) {
    await turn()
    clock.advance(5)
  }
  expect(it.server.listening).toBe(false)
  expect(client.received).not.toContain(goingAway)
  const [socket] = sockets
  const told = (name: string) => () => void written.push(name)
  expect(socket?.write(Buffer.from('c'), told('middle'))).toBe(true)
  socket?.write(Buffer.from('de\x82\x01x', 'latin1'), told('rest'))
  socket?.write('\x82\x01y', 'latin1', told('after'))
  await client.receives(goingAway)
  socket?.end('\x88\x00', 'latin1', told('end'))
  expect(await client.ended).toBe('FIN')
  expect(client.received.slice(client.received.indexOf('\x82'))).toBe(`\x82\x05abcde${goingAway}`)
  expect(await clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(written.toSorted()).toEqual(['after', 'end', 'middle', 'rest'])
})

test('a close frame of the application is the last one', async () => {
  const sockets: Socket[] = []
  const options = raw((_request, socket) => {
    sockets.push(socket)
    socket.write(`${switches}\x88\x02\x0f\xa0`, 'latin1')
  })
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await client.receives('\x0f\xa0')
  it.drainer.start()
  expect(await (options.clock as VirtualClock).fly(client.ended)).toBe('FIN')
  expect(client.received).toBe(`${switches}\x88\x02\x0f\xa0`)
  expect(await (options.clock as VirtualClock).fly(it.drainer.drained)).toMatchObject(clean)
})

test('a peer that ends after our close frame is not waited for, whatever the application does', async () => {
  const options = raw((_request, socket) => {
    socket.resume()
    socket.write(switches)
  })
  const clock = options.clock as VirtualClock
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await client.receives('101')
  it.drainer.start()
  await clock.fly(client.receives(goingAway))
  client.socket.end()
  const report = await clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeLessThan(3000)
})

test('a handshake that is under way is finished first', async () => {
  const sockets: Socket[] = []
  const options = raw((_request, socket) => sockets.push(socket))
  const clock = options.clock as VirtualClock
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await once(it.server, 'upgrade')
  it.drainer.start()
  for (let count = 0; count < 20; count += 1) {
    await turn()
    clock.advance(5)
  }
  expect(client.received).toBe('')
  sockets[0]?.write(switches.slice(0, 30))
  sockets[0]?.write(new DataView(new TextEncoder().encode(switches.slice(30)).buffer) as never)
  await client.receives(goingAway)
  expect(client.received).toBe(switches + goingAway)
  client.socket.end('\x88\x82\0\0\0\0\x03\xe9', 'latin1')
  expect(await clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a handshake that never ends is cut off at the deadline', async () => {
  const options = raw(() => undefined)
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await once(it.server, 'upgrade')
  it.drainer.start()
  expect(await (options.clock as VirtualClock).fly(it.drainer.drained)).toMatchObject({
    verdict: 'forced',
    forced: { connections: 1, requests: 0 },
  })
})

test('a handshake that is refused leaves a tunnel, which is over when it is still', async () => {
  const sockets: Socket[] = []
  const options = raw((_request, socket) => {
    sockets.push(socket)
    socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno')
  })
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  await client.receives('no')
  it.drainer.start()
  sockets[0]?.write(' and no')
  expect(await (options.clock as VirtualClock).fly(it.drainer.drained)).toMatchObject(clean)
  expect(client.received).toMatch(/no and no$/)
})

test('what is no bytes is refused as node refuses it', async () => {
  const codes: unknown[] = []
  const options = raw((_request, socket) => {
    for (const chunk of [null, undefined, 5, {}]) {
      try {
        socket.write(chunk as never)
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
    }
    socket.end(switches)
  })
  const it = await stage(options)
  const client = await it.connect()
  client.send(asksForWebSocket)
  expect(await client.ended).toBe('FIN')
  expect(client.received).toBe(switches)
  expect(codes).toEqual(['ERR_STREAM_NULL_VALUES', ...Array.from({ length: 3 }, () => 'ERR_INVALID_ARG_TYPE')])
})

test('a WebSocket behind a proxy that passes bytes on is closed between two frames', async () => {
  const upstream = createServer()
  const behind = new WebSocketServer({ server: upstream })
  behind.on('connection', (socket) => {
    const timer = setInterval(() => socket.send(Buffer.alloc(50_000)), 1)
    socket.on('close', () => clearInterval(timer))
  })
  const upstreamCodes: number[] = []
  behind.on('connection', (socket) => socket.on('close', (code) => upstreamCodes.push(code)))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  onTestFinished(() => void upstream.close())
  const options = raw((request, socket) => {
    const { port } = upstream.address() as AddressInfo
    const there = connectTcp(port, '127.0.0.1')
    there.on('error', () => socket.destroy())
    const lines = request.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
    there.write(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`)
    there.pipe(socket).pipe(there)
  })
  const it = await stage(options)
  const client = new WebSocket(`ws://127.0.0.1:${it.port}`, { perMessageDeflate: false })
  const errors: Error[] = []
  client.on('error', (error) => errors.push(error))
  for (let count = 0; count < 5; count += 1) await once(client, 'message')
  it.drainer.start()
  const clock = options.clock as VirtualClock
  expect(await clock.fly(closeCode(client))).toBe(1001)
  expect(await clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(errors).toEqual([])
  while (upstreamCodes.length === 0) await turn()
  expect(upstreamCodes).toEqual([1001])
})
