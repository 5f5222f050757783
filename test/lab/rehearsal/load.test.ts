import { expect, test } from 'vitest'
import { AgentClient } from '../../../src/lab/agent-client.ts'
import { RunningLoad } from '../../../src/lab/rehearsal/load.ts'

/** An agent whose load is in this state when it is told to stop. */
function agent(state: 'running' | 'finished') {
  const asked: string[] = []
  const client = new AgentClient(async (path, { method }) => {
    asked.push(`${method} ${path}`)
    const header = { id: 'a', node: 'n', startedMs: 0, total: 0, from: 0, count: 0, pods: [] }
    const answer = path.includes('/records') ? header : { state, nowMs: 0 }
    return { status: 200, text: async () => JSON.stringify(answer) }
  })
  return { asked, stage: { node: 'node-1', client, target: { host: '127.0.0.1', port: 1 } } }
}

const start = ({ stage }: ReturnType<typeof agent>): Promise<RunningLoad> =>
  RunningLoad.start([stage], { id: 'a', shape: { protocol: 'http2', ratePerSecond: 1 }, maxSeconds: 1 })

test('where one agent cannot begin, the others are told to stop', async () => {
  const running = agent('running')
  const broken = {
    node: 'node-2',
    client: new AgentClient(() => Promise.reject(new Error('gone'))),
    target: running.stage.target,
  }
  const starting = RunningLoad.start([running.stage, broken], {
    id: 'a',
    shape: { protocol: 'http2', ratePerSecond: 1 },
    maxSeconds: 1,
  })
  await expect(starting).rejects.toThrow('gone')
  expect(running.asked).toContain('POST /load/a-keep-alive/stop')
})

test('a load that runs until it is stopped is brought home, and forgotten', async () => {
  const running = agent('running')
  expect(await (await start(running)).stop()).toEqual({
    loads: [{ node: 'n', scheduled: 0, offsetMs: expect.any(Number), records: [] }],
    probes: [],
  })
  expect(running.asked.at(-1)).toBe('DELETE /load/a-keep-alive')
})

test('a load that has ended by itself is no evidence: pods may have ended without it', async () => {
  await expect((await start(agent('finished'))).stop()).rejects.toThrow(
    'the load of node-1 was over before the last pod was',
  )
})
