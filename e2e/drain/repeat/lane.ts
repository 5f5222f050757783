import { setTimeout as sleep } from 'node:timers/promises'
import type { DrainReport } from '../../../src/drain-server/index.ts'
import type { AskedProcess } from './asked-process.ts'
import { DrainedServer } from './drained-server.ts'
import type { BalancerRequest, LoadRequest, Routed, Tallies } from './messages.ts'

/** What one repetition is told. */
export interface Plan {
  /** P: how long after the drain began the balancer still leads new connections to the server. */
  routedForMs: number
  /** D */
  drainDelayMs: number
}

/** One drain under load, as three parties saw it. */
export interface Repetition {
  plan: Plan
  report: DrainReport
  exitCode: number | null
  routed: Routed
}

export interface LaneRun {
  repetitions: Repetition[]
  tallies: Tallies
}

export interface Surroundings {
  balancer: AskedProcess<BalancerRequest>
  load: AskedProcess<LoadRequest>
  compileCache: string
  signal: AbortSignal
  onRepetition: (repetition: Repetition) => void
}

/** How long a server serves before it is drained. */
const servedForMs = 150
/** How long the last server of a lane goes on, so that what a drain before it lost is seen. */
const afterwardsMs = 100

/**
 * Server after server under a load that never ends, each drained once: while one is drained, the next is serving
 * beside it and the one after that starts.
 */
export async function runLane(
  lane: number,
  seed: number,
  plans: readonly Plan[],
  { balancer, load, compileCache, signal, onRepetition }: Surroundings,
): Promise<LaneRun> {
  const servers = new Set<DrainedServer>()
  const start = ({ drainDelayMs }: Plan): DrainedServer => {
    const delaySeconds = drainDelayMs / 1000
    const fixed = { minDelaySeconds: delaySeconds, maxDelaySeconds: delaySeconds }
    const server = new DrainedServer({ delaySeconds, ...fixed }, compileCache)
    servers.add(server)
    return server
  }
  const route = async (server: DrainedServer): Promise<number> => {
    const backend = await server.port
    await balancer.ask({ ask: 'route', lane, backend })
    return backend
  }
  const repetitions: Repetition[] = []
  const last: Plan = { routedForMs: 0, drainDelayMs: 0 }
  try {
    const frontPort = await balancer.ask<number>({ ask: 'open', lane })
    let current = start(plans[0] ?? last)
    let backend = await route(current)
    let next = start(plans[1] ?? last)
    await load.ask({ ask: 'begin', lane, port: frontPort, seed })
    for (const [index, plan] of plans.entries()) {
      if (signal.aborted) break
      const nextBackend = await route(next)
      const afterNext = start(plans[index + 2] ?? last)
      await sleep(servedForMs)
      const [{ code, report }, routed] = await Promise.all([
        current.drain(),
        balancer.ask<Routed>({ ask: 'unroute', lane, backend, afterMs: plan.routedForMs }),
      ])
      servers.delete(current)
      const repetition = { plan, report, exitCode: code, routed }
      repetitions.push(repetition)
      onRepetition(repetition)
      ;[current, next, backend] = [next, afterNext, nextBackend]
    }
    await sleep(afterwardsMs)
    const tallies = await load.ask<Tallies>({ ask: 'end', lane })
    await balancer.ask({ ask: 'close', lane })
    return { repetitions, tallies }
  } finally {
    for (const server of servers) server.kill()
  }
}
