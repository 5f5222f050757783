import type { AgentRun, LoadStatus } from '../src/lab/index.ts'
import type { Testbed } from './testbed.ts'

export interface LoadOptions {
  /** The Service that the load goes to. */
  service: string
  /** Requests a second over all nodes and both modes. */
  ratePerSecond: number
  /** A probe every so many milliseconds from each node, for the ground truth; absent: none. */
  probeIntervalMs?: number
  /** The load ends by itself after so long, whatever happens. */
  maxSeconds: number
}

const modes = ['keep-alive', 'connection-per-request'] as const

/** What came of one load: every request of every agent, and every probe. */
export interface LoadEvidence {
  loads: AgentRun[]
  probes: AgentRun[]
}

/** Constant load from every node in both connection modes, half of the rate each. */
export class Load {
  readonly #testbed: Testbed
  readonly #options: LoadOptions
  readonly #id: string

  private constructor(testbed: Testbed, options: LoadOptions, id: string) {
    this.#testbed = testbed
    this.#options = options
    this.#id = id
  }

  static async start(testbed: Testbed, id: string, options: LoadOptions): Promise<Load> {
    const load = new Load(testbed, options, id)
    const { ratePerSecond, maxSeconds, probeIntervalMs } = options
    const target = testbed.target(options.service)
    const share = ratePerSecond / testbed.agents.length / modes.length
    await Promise.all(
      testbed.agents.flatMap(({ client }, agent) => [
        ...modes.map((mode, index) =>
          client.startLoad({
            id: `${id}-${mode}`,
            target,
            mode,
            ratePerSecond: share,
            maxRequests: Math.ceil(share * maxSeconds),
            maxSeconds,
            connections: 32,
            timeoutMs: 10_000,
            spacing: 'poisson',
            seed: 1 + agent * modes.length + index,
          }),
        ),
        ...(probeIntervalMs === undefined
          ? []
          : [client.startProbe({ id: `${id}-probe`, target, intervalMs: probeIntervalMs, maxSeconds })]),
      ]),
    )
    return load
  }

  /** Sums over agents and modes: for progress. */
  async status(): Promise<{ ratePerSecond: number; sent: number; lost: number }> {
    const statuses = await Promise.all(
      this.#testbed.agents.flatMap(({ client }) => modes.map((mode) => client.loadStatus(`${this.#id}-${mode}`))),
    )
    const sum = (of: (status: LoadStatus) => number): number =>
      statuses.reduce((total, status) => total + of(status), 0)
    return {
      ratePerSecond: sum(({ lastSecondRate }) => lastSecondRate),
      sent: sum(({ sent }) => sent),
      lost: sum(({ lost }) => Object.values(lost).reduce((total, count) => total + count, 0)),
    }
  }

  /** Ends the load, waits for what is in flight, and brings every record home. */
  async stop(): Promise<LoadEvidence> {
    const { agents } = this.#testbed
    const probing = this.#options.probeIntervalMs !== undefined
    await Promise.all(
      agents.flatMap(({ client }) => [
        ...modes.map((mode) => client.stopLoad(`${this.#id}-${mode}`)),
        ...(probing ? [client.stopProbe(`${this.#id}-probe`)] : []),
      ]),
    )
    const loads: AgentRun[] = []
    for (const mode of modes) {
      loads.push(...(await this.#testbed.agentRuns((client) => client.loadRecords(`${this.#id}-${mode}`))))
      await Promise.all(agents.map(({ client }) => client.deleteLoad(`${this.#id}-${mode}`)))
    }
    if (!probing) return { loads, probes: [] }
    const probes = await this.#testbed.agentRuns((client) => client.probeRecords(`${this.#id}-probe`))
    await Promise.all(agents.map(({ client }) => client.deleteProbe(`${this.#id}-probe`)))
    return { loads, probes }
  }
}
