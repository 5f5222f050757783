import type { AgentClient, AgentRecords, LoadRequest } from '../agent-client.ts'
import { agentLoads } from '../agent-loads.ts'
import type { AgentRun } from '../measure/index.ts'
import type { LoadStatus } from '../run-status.ts'
import type { LoadShape } from '../scenario.ts'
import type { StageAgent } from '../stage/index.ts'

export interface LoadOptions {
  /** Begins the ids of the runs; one load at a time may have it. */
  readonly id: string
  readonly shape: LoadShape
  /** A new connection every so many milliseconds from each node, to see who is routed to; absent: none. */
  readonly probeIntervalMs?: number
  /** The load ends by itself after so long, whatever happens. */
  readonly maxSeconds: number
}

/** What came of one load: every request of every agent, and every probe, on this process's clock. */
export interface LoadEvidence {
  readonly loads: AgentRun[]
  readonly probes: AgentRun[]
}

/** Sums over agents and runs. */
export interface LoadTotals {
  readonly sent: number
  readonly settled: number
  readonly inFlight: number
  readonly ratePerSecond: number
  readonly lost: number
  readonly lostByKind: Readonly<Record<string, number>>
}

/** The same load from every node, its rate shared evenly. */
export class RunningLoad {
  readonly #agents: readonly StageAgent[]
  readonly #requests: readonly (readonly LoadRequest[])[]
  readonly #probeId: string | null
  readonly #options: LoadOptions

  private constructor(agents: readonly StageAgent[], options: LoadOptions) {
    this.#agents = agents
    this.#options = options
    const { id, shape, maxSeconds } = options
    this.#requests = agents.map(({ target }, agent) =>
      agentLoads(shape, { id, target, agents: agents.length, agent, maxSeconds }),
    )
    this.#probeId = options.probeIntervalMs === undefined ? null : `${options.id}-probe`
  }

  /** @throws what one agent says that cannot begin; the others have been told to stop then. */
  static async start(agents: readonly StageAgent[], options: LoadOptions): Promise<RunningLoad> {
    const load = new RunningLoad(agents, options)
    const started = await Promise.allSettled(
      agents.map(({ client, target }, index) => load.#start(client, target, index)),
    )
    const failed = started.find((each) => each.status === 'rejected')
    if (failed === undefined) return load
    await load.#giveUp()
    throw failed.reason
  }

  /** Whatever of it runs goes on otherwise, into the next variant. */
  async #giveUp(): Promise<void> {
    await Promise.allSettled(
      this.#agents.flatMap(({ client }, index) => [
        ...(this.#requests[index] ?? []).map(({ id }) => client.stopLoad(id)),
        ...(this.#probeId === null ? [] : [client.stopProbe(this.#probeId)]),
      ]),
    )
  }

  async #start(client: AgentClient, target: StageAgent['target'], index: number): Promise<void> {
    for (const request of this.#requests[index] ?? []) await client.startLoad(request)
    const { probeIntervalMs: intervalMs, maxSeconds } = this.#options
    if (this.#probeId === null || intervalMs === undefined) return
    await client.startProbe({ id: this.#probeId, target, intervalMs, maxSeconds })
  }

  /** Where it stands: for progress. */
  async totals(): Promise<LoadTotals> {
    const statuses = await Promise.all(
      this.#agents.flatMap(({ client }, index) => (this.#requests[index] ?? []).map(({ id }) => client.loadStatus(id))),
    )
    const sum = (of: (status: LoadStatus) => number): number =>
      statuses.reduce((total, status) => total + of(status), 0)
    const lostByKind: Record<string, number> = {}
    for (const { lost } of statuses) {
      for (const [kind, count] of Object.entries(lost)) lostByKind[kind] = (lostByKind[kind] ?? 0) + count
    }
    return {
      sent: sum(({ sent }) => sent),
      settled: sum(({ settled }) => settled),
      inFlight: sum(({ inFlight }) => inFlight),
      ratePerSecond: sum(({ lastSecondRate }) => lastSecondRate),
      lost: Object.values(lostByKind).reduce((total, count) => total + count, 0),
      lostByKind,
    }
  }

  /**
   * Ends the load, waits for what is in flight, brings every record home, and has the agents forget it.
   * @throws Error when it had ended by itself: pods may have ended without anybody to lose anything to them.
   */
  async stop(): Promise<LoadEvidence> {
    const found = await Promise.all(
      this.#agents.map(async ({ client, node }, index) => {
        const ids = (this.#requests[index] ?? []).map(({ id }) => id)
        const statuses = await Promise.all(ids.map((id) => client.loadStatus(id)))
        if (statuses.some(({ state }) => state !== 'running')) {
          throw new Error(
            `the load of ${node} was over before the last pod was: ask for fewer disruptions, or less load`,
          )
        }
        const probeId = this.#probeId
        await Promise.all([
          ...ids.map((id) => client.stopLoad(id)),
          ...(probeId === null ? [] : [client.stopProbe(probeId)]),
        ])
        const { offsetMs } = await client.clockOffset(nowMs)
        const loads: AgentRun[] = []
        for (const id of ids) {
          loads.push(toRun(await client.loadRecords(id), offsetMs))
          await client.deleteLoad(id)
        }
        if (probeId === null) return { loads, probes: [] }
        const probes = [toRun(await client.probeRecords(probeId), offsetMs)]
        await client.deleteProbe(probeId)
        return { loads, probes }
      }),
    )
    return { loads: found.flatMap(({ loads }) => loads), probes: found.flatMap(({ probes }) => probes) }
  }
}

/** Wall time with parts of a millisecond. */
const nowMs = (): number => performance.timeOrigin + performance.now()

const toRun = ({ node, total, records }: AgentRecords, offsetMs: number): AgentRun => ({
  node,
  scheduled: total,
  offsetMs,
  records,
})
