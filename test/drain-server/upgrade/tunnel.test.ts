import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stage } from '../in-process.ts'
import type { Stage, StageOptions } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }
const upgrade = 'GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n'
const connect = 'CONNECT test:1 HTTP/1.1\r\nHost: test\r\n\r\n'

interface TunnelStage extends Stage {
  clock: VirtualClock
  /** Where the application's ends of the tunnels are. */
  sockets: Socket[]
  /** Errors that a process would have ended of. */
  errors: unknown[]
  pass(milliseconds: number): Promise<void>
}

/** A server that opens tunnels and leaves them to the test. */
async function withTunnels({
  reads = true,
  ...options
}: StageOptions & { reads?: boolean } = {}): Promise<TunnelStage> {
  const clock = new VirtualClock()
  const sockets: Socket[] = []
  const errors: unknown[] = []
  const prepare = (server: Server): void => {
    for (const event of ['upgrade', 'connect']) {
      server.on(event, (_request: unknown, socket: Socket) => {
        socket.on('error', (error) => errors.push(error))
        if (reads) socket.on('data', () => undefined)
        sockets.push(socket)
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
      })
    }
  }
  const it = await stage({ clock, prepare, idleGraceMs: 2000, ...options })
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 5) {
      await turn()
      clock.advance(5)
    }
  }
  return { ...it, clock, sockets, errors, pass }
}

test.each([
  ['a CONNECT tunnel', connect, false],
  ['an upgrade of another kind', upgrade, false],
  ['a CONNECT tunnel over TLS', connect, true],
])('%s gets FIN when nothing has passed for the idle grace', async (_name, request, tls) => {
  const it = await withTunnels({ tls })
  const client = await it.connect()
  client.send(request)
  await client.receives('200 OK')
  await it.pass(10_000)
  it.drainer.start()
  await it.pass(1800)
  expect(it.server.listening).toBe(false)
  expect(client.ending).toBeUndefined()
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeLessThan(3500)
})

test.each(['ours', "the peer's"])('%s bytes keep a tunnel open', async (whose) => {
  const it = await withTunnels()
  const client = await it.connect()
  client.send(connect)
  await client.receives('200 OK')
  it.drainer.start()
  for (let round = 0; round < 5; round += 1) {
    await it.pass(1500)
    if (whose === 'ours') it.sockets[0]?.write('x')
    else client.send('x')
  }
  expect(client.ending).toBeUndefined()
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeGreaterThanOrEqual(9000)
})

test('a tunnel in use until the deadline is cut off there, and counted', async () => {
  const it = await withTunnels({ graceSeconds: 10 })
  const client = await it.connect()
  client.send(connect)
  await client.receives('200 OK')
  it.drainer.start()
  while (it.drainer.state !== 'done') {
    client.send('x')
    await it.pass(100)
  }
  const report = await it.drainer.drained
  expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 1, requests: 0 } })
  expect(report.finishedMs).toBeGreaterThanOrEqual(8000)
})

test('what the application writes after our FIN does no harm, and the peer may still write', async () => {
  const it = await withTunnels()
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.send(connect)
  await client.receives('200 OK')
  it.drainer.start()
  await it.clock.fly(client.ended)
  client.send('last words')
  await once(it.sockets[0] as Socket, 'data')
  const called = Promise.withResolvers<unknown>()
  expect(it.sockets[0]?.write('too late', called.resolve)).toBe(true)
  expect(await called.promise).toBeUndefined()
  it.sockets[0]?.end('too late')
  client.socket.end()
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(it.errors).toEqual([])
  expect(client.received).not.toContain('late')
})

test('an application that does not read does not keep the peer from being heard', async () => {
  const it = await withTunnels({ reads: false })
  const client = await it.connect()
  client.send(connect)
  await client.receives('200 OK')
  client.send('never read')
  it.drainer.start()
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeLessThan(3500)
  expect(client.ending).toBe('FIN')
})

test('bytes that the peer has not taken yet are traffic, and lost at the deadline', async () => {
  const it = await withTunnels({ graceSeconds: 20 })
  const client = await it.connect()
  client.send(connect)
  await client.receives('200 OK')
  client.socket.pause()
  it.sockets[0]?.write(Buffer.alloc(64 * 1024 * 1024))
  it.drainer.start()
  await it.pass(10_000)
  expect(it.sockets[0]?.writableEnded).toBe(false)
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 1, requests: 0 } })
  expect(report.finishedMs).toBeGreaterThanOrEqual(18_000)
})

test('200 idle tunnels leave one after the other', async () => {
  const it = await withTunnels({ graceSeconds: 60 })
  const clients = await Promise.all(Array.from({ length: 200 }, () => it.connect()))
  const endedAtMs: number[] = []
  const all = Promise.all(
    clients.map(async (client) => {
      client.send(connect)
      await client.receives('200 OK')
      await client.ended
      endedAtMs.push(it.clock.nowMs())
    }),
  )
  while (it.sockets.length < 200) await turn()
  it.drainer.start()
  await it.clock.fly(all)
  expect(Math.max(...endedAtMs) - Math.min(...endedAtMs)).toBeGreaterThan(1900)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('tunnels that are gone leave their turn to the others', async () => {
  const it = await withTunnels({ graceSeconds: 60 })
  const clients = await Promise.all(Array.from({ length: 100 }, () => it.connect()))
  for (const client of clients) client.send(connect)
  while (it.sockets.length < 100) await turn()
  it.drainer.start()
  await it.clock.fly(Promise.race(clients.map((client) => client.ended)))
  const last = clients.findLast((client) => client.ending === undefined)
  for (const client of clients) if (client !== last) client.socket.destroy()
  for (const socket of it.sockets) socket.on('end', () => socket.end())
  const leftAtMs = it.clock.nowMs()
  expect(await it.clock.fly(last?.ended ?? Promise.reject(new Error('all have ended')))).toBe('FIN')
  expect(it.clock.nowMs() - leftAtMs).toBeLessThan(700)
})

test('a tunnel that comes into use while it waits for its turn stays', async () => {
  const it = await withTunnels({ graceSeconds: 60 })
  const clients = await Promise.all(Array.from({ length: 100 }, () => it.connect()))
  for (const client of clients) client.send(connect)
  while (it.sockets.length < 100) await turn()
  it.drainer.start()
  await it.clock.fly(Promise.race(clients.map((client) => client.ended)))
  const open = clients.filter((client) => client.ending === undefined)
  expect(open.length).toBeGreaterThan(50)
  const last = open.at(-1)
  last?.send('x')
  await it.pass(1300)
  expect(clients.filter((client) => client.ending === undefined)).toEqual([last])
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a tunnel whose peer is gone is forgotten', async () => {
  const it = await withTunnels()
  const client = await it.connect()
  client.send(connect)
  await client.receives('200 OK')
  client.socket.destroy()
  await once(it.sockets[0] as Socket, 'end')
  it.sockets[0]?.end()
  it.drainer.start()
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject(clean)
  expect(report.finishedMs).toBeLessThan(500)
})

test('an upgrade that comes after our FIN is not given to the application', async () => {
  const it = await withTunnels({ handler: (_request, response) => void response.end('ok') })
  const client = await it.connect()
  client.socket.allowHalfOpen = true
  client.get('/')
  await client.receives('ok')
  it.drainer.start()
  await it.clock.fly(client.ended)
  const endedAtMs = it.clock.nowMs()
  client.send(connect)
  await it.pass(50)
  client.send('and more')
  client.socket.end()
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject({
    verdict: 'forced',
    forced: { connections: 0, requests: 1 },
  })
  expect(it.clock.nowMs() - endedAtMs).toBeLessThan(500)
  expect(it.sockets).toEqual([])
})
