/** HTTP/1 requests that are under way when the drain begins, or come while it runs. */
import type { Case } from '../case.ts'
import { getRequest } from '../clients/raw-client.ts'

const protocols = ['http1'] as const

export const requestCases: readonly Case[] = [
  {
    name: 'a request in flight is answered, and its client told to move away',
    protocols,
    async run(stage) {
      const hold = stage.hold()
      const client = await stage.connect()
      client.get(hold.path)
      await hold.begun()
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      await client.ended
      stage.facts.judge('the whole response', client.answers, ['ok /hold'])
      stage.facts.judge('Connection: close', client.closes, [true])
    },
  },
  {
    name: 'a response whose head was sent before the drain comes to its end',
    protocols,
    async run(stage) {
      const hold = stage.hold('/stream')
      const client = await stage.connect()
      client.get(hold.path)
      await client.receives('begun')
      stage.terminate()
      await stage.reaches('closing')
      hold.letGo()
      await client.ended
      stage.facts.judge('the whole response', client.answers, ['begun ok /stream'])
    },
  },
  {
    name: 'two pipelined requests are both answered, and only the last says Connection: close',
    protocols,
    async run(stage) {
      const [first, last] = [stage.hold(), stage.hold()]
      const client = await stage.connect()
      client.send(getRequest(first.path) + getRequest(last.path))
      await Promise.all([first.begun(), last.begun()])
      stage.terminate()
      await stage.reaches('closing')
      last.letGo()
      first.letGo()
      await client.ended
      stage.facts.judge('the responses', client.answers, ['ok /hold', 'ok /hold'])
      stage.facts.judge('Connection: close', client.closes, [false, true])
    },
  },
  {
    name: 'ten requests that are pipelined while converging are all answered',
    protocols,
    // In a cluster the primary answers the preStop call before its workers know.
    needs: ['oneProcess'],
    async run(stage) {
      const client = await stage.connect()
      client.get('/now')
      await client.receives('ok /now')
      await stage.preStop()
      client.send(getRequest('/now').repeat(10))
      await client.ended
      stage.terminate()
      stage.facts.judge(
        'the responses',
        client.answers,
        Array.from({ length: 11 }, () => 'ok /now'),
      )
      stage.facts.judge('Connection: close', client.closes, [...Array.from({ length: 10 }, () => false), true])
    },
  },
  {
    name: 'requests that are pipelined behind a response with its head sent are answered',
    protocols,
    async run(stage) {
      const [stream, last] = [stage.hold('/stream'), stage.hold()]
      const client = await stage.connect()
      client.send(getRequest(stream.path) + getRequest('/now') + getRequest(last.path))
      await Promise.all([client.receives('begun'), last.begun()])
      stage.terminate()
      await stage.reaches('closing')
      stream.letGo()
      last.letGo()
      await client.ended
      stage.facts.judge('the responses', client.answers, ['begun ok /stream', 'ok /now', 'ok /hold'])
      stage.facts.judge('Connection: close', client.closes, [false, false, true])
    },
  },
  {
    name: 'new connections are served while converging',
    protocols,
    async run(stage) {
      await stage.preStop()
      const client = await stage.connect()
      client.get('/now')
      await client.ended
      stage.terminate()
      stage.facts.judge('the response', client.answers, ['ok /now'])
      stage.facts.judge('Connection: close', client.closes, [true])
    },
  },
  {
    name: 'a client that waits for 100 Continue gets it, and its answer',
    protocols,
    async run(stage) {
      await stage.preStop()
      const client = await stage.connect()
      client.send('POST /upload HTTP/1.1\r\nHost: conformance\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n')
      await client.receives('100 Continue')
      client.send('abc')
      await client.ended
      stage.terminate()
      stage.facts.judge('the answer', client.answers, ['ok 3'])
    },
  },
]
