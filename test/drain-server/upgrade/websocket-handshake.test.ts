import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stage } from '../in-process.ts'
import { asksForWebSocket, clean, goingAway, raw, switches } from './websocket-stage.ts'

test('a handshake that is under way is finished first', async () => {
  const sockets: Socket[] = []
  const options = raw((_request, socket) => sockets.push(socket))
  const { clock } = options
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
  expect(await options.clock.fly(it.drainer.drained)).toMatchObject({
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
  expect(await options.clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(client.received).toMatch(/no and no$/)
})
