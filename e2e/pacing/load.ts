import type { AgentClient, RequestRecord } from '../../src/lab/index.ts'

/** Requests and those of them that failed, as the client counts. */
export interface Harm {
  readonly requests: number
  readonly harmed: number
}

/** Open-loop load from every node, each request with a connection of its own, so that each pod gets its share. */
export class SceneLoad {
  readonly #agents: readonly AgentClient[]
  readonly #target: { host: string; port: number }
  readonly #ids: string[] = []
  readonly #name: string
  #records: RequestRecord[] | undefined

  constructor(agents: readonly AgentClient[], name: string, host: string) {
    this.#agents = agents
    this.#name = name
    this.#target = { host, port: 80 }
  }

  /** Adds so many requests a second to what is sent already. */
  async add(ratePerSecond: number, maxSeconds = 600): Promise<void> {
    const id = `${this.#name}-${this.#ids.length}`
    this.#ids.push(id)
    const perAgent = ratePerSecond / this.#agents.length
    await Promise.all(
      this.#agents.map((agent, index) =>
        agent.startLoad({
          id,
          target: this.#target,
          mode: 'connection-per-request',
          ratePerSecond: perAgent,
          spacing: 'poisson',
          seed: index + 1,
          timeoutMs: 3000,
          connections: 64,
          maxSeconds,
          maxRequests: Math.max(1, Math.ceil(perAgent * maxSeconds * 1.2)),
        }),
      ),
    )
  }

  /** Requests so far that brought no 2xx. */
  async lost(): Promise<number> {
    const statuses = await Promise.all(this.#ids.flatMap((id) => this.#agents.map((agent) => agent.loadStatus(id))))
    return statuses.flatMap(({ lost }) => Object.values(lost)).reduce((sum, count) => sum + count, 0)
  }

  /** Ends the load and keeps every record. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#records !== undefined) return
    const found: RequestRecord[] = []
    for (const id of this.#ids) {
      for (const agent of this.#agents) {
        await agent.stopLoad(id)
        found.push(...(await agent.loadRecords(id)).records)
        await agent.deleteLoad(id)
      }
    }
    this.#records = found
  }

  /** Of the requests that were due in this time: agents and this process are on one clock, that of this machine. */
  harm(fromMs: number, toMs: number): Harm {
    const due = (this.#records ?? []).filter(({ scheduledMs }) => scheduledMs >= fromMs && scheduledMs < toMs)
    return { requests: due.length, harmed: due.filter(isHarmed).length }
  }

  /** What went wrong in this time, by status or error code. */
  kinds(fromMs: number, toMs: number): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const record of this.#records ?? []) {
      if (record.scheduledMs < fromMs || record.scheduledMs >= toMs || !isHarmed(record)) continue
      const kind = record.errorCode ?? String(record.status)
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    return counts
  }
}

const isHarmed = ({ status }: RequestRecord): boolean => status === null || status >= 500
