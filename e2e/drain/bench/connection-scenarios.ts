import { requestHead } from './http-connection.ts'
import { aroundClose, farRoundTripMs, times } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { Caller } from './trial.ts'
import type { Trial } from './trial.ts'

/** Connections on which nothing, or not everything, has come. */
export const connectionScenarios: Scenario[] = [
  {
    name: 'idle keep-alive',
    about:
      '30 idle connections from 20 ms away: 20 bring a request in the 120 ms around the close, 10 none. The server cannot tell them apart.',
    protocol: 'http1',
    async run(trial) {
      await times(10, async () => (await trial.connect(farRoundTripMs)).ask('/now'))
      const callers = await times(20, () => openCaller(trial))
      await Promise.all(callers.map((caller) => caller.ask('/now')))
      trial.begin(300)
      await askAroundClose(trial, callers)
    },
  },
  {
    name: 'silent connections',
    about:
      '90 connections opened in advance from 20 ms away, half of them before SIGTERM and half just before P: 80 bring their first request in the 1.2 s from the close on, 10 none.',
    protocol: 'http1',
    async run(trial) {
      await times(5, () => trial.connect(farRoundTripMs))
      const early = await times(40, () => openCaller(trial))
      trial.begin(300)
      await trial.at(trial.routedForMs - 100)
      await times(5, () => trial.connect(farRoundTripMs))
      const late = await times(40, () => openCaller(trial))
      await askAroundClose(trial, [...early, ...late], 1200)
    },
  },
  {
    name: 'half-sent head',
    about: '5 requests whose first half comes 0.3 s before D: 3 are completed 1.2 s after it, 2 never.',
    protocol: 'http1',
    async run(trial) {
      const connections = await times(5, () => trial.connect())
      trial.begin(200)
      const [begun, rest] = halves(requestHead('/now'))
      await trial.at(trial.delayMs - 300)
      for (const connection of connections) connection.send(begun)
      await trial.at(trial.delayMs + 1200)
      for (const connection of connections.slice(0, 3)) {
        void trial.expect('completed head', () => {
          connection.send(rest)
          return connection.answer()
        })
      }
    },
  },
  {
    name: 'unread requests',
    about:
      '10 requests on open connections that wait in the kernel at the close: the event loop does not turn for 0.6 s around it.',
    protocol: 'http1',
    async run(trial) {
      const busy = new Caller(trial)
      await busy.open()
      const callers = await times(10, async () => {
        const caller = new Caller(trial)
        await caller.ask('/now')
        return caller
      })
      trial.begin(500)
      await trial.at(trial.delayMs - 300)
      void busy.ask('/block?ms=600')
      await trial.at(trial.delayMs - 100)
      for (const caller of callers) void caller.ask('/now')
    },
  },
  {
    name: 'accept backlog',
    about:
      '10 new connections with a request, routed before P, that are not accepted at the close: the event loop does not turn until 0.2 s after D.',
    protocol: 'http1',
    async run(trial) {
      const busy = new Caller(trial)
      await busy.open()
      trial.begin(500)
      const blockMs = trial.routedForMs - 200
      await trial.at(blockMs)
      void busy.ask(`/block?ms=${Math.max(400, trial.delayMs + 200 - blockMs)}`)
      await trial.at(trial.routedForMs - 100)
      for (let index = 0; index < 10; index += 1) void new Caller(trial).ask('/now')
    },
  },
]

async function openCaller(trial: Trial): Promise<Caller> {
  const caller = new Caller(trial, farRoundTripMs)
  await caller.open()
  return caller
}

/** Every second moment is that of a caller from the end of the list, so that all kinds are spread alike. */
async function askAroundClose(trial: Trial, callers: readonly Caller[], spreadMs?: number): Promise<void> {
  const mixed = callers.map((_, index) => callers[index % 2 === 0 ? index / 2 : callers.length - (index + 1) / 2])
  await times(callers.length, async (index) => {
    await trial.at(aroundClose(trial, index, callers.length, spreadMs))
    void mixed[index]?.ask('/now')
  })
}

function halves(text: string): [string, string] {
  const middle = Math.floor(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}
