import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { stage } from '../in-process.ts'
import { asksForWebSocket, clean, closeCode, goingAway, raw, switches } from './websocket-stage.ts'

test('a frame that the application has begun is finished first, and nothing of it comes after', async () => {
  const written: string[] = []
  const sockets: Socket[] = []
  const options = raw((_request, socket) => {
    sockets.push(socket)
    socket.write(switches)
    socket.write('\x82\x05ab', 'latin1')
  })
  const { clock } = options
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
  expect(await options.clock.fly(client.ended)).toBe('FIN')
  expect(client.received).toBe(`${switches}\x88\x02\x0f\xa0`)
  expect(await options.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a peer that ends after our close frame is not waited for, whatever the application does', async () => {
  const options = raw((_request, socket) => {
    socket.resume()
    socket.write(switches)
  })
  const { clock } = options
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
  const { clock } = options
  expect(await clock.fly(closeCode(client))).toBe(1001)
  expect(await clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(errors).toEqual([])
  while (upstreamCodes.length === 0) await turn()
  expect(upstreamCodes).toEqual([1001])
})
