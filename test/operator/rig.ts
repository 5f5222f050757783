import { pino } from 'pino'
import { Operator } from '../../src/operator/index.ts'
import { OperatorMetrics } from '../../src/operator/metrics.ts'
import { VirtualClock } from '../kube/virtual-clock.ts'
import { Cluster, paths, told } from './cluster.ts'
import { type Interference, MemoryApi, type MemoryClient } from './memory-api.ts'

export interface OperatorProcess {
  operator: Operator
  client: MemoryClient
  metrics: OperatorMetrics
  /** What was logged at warn and above, or as conflict. */
  logged: { level: number; msg: string; err?: { message: string } }[]
  running: Promise<unknown>
  /** As SIGTERM does. */
  stop(): Promise<void>
  /** As SIGKILL does: nothing of it is ever seen again. */
  kill(): void
}

export interface ProcessOptions {
  watchLagMs?: (collection: string) => number
  interfere?: Interference
  leaderElection?: boolean
  /** Ends it, besides `stop`. */
  signal?: AbortSignal
}

/** One history: a clock, an API server, a cluster around it, and operator processes. */
export class Rig {
  readonly clock = new VirtualClock()
  readonly api = new MemoryApi(this.clock)
  readonly cluster = new Cluster(this.api, this.clock)
  #started = 0

  start({ leaderElection = false, signal, ...options }: ProcessOptions = {}): OperatorProcess {
    this.#started += 1
    const identity = `operator-${this.#started}`
    const client = this.api.client(identity, options)
    const logged: OperatorProcess['logged'] = []
    const log = pino(
      { level: 'warn', base: null },
      { write: (line: string) => void logged.push(JSON.parse(line) as never) },
    )
    const metrics = new OperatorMetrics()
    const operator = new Operator({
      transport: client,
      clock: this.clock,
      random: () => 0.5,
      log,
      metrics,
      identity,
      leaseNamespace: 'drainkeeper-system',
      leaderElection,
    })
    const stop = new AbortController()
    const running = operator.run(signal ?? stop.signal)
    return {
      operator,
      client,
      metrics,
      logged,
      running,
      stop: async () => {
        stop.abort()
        await this.clock.advance(0)
        await running
      },
      kill: () => client.cut(),
    }
  }

  /** Lets time pass until everybody has long been idle. */
  async settle(ms = 5000): Promise<void> {
    await this.clock.advance(ms)
  }

  /** Writes to Deployments and statuses since `from`, in order. */
  writesSince(from = 0): string[] {
    const concerned: readonly string[] = [paths.deployments, paths.policies]
    return this.api.writes
      .slice(from)
      .filter(({ collection }) => concerned.includes(collection))
      .map(told)
  }
}

/** One drain is enough to measure P. */
export const quick = { quantile: 0.5, confidence: 0.5, window: 10, initial: '5s' } as const

/** A rig whose policy is delivered and rolled out, with one operator. */
export async function delivered(options: ProcessOptions = {}): Promise<{ rig: Rig; operator: OperatorProcess }> {
  const rig = new Rig()
  rig.cluster.createDeployment()
  rig.cluster.createService()
  rig.cluster.createPolicy({ propagation: quick })
  const operator = rig.start(options)
  await rig.settle()
  return { rig, operator }
}
