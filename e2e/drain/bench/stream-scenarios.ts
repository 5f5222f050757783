import { once } from 'node:events'
import { WebSocket } from 'ws'
import { times } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { Caller } from './trial.ts'

/** Connections that last as long as both sides like. */
export const streamScenarios: Scenario[] = [
  {
    name: 'WebSocket',
    about: '10 WebSockets that are open at SIGTERM. Lost: one that ends without a close frame (1001 or another code).',
    protocol: 'http1',
    async run(trial) {
      const port = await trial.route()
      const sockets = await times(10, async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
        await once(socket, 'open')
        socket.on('error', () => undefined)
        return socket
      })
      trial.begin(200)
      for (const socket of sockets) {
        void trial.expect('WebSocket', async () => {
          const [code] = (await once(socket, 'close')) as [number]
          if (code === abnormalClosure) throw new Error('ended without a close frame')
        })
      }
    },
  },
  {
    name: 'server-sent events',
    about:
      '10 event streams that are open at SIGTERM and do not end by themselves. Lost: one that ends without its terminating chunk.',
    protocol: 'http1',
    async run(trial) {
      const callers = await times(10, async () => {
        const caller = new Caller(trial)
        await caller.open()
        return caller
      })
      trial.begin(300)
      for (const caller of callers) void caller.ask('/events')
    },
  },
]

const abnormalClosure = 1006
