import { requestHead } from './http-connection.ts'
import type { HttpConnection } from './http-connection.ts'
import { farRoundTripMs, times } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { Caller } from './trial.ts'
import type { Trial } from './trial.ts'

/** Requests that are being served, and clients that go on asking. */
export const requestScenarios: Scenario[] = [
  {
    name: 'in flight',
    about: '10 requests that began before SIGTERM and take until 1.5 s after D.',
    protocol: 'http1',
    async run(trial) {
      const callers = await times(10, async () => {
        const caller = new Caller(trial)
        await caller.open()
        return caller
      })
      trial.begin(200)
      await trial.at(-100)
      for (const caller of callers) void caller.ask(`/slow?ms=${trial.delayMs + 1600}`)
    },
  },
  {
    name: 'headers sent',
    about:
      '10 responses whose head was sent before SIGTERM, without `Connection: close`, and whose end comes 0.5 s after D; each client (20 ms away) asks again the moment it has it.',
    protocol: 'http1',
    async run(trial) {
      const callers = await times(10, async () => {
        const caller = new Caller(trial, farRoundTripMs)
        await caller.open()
        return caller
      })
      trial.begin(200)
      await trial.at(-100)
      for (const caller of callers) {
        void caller.ask(`/stream?ms=${trial.delayMs + 600}`).then(() => caller.ask('/now'))
      }
    },
  },
  {
    name: 'pipelined',
    about:
      '5 connections (20 ms away) with three requests in one packet before SIGTERM, the first of which takes until 0.5 s after D, and one more as soon as these are answered; 5 with three in one packet at D / 2.',
    protocol: 'http1',
    async run(trial) {
      const early = await times(5, () => trial.connect(farRoundTripMs))
      const late = await times(5, () => trial.connect())
      trial.begin(200)
      await trial.at(-100)
      for (const connection of early) {
        const answers = askAtOnce(trial, connection, [`/slow?ms=${trial.delayMs + 600}`, '/now', '/now'])
        void answers.then(() => new Caller(trial, farRoundTripMs, connection).ask('/now'))
      }
      await trial.at(trial.delayMs / 2)
      for (const connection of late) void askAtOnce(trial, connection, ['/now', '/now', '/now'])
    },
  },
  {
    name: 'upload',
    about: '5 uploads in chunks, from before SIGTERM until 1 s after D.',
    protocol: 'http1',
    async run(trial) {
      const connections = await times(5, () => trial.connect())
      trial.begin(200)
      await trial.at(-100)
      for (const connection of connections) {
        connection.send('POST /upload HTTP/1.1\r\nHost: bench.test\r\nTransfer-Encoding: chunked\r\n\r\n')
        void trial.expect('upload', () => connection.answer())
      }
      for (let ms = 0; ms <= trial.delayMs + 1000; ms += 100) {
        await trial.at(ms)
        for (const connection of connections) connection.send('5\r\nbytes\r\n')
      }
      for (const connection of connections) connection.send('0\r\n\r\n')
    },
  },
  {
    name: 'closed loop',
    about: '10 keep-alive clients that ask again as soon as they have their answer, until the process is gone.',
    protocol: 'http1',
    async run(trial) {
      trial.begin(300)
      await times(10, async () => {
        const caller = new Caller(trial)
        while (!trial.over) {
          await caller.ask('/slow?ms=5')
        }
      })
    },
  },
  {
    name: 'open loop',
    about: 'A connection for each request, one every 5 ms, routed to the server until P.',
    protocol: 'http1',
    async run(trial) {
      trial.begin(200)
      for (let ms = -200; ms < trial.routedForMs + 200; ms += 5) {
        await trial.at(ms)
        void trial.expect('new connection', async () => {
          const connection = await trial.connect()
          connection.send(requestHead('/slow?ms=5', 'Connection: close\r\n'))
          await connection.answer()
        })
      }
    },
  },
]

/** Sends the requests in one packet; resolves when the last response is there, or will never be. */
async function askAtOnce(trial: Trial, connection: HttpConnection, paths: string[]): Promise<void> {
  connection.send(paths.map((path) => requestHead(path)).join(''))
  await Promise.all(paths.map((path) => trial.expect(`pipelined ${path}`, () => connection.answer())))
}
