/** gRPC with the client of grpc-js: calls of all four kinds, and the health service. */
import type { Case } from '../case.ts'
import { closedListener } from '../clients/asker.ts'
import { GrpcClient } from '../clients/grpc-client.ts'
import { Condition } from '../facts.ts'
import type { Stage } from '../stage.ts'

const protocols = ['grpc'] as const

const nobodyListens = new Condition<string>(`contains ${closedListener.join(' or ')}`, (answer) =>
  closedListener.some((code) => answer.includes(code)),
)

/** Runs with a client whose channel is closed in the end. */
async function withClient(stage: Stage, use: (client: GrpcClient) => Promise<void>): Promise<void> {
  const { port, target } = stage
  const client = new GrpcClient({ port, secure: target.secure, label: 'client' })
  stage.transcripts.push(client)
  try {
    await use(client)
  } finally {
    client.close()
  }
}

export const grpcCases: readonly Case[] = [
  {
    name: 'gRPC: a unary call in flight is answered',
    protocols,
    run: (stage) =>
      withClient(stage, async (client) => {
        const hold = stage.hold()
        const answered = client.ask(hold.path)
        await hold.begun()
        stage.terminate()
        await stage.reaches('closing')
        hold.letGo()
        stage.facts.judge('the answer', await answered, 'ok /hold')
      }),
    judgeReport: (report, facts) => facts.judge('in flight', report.inFlight.atDrainStart, 1),
  },
  {
    name: 'gRPC: a server stream comes to its end',
    protocols,
    run: (stage) =>
      withClient(stage, async (client) => {
        const hold = stage.hold('/stream')
        const call = client.stream(hold.path)
        await call.receives(1)
        stage.terminate()
        await stage.reaches('closing')
        hold.letGo()
        stage.facts.judge('its status', await call.ended, 'OK')
        stage.facts.judge('its messages', call.received, ['begun ', 'ok /stream'])
      }),
  },
  {
    name: 'gRPC: a client stream is taken to its end and answered',
    protocols,
    run: (stage) =>
      withClient(stage, async (client) => {
        const call = client.collect()
        call.stream.write('before ')
        await client.ask('/now')
        await stage.preStop()
        call.stream.write('converging ')
        stage.terminate()
        await stage.reaches('closing')
        call.stream.write('closing')
        call.stream.end()
        stage.facts.judge('the answer', await call.answered, 'before converging closing')
      }),
  },
  {
    name: 'gRPC: a bidirectional stream goes on until its client ends it',
    protocols,
    run: (stage) =>
      withClient(stage, async (client) => {
        const call = client.echo()
        const say = async (text: string): Promise<void> => {
          call.stream.write(text)
          await call.receives(call.received.length + 1)
        }
        await say('before')
        await stage.preStop()
        await say('converging')
        stage.terminate()
        await stage.reaches('closing')
        await say('closing')
        call.stream.end()
        stage.facts.judge('its status', await call.ended, 'OK')
        stage.facts.judge('what came back', call.received, ['before', 'converging', 'closing'])
      }),
  },
  {
    name: 'gRPC: calls of a client from before are served while converging',
    protocols,
    needs: ['admin'],
    run: (stage) =>
      withClient(stage, async (client) => {
        await client.ask('/now')
        await stage.preStop()
        stage.facts.judge('the answer', await client.ask('/now'), 'ok /now')
        stage.terminate()
        await stage.exited
      }),
    judgeReport(report, facts) {
      // Whether the client was told to move away before its call depends on who was faster.
      facts.judge('late', report.late.connections.count + report.late.requests.count, 1)
    },
  },
  {
    name: 'gRPC: health is SERVING before the drain and NOT_SERVING from its start on, for every service',
    protocols,
    needs: ['admin'],
    run: (stage) =>
      withClient(stage, async (client) => {
        const check = (): Promise<string[]> =>
          Promise.all([client.check(), client.check('conformance.Conformance'), client.check('any.Other')])
        stage.facts.judge('before', (await check()).slice(0, 2), ['SERVING', 'SERVING'])
        await stage.preStop()
        stage.facts.judge('while converging', await check(), ['NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING'])
        stage.terminate()
        await stage.exited
      }),
  },
  {
    name: 'gRPC: health checks count nowhere',
    protocols,
    needs: ['admin'],
    run: (stage) =>
      withClient(stage, async (client) => {
        await client.check()
        await stage.preStop()
        await client.check()
        stage.terminate()
        await stage.exited
      }),
    judgeReport(report, facts) {
      facts.judge('before', [report.before.newConnections, report.before.requests], [0, 0])
      facts.judge('late', [report.late.connections.count, report.late.requests.count], [0, 0])
    },
  },
  {
    name: 'gRPC: a health Watch is told NOT_SERVING, and ended, so that it holds nothing up',
    protocols,
    needs: ['admin'],
    run: (stage) =>
      withClient(stage, async (client) => {
        const watch = client.watch()
        await watch.receives(1)
        await stage.preStop()
        await watch.receives(2)
        stage.terminate()
        stage.facts.judge('its status', await watch.ended, 'UNAVAILABLE')
        stage.facts.judge('what it was told', watch.received, ['SERVING', 'NOT_SERVING'])
      }),
    judgeReport: (report, facts) => facts.judge('nothing was cut off', report.forced, { connections: 0, requests: 0 }),
  },
  {
    name: 'gRPC: a stream that never ends is cut off at the deadline with UNAVAILABLE',
    protocols,
    settings: { graceSeconds: 3 },
    ends: { code: 1, verdict: 'forced' },
    mayReset: 'the deadline cuts it off',
    run: (stage) =>
      withClient(stage, async (client) => {
        const call = client.stream('/sse')
        await call.receives(1)
        stage.terminate()
        stage.facts.judge('its status', await call.ended, 'UNAVAILABLE')
      }),
    judgeReport: (report, facts) => facts.judge('cut off', report.forced.requests, 1),
  },
  {
    name: 'gRPC: an idle channel does not hold up the drain',
    protocols,
    run: (stage) =>
      withClient(stage, async (client) => {
        await client.ask('/now')
        stage.terminate()
        await stage.exited
      }),
  },
  {
    name: 'gRPC: a client that calls without pause loses nothing until nobody listens',
    protocols,
    needs: ['admin'],
    run: (stage) =>
      withClient(stage, async (client) => {
        const answers: string[] = []
        const calling = (async () => {
          do answers.push(await client.ask('/now'))
          while (answers.at(-1) === 'ok /now')
        })()
        await stage.preStop()
        stage.terminate()
        await calling
        stage.facts.judge('the first that was not served', answers.pop() ?? '', nobodyListens)
      }),
  },
]
