/** HTTP/1 connections on which nothing, or not all of a request, has come when the drain begins. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { getRequest } from '../clients/raw-client.ts'
import { atLeast } from '../facts.ts'

const protocols = ['http1'] as const

export const connectionCases: readonly Case[] = [
  {
    name: 'an idle keep-alive connection gets FIN',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      client.get('/now')
      await client.receives('ok /now')
      stage.terminate()
      await client.ended
      stage.facts.judge('the request before the drain is answered', client.answers, ['ok /now'])
      stage.facts.judge('its connection was kept', client.closes, [false])
    },
  },
  {
    name: 'a silent connection gets FIN and not a byte',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      stage.terminate()
      await client.ended
      stage.facts.judge('what it received', client.received, '')
    },
  },
  {
    name: 'a half-sent request head is answered with 408',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      client.send('GET /now HTTP/1.1\r\nHost: confor')
      stage.terminate()
      await client.ended
      stage.facts.judge(
        'statuses',
        client.responses.map(({ status }) => status),
        [408],
      )
      stage.facts.judge('its end is told', client.closes, [true])
    },
  },
  {
    name: 'a request head that is completed while converging is answered',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      const request = getRequest('/now')
      client.send(request.slice(0, 20))
      await stage.preStop()
      client.send(request.slice(20))
      await client.receives('ok /now')
      stage.terminate()
      await client.ended
      stage.facts.judge('it is answered', client.answers, ['ok /now'])
    },
  },
  {
    name: 'an upload goes on through the drain and is answered',
    protocols,
    async run(stage) {
      const part = 'x'.repeat(10_000)
      const client = await stage.connect()
      const hold = stage.hold('/upload')
      client.send(`POST ${hold.path} HTTP/1.1\r\nHost: conformance\r\nContent-Length: 30000\r\n\r\n${part}`)
      await hold.begun()
      await stage.preStop()
      client.send(part)
      stage.terminate()
      await stage.reaches('closing')
      client.send(part)
      await client.ended
      stage.facts.judge('all of it arrived', client.answers, ['ok 30000'])
      stage.facts.judge('its end is told', client.closes, [true])
    },
  },
  {
    name: 'a half-sent body is waited for until the deadline',
    protocols,
    settings: { graceSeconds: 2 },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'the deadline cuts it off',
    async run(stage) {
      const client = await stage.connect()
      const hold = stage.hold('/upload')
      client.send(`POST ${hold.path} HTTP/1.1\r\nHost: conformance\r\nContent-Length: 100\r\n\r\nbegun`)
      await hold.begun()
      stage.terminate()
      await client.ended
      stage.facts.judge('nothing is answered with 200', client.answers, [])
    },
  },
  {
    name: 'a request that lies unread in the kernel when the delay ends is answered',
    protocols,
    needs: ['oneProcess'],
    settings: { delaySeconds: 1.5 },
    async run(stage) {
      const [kept, blocking] = [await stage.connect('kept'), await stage.connect('blocking')]
      kept.get('/now')
      await kept.receives('ok /now')
      const block = stage.hold('/block')
      stage.terminate()
      await stage.reaches('converging')
      blocking.get(block.path)
      await block.begun()
      kept.get('/now')
      await sleep(1500)
      block.letGo()
      await Promise.all([kept.ended, blocking.ended])
      stage.facts.judge('both requests on the kept connection are answered', kept.answers, ['ok /now', 'ok /now'])
      stage.facts.judge('what kept the loop busy is answered', blocking.answers, ['ok /block'])
    },
  },
  {
    name: 'connections that wait in the accept backlog when the delay ends are served',
    protocols,
    needs: ['oneProcess'],
    // A handshake of TLS takes its time where the machine stands still.
    settings: { delaySeconds: 1.5, options: { idleGraceMs: 1000 } },
    async run(stage) {
      const blocking = await stage.connect('blocking')
      const block = stage.hold('/block')
      stage.terminate()
      await stage.reaches('converging')
      blocking.get(block.path)
      await block.begun()
      const waiting = Array.from({ length: 10 }, async (_, index) => {
        const client = await stage.connect(`waiting ${index}`)
        client.get('/now')
        await client.ended
        return client.answers
      })
      await sleep(1500)
      block.letGo()
      stage.facts.judge(
        'all are answered',
        (await Promise.all(waiting)).flat(),
        Array.from({ length: 10 }, () => 'ok /now'),
      )
    },
  },
  {
    name: 'a client that sends one request after the other on its connection is told to move away',
    protocols,
    async run(stage) {
      const client = await stage.connect()
      const sent = async (): Promise<number> => {
        let requests = 0
        while (client.ending === undefined && !client.closes.includes(true)) {
          client.get('/now')
          requests += 1
          await client.receives('ok /now', requests)
        }
        return requests
      }
      const sending = sent()
      await client.receives('ok /now')
      stage.terminate()
      const requests = await sending
      await client.ended
      stage.facts.judge('requests without an answer', requests - client.answers.length, 0)
      stage.facts.judge('how many it had answered', client.answers.length, atLeast(2))
    },
  },
]
