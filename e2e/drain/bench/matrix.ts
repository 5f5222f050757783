import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ClientPool } from './client-pool.ts'
import type { TrialReply, TrialRequest } from './client.ts'
import type { Library, Protocol, Terms } from './libraries.ts'
import type { Scenario } from './scenario.ts'
import { cellOf } from './verdict.ts'
import type { Cell } from './verdict.ts'

export interface MatrixPlan {
  scenarios: readonly Scenario[]
  libraries: readonly Library[]
  /** Absent: nothing is configured. */
  terms: Terms | undefined
  routedForMs: number
  capMs: number
  repetitions: number
  concurrency: number
}

/** Every library in every scenario that it has the protocol for, one repetition after the other. */
export async function runMatrix(
  plan: MatrixPlan,
  stop: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<Cell[]> {
  const next = { http1: await startNext('http1'), http2: await startNext('http2') }
  const pool = new ClientPool(plan.concurrency)
  try {
    const { terms, routedForMs, capMs } = plan
    const pairs = plan.scenarios.flatMap((scenario) =>
      plan.libraries
        .filter(({ protocols }) => protocols.includes(scenario.protocol))
        .map((library) => ({ scenario, library, replies: [] as TrialReply[] })),
    )
    const requests = Array.from({ length: plan.repetitions }, () =>
      pairs.map(({ scenario: { name: scenario, protocol }, library: { name: library } }): TrialRequest => {
        const nextPort = next[protocol].port
        return { scenario, library, protocol, terms, routedForMs, nextPort, capMs }
      }),
    ).flat()
    let done = 0
    const take = (request: TrialRequest, reply: TrialReply): void => {
      const pair = pairs.find(
        ({ scenario, library }) => scenario.name === request.scenario && library.name === request.library,
      )
      pair?.replies.push(reply)
      progress((done += 1), requests.length)
    }
    await pool.run(requests, take, stop)
    return pairs.map(({ scenario, library, replies }) => cellOf(scenario.name, library.name, replies))
  } finally {
    pool.close()
    for (const { child } of Object.values(next)) child.kill('SIGKILL')
  }
}

/** Where routing points once it has converged: a server that stays. */
async function startNext(protocol: Protocol): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), ['bare node', protocol, 'null'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}
