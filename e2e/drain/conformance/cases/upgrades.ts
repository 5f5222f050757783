/** Streams without an end of their own, and sockets that leave HTTP. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Case } from '../case.ts'
import type { RawClient } from '../clients/raw-client.ts'
import { containing } from '../facts.ts'

const protocols = ['http1'] as const
const needs = ['upgrades'] as const

/** RFC 6455: the first frame of a close with this status code, as a server sends it. */
function closeFrame(code: number): string {
  return `\x88\x02${String.fromCharCode(code >> 8, code & 0xff)}`
}

/** The same from a client, masked with zeros. */
function maskedCloseFrame(code: number): string {
  return `\x88\x82\0\0\0\0${String.fromCharCode(code >> 8, code & 0xff)}`
}

async function openWebSocket(client: RawClient, path: string): Promise<void> {
  client.send(
    `GET ${path} HTTP/1.1\r\nHost: conformance\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await client.receives('\r\n\r\n')
}

export const upgradeCases: readonly Case[] = [
  {
    name: 'server-sent events end with their terminating chunk',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      client.get('/sse', 'Accept: text/event-stream')
      await client.receives('data: 1')
      stage.terminate()
      await client.ended
      const [response] = client.responses
      stage.facts.judge('the response is complete', response?.complete, true)
      stage.facts.judge('no event is cut in two', response?.body.endsWith('\n\n'), true)
    },
    judgeReport: (report, facts) => facts.judge('nothing was cut off', report.forced, { connections: 0, requests: 0 }),
  },
  {
    name: 'a WebSocket that the application made by hand gets 1001',
    protocols,
    needs,
    async run(stage) {
      const client = await stage.connect()
      await openWebSocket(client, '/raw-ws')
      const handshake = client.received.length
      stage.terminate()
      await client.receives(closeFrame(1001))
      client.send(maskedCloseFrame(1001))
      await client.ended
      stage.facts.judge('what came after the handshake', client.received.slice(handshake), closeFrame(1001))
    },
  },
  {
    name: 'a WebSocket that never answers the close is waited for only so long',
    protocols,
    needs,
    async run(stage) {
      const client = await stage.connect()
      await openWebSocket(client, '/raw-ws')
      stage.terminate()
      await client.ended
      stage.facts.judge('it got 1001', client.received, containing(closeFrame(1001)))
    },
  },
  {
    name: 'a WebSocket of the ws package is closed with 1001, and its messages come through until then',
    protocols,
    needs,
    async run(stage) {
      const { port, target } = stage
      const webSocket = new WebSocket(`${target.secure ? 'wss' : 'ws'}://127.0.0.1:${port}/ws`, {
        rejectUnauthorized: false,
      })
      const closed = once(webSocket, 'close')
      await once(webSocket, 'open')
      await stage.preStop()
      webSocket.send('still there')
      const [message] = (await once(webSocket, 'message')) as [Buffer]
      stage.facts.judge('a message while converging', message.toString(), 'still there')
      stage.terminate()
      const [code] = (await closed) as [number]
      stage.facts.judge('the close code', code, 1001)
    },
  },
  {
    name: 'thirty WebSockets are not all closed in the same moment, and all before the deadline',
    protocols,
    needs,
    async run(stage) {
      const clients = await Promise.all(Array.from({ length: 30 }, (_, index) => stage.connect(`client ${index}`)))
      await Promise.all(clients.map((client) => openWebSocket(client, '/ws')))
      const closedAtMs: number[] = []
      stage.terminate()
      await Promise.all(
        clients.map(async (client) => {
          await client.receives(closeFrame(1001))
          closedAtMs.push(performance.now())
          client.send(maskedCloseFrame(1001))
          await client.ended
        }),
      )
      const codes = clients.filter((client) => client.received.endsWith(closeFrame(1001))).length
      stage.facts.judge('how many got 1001', codes, 30)
      const spreadMs = Math.max(...closedAtMs) - Math.min(...closedAtMs)
      stage.facts.judge('they were closed one after the other', spreadMs > 50, true)
    },
  },
  {
    name: 'a tunnel made by CONNECT goes on while it is used, until its client ends it',
    protocols,
    needs: ['upgrades', 'options'],
    settings: { options: { idleGraceMs: 5000 } },
    async run(stage) {
      const client = await stage.connect()
      client.send('CONNECT elsewhere:1 HTTP/1.1\r\nHost: elsewhere:1\r\n\r\n')
      await client.receives('\r\n\r\n')
      await stage.preStop()
      client.send('through the tunnel')
      await client.receives('through the tunnel')
      stage.terminate()
      await stage.reaches('closing')
      client.send(' to the end')
      await client.receives(' to the end')
      client.socket.end()
      await client.ended
      stage.facts.judge('what came back', client.received, containing('\r\n\r\nthrough the tunnel to the end'))
    },
  },
  {
    name: 'a socket that was upgraded to another protocol goes on while it is used, until its client ends it',
    protocols,
    needs: ['upgrades', 'options'],
    settings: { options: { idleGraceMs: 5000 } },
    async run(stage) {
      const client = await stage.connect()
      client.send('GET /echo HTTP/1.1\r\nHost: conformance\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      await client.receives('\r\n\r\n')
      stage.terminate()
      await stage.reaches('closing')
      client.send('still there')
      await client.receives('still there')
      client.socket.end()
      await client.ended
      stage.facts.judge('what came back', client.received, containing('\r\n\r\nstill there'))
    },
  },
  {
    name: 'a tunnel through which nothing passes any more gets FIN',
    protocols,
    needs,
    async run(stage) {
      const client = await stage.connect()
      client.send('CONNECT elsewhere:1 HTTP/1.1\r\nHost: elsewhere:1\r\n\r\n')
      await client.receives('\r\n\r\n')
      stage.terminate()
      await client.ended
    },
  },
  {
    name: 'a tunnel that never rests is cut off at the deadline',
    protocols,
    needs: ['upgrades', 'options'],
    settings: { graceSeconds: 3, options: { idleGraceMs: 5000 } },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'the deadline cuts it off',
    async run(stage) {
      const client = await stage.connect()
      client.send('CONNECT elsewhere:1 HTTP/1.1\r\nHost: elsewhere:1\r\n\r\n')
      await client.receives('\r\n\r\n')
      const sending = setInterval(() => client.send('.'), 10)
      stage.terminate()
      await client.ended
      clearInterval(sending)
    },
    judgeReport: (report, facts) => facts.judge('cut off', report.forced.connections, 1),
  },
]
