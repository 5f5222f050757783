import { expect, test } from 'vitest'
import { readLoadSpec } from '../../src/lab/agent/load-spec.ts'
import { agentLoads } from '../../src/lab/agent-loads.ts'
import type { LoadShape } from '../../src/lab/scenario.ts'

const share = { id: 'run-1', target: { host: '10.0.0.1', port: 80 }, agents: 2, agent: 1, maxSeconds: 60 }

test.each<[string, LoadShape, [string, string, number, number][]]>([
  [
    'HTTP without a mode: both, half of the rate each',
    { protocol: 'http', ratePerSecond: 100 },
    [
      ['run-1-keep-alive', 'keep-alive', 25, 3],
      ['run-1-connection-per-request', 'connection-per-request', 25, 4],
    ],
  ],
  [
    'kept connections only',
    { protocol: 'http', ratePerSecond: 100, connections: 'keep-alive' },
    [['run-1-keep-alive', 'keep-alive', 50, 2]],
  ],
  [
    'a connection for each request',
    { protocol: 'http', ratePerSecond: 100, connections: 'per-request' },
    [['run-1-connection-per-request', 'connection-per-request', 50, 2]],
  ],
  ['WebSockets', { protocol: 'websocket', ratePerSecond: 10 }, [['run-1-keep-alive', 'keep-alive', 5, 2]]],
])('%s', (_sentence, shape, expected) => {
  const loads = agentLoads(shape, share)
  expect(loads.map(({ id, mode, ratePerSecond, seed }) => [id, mode, ratePerSecond, seed])).toEqual(expected)
})

test('an agent takes everything that a scenario can say', () => {
  const shape: LoadShape = {
    protocol: 'grpc-stream',
    ratePerSecond: 9,
    maxConnections: 7,
    workMs: 100,
    streamSeconds: 3,
    timeoutMs: 400,
    retries: { attempts: 3, backoffMs: 10, budgetRatio: 0.2 },
    serverConcurrency: 5,
  }
  const specs = agentLoads(shape, share).map((load) => readLoadSpec(load, ['10.0.0.1:80']))
  const { ratePerSecond: _, serverConcurrency: __, maxConnections, ...same } = shape
  expect(specs).toMatchObject([{ ...same, connections: maxConnections, ratePerSecond: 4.5, maxRequests: 270 }])
})

test.each([
  ['the smallest rate, shared by many', { ratePerSecond: 0.1 }, 8],
  ['the largest, for long', { ratePerSecond: 2000, connections: 'per-request' }, 1],
] as const)('an agent takes %s', (_sentence, change, agents) => {
  const loads = agentLoads({ protocol: 'http', ...change }, { ...share, agents, maxSeconds: 900 })
  for (const load of loads) expect(readLoadSpec(load, ['10.0.0.1:80']).ratePerSecond).toBe(load.ratePerSecond)
})
