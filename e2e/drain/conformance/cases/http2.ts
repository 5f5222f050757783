/** HTTP/2: sessions that end with two GOAWAYs (RFC 9113, section 6.8), seen frame by frame. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from '../case.ts'
import { RawClient } from '../clients/raw-client.ts'
import { everyStream } from '../clients/raw-http2-client.ts'
import type { RawHttp2Client } from '../clients/raw-http2-client.ts'
import { atLeast, Condition, containing } from '../facts.ts'
import type { Facts } from '../facts.ts'

const protocols = ['http2'] as const
const noError = 0

function judgeGoaways(facts: Facts, { goaways }: RawHttp2Client, lastStream: number): void {
  const [first] = goaways
  const last = goaways.at(-1)
  facts.judge('the first GOAWAY', first && [first.lastStream, first.code], [everyStream, noError])
  facts.judge('the last GOAWAY', last && [last.lastStream, last.code], [lastStream, noError])
  facts.judge('a PING comes between them', (last?.pingsBefore ?? 0) - (first?.pingsBefore ?? 0), atLeast(1))
}

export const http2Cases: readonly Case[] = [
  {
    name: 'HTTP/2: an idle session gets a GOAWAY that refuses nothing, one with its last stream, then FIN',
    protocols,
    async run(stage) {
      const client = await stage.connectHttp2()
      const stream = client.get('/now')
      await client.finishes(stream)
      stage.terminate()
      await client.ended
      stage.facts.judge('the request before the drain', client.answer(stream), 'ok /now')
      judgeGoaways(stage.facts, client, stream)
    },
  },
  {
    name: 'HTTP/2: a session that never opened a stream is closed',
    protocols,
    async run(stage) {
      const client = await stage.connectHttp2()
      stage.terminate()
      await client.ended
      judgeGoaways(stage.facts, client, 0)
    },
  },
  {
    name: 'HTTP/2: streams in flight are answered, with their heads sent or not',
    protocols,
    async run(stage) {
      const [hold, begun] = [stage.hold(), stage.hold('/stream')]
      const client = await stage.connectHttp2()
      const [held, streaming] = [client.get(hold.path), client.get(begun.path)]
      await Promise.all([hold.begun(), client.receives(streaming, 'begun')])
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      begun.letGo()
      await client.ended
      stage.facts.judge('one', client.answer(held), 'ok /hold')
      stage.facts.judge('the other', client.answer(streaming), 'begun ok /stream')
      judgeGoaways(stage.facts, client, streaming)
    },
  },
  {
    name: 'HTTP/2: an upload goes on through the drain and is answered',
    protocols,
    async run(stage) {
      const part = 'x'.repeat(5000)
      const hold = stage.hold('/upload')
      const client = await stage.connectHttp2()
      const upload = client.post(hold.path)
      client.data(upload, part)
      await hold.begun()
      await stage.preStop()
      client.data(upload, part)
      stage.terminate()
      await stage.reaches('closing')
      client.data(upload, part, true)
      await client.ended
      stage.facts.judge('all of it arrived', client.answer(upload), 'ok 15000')
    },
  },
  {
    name: 'HTTP/2: streams that cross the first GOAWAY on their way are answered',
    protocols,
    async run(stage) {
      const client = await stage.connectHttp2()
      await client.finishes(client.get('/now'))
      stage.terminate()
      await client.receivesGoaway()
      const streams = [client.get('/now'), client.get('/now'), client.get('/now')]
      await client.ended
      stage.facts.judge(
        'the answers',
        streams.map((stream) => client.answer(stream)),
        ['ok /now', 'ok /now', 'ok /now'],
      )
      judgeGoaways(stage.facts, client, streams.at(-1) ?? 0)
    },
  },
  {
    name: 'HTTP/2: streams on an old session are served while converging',
    protocols,
    needs: ['admin'],
    async run(stage) {
      const client = await stage.connectHttp2()
      await client.finishes(client.get('/now'))
      await stage.preStop()
      const stream = client.get('/now')
      await client.finishes(stream)
      stage.terminate()
      await client.ended
      stage.facts.judge('the answer', client.answer(stream), 'ok /now')
    },
    judgeReport: (report, facts) => facts.judge('late requests', report.late.requests.count, 1),
  },
  {
    name: 'HTTP/2: new sessions are served while converging',
    protocols,
    needs: ['admin'],
    async run(stage) {
      await stage.preStop()
      const client = await stage.connectHttp2()
      const stream = client.get('/now')
      await client.finishes(stream)
      stage.terminate()
      await client.ended
      stage.facts.judge('the answer', client.answer(stream), 'ok /now')
    },
    judgeReport: (report, facts) => facts.judge('late connections', report.late.connections.count, 1),
  },
  {
    name: 'HTTP/2: a client that never answers a PING does not hold up the drain',
    protocols,
    async run(stage) {
      const hold = stage.hold()
      const client = await stage.connectHttp2({ answersPings: false })
      const stream = client.get(hold.path)
      await hold.begun()
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      await client.ended
      stage.facts.judge('its request', client.answer(stream), 'ok /hold')
    },
  },
  {
    name: 'HTTP/2: a stream that comes after the last GOAWAY is not served, and those before it are',
    protocols,
    async run(stage) {
      const hold = stage.hold()
      const client = await stage.connectHttp2()
      const held = client.get(hold.path)
      await hold.begun()
      stage.terminate()
      await client.receivesFinalGoaway()
      const late = client.get('/now')
      await sleep(100)
      hold.letGo()
      await client.ended
      stage.facts.judge('the stream before', client.answer(held), 'ok /hold')
      stage.facts.judge(
        'the stream after',
        client.answer(late),
        new Condition('no answer', (answer) => answer !== 'ok /now'),
      )
      judgeGoaways(stage.facts, client, held)
    },
  },
  {
    name: 'HTTP/2: a connection that never sends the preface is closed',
    protocols: ['http2', 'grpc'],
    async run(stage) {
      const client = await RawClient.connect({ port: stage.port, secure: false, label: 'no preface' })
      stage.transcripts.push(client)
      const half = await RawClient.connect({ port: stage.port, secure: false, label: 'half a preface' })
      if (!stage.target.secure) {
        stage.transcripts.push(half)
        half.send('PRI * HTTP/2.0\r\n')
      } else half.socket.destroy()
      stage.terminate()
      await client.ended
    },
  },
  {
    name: 'HTTP/2: half a HEADERS frame does not hold up the drain',
    protocols,
    async run(stage) {
      const client = await stage.connectHttp2()
      await client.finishes(client.get('/now'))
      client.getHalf('/now')
      stage.terminate()
      await client.ended
      stage.facts.judge('GOAWAYs', client.goaways.length, atLeast(2))
    },
  },
  {
    name: 'HTTP/2: server-sent events end in order',
    protocols,
    async run(stage) {
      const client = await stage.connectHttp2()
      const stream = client.get('/sse')
      await client.receives(stream, 'data: 1')
      stage.terminate()
      await client.ended
      stage.facts.judge('the stream ended, with whole events', client.answer(stream).endsWith('\n\n'), true)
      stage.facts.judge('what came', client.answer(stream), containing('data: 1\n\n'))
    },
  },
  {
    name: 'HTTP/2: connections that wait in the accept backlog when the delay ends are served',
    protocols,
    needs: ['oneProcess'],
    settings: { delaySeconds: 1.5 },
    async run(stage) {
      const block = stage.hold('/block')
      const blocking = await stage.connectHttp2({ label: 'blocking' })
      stage.terminate()
      await stage.reaches('converging')
      const blocked = blocking.get(block.path)
      await block.begun()
      const waiting = await Promise.all(Array.from({ length: 5 }, () => stage.ask('/now')))
      await sleep(1500)
      block.letGo()
      const answers = await Promise.all(waiting.map(({ answered }) => answered))
      await blocking.ended
      stage.facts.judge('those that waited', answers, ['ok /now', 'ok /now', 'ok /now', 'ok /now', 'ok /now'])
      stage.facts.judge('the one before', blocking.answer(blocked), 'ok /block')
    },
  },
  {
    name: 'HTTP/2: a client that opens streams whatever it is told does not hold up the drain',
    protocols,
    settings: { graceSeconds: 8 },
    async run(stage) {
      const client = await stage.connectHttp2()
      const sending = setInterval(() => client.ending === undefined && client.get('/now'), 10)
      await client.finishes(client.get('/now'))
      stage.terminate()
      await client.ended
      clearInterval(sending)
      stage.facts.judge('it was told to leave', client.goaways.length, atLeast(1))
    },
  },
]
