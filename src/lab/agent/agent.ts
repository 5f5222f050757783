import { LabError } from '../lab-error.ts'
import { encodeRecords } from '../records-format.ts'
import type { AgentHealth, LoadStatus, ProbeStatus } from '../run-status.ts'
import type { AgentClock } from './clock.ts'
import { Load } from './load.ts'
import { readLoadSpec, readProbeSpec } from './load-spec.ts'

/** Runs that an agent keeps at a time, running or finished. */
const MAX_RUNS = 32
/** Records in one download at most, so that no answer grows above a few megabytes. */
export const MAX_RECORDS_PER_DOWNLOAD = 20_000

export type RunKind = 'load' | 'probe'

export interface AgentOptions {
  /** Name of the node the agent runs on. */
  readonly node: string
  /** `host:port` values that load may go to; nothing else is ever contacted. */
  readonly allowedTargets: readonly string[]
  readonly clock: AgentClock
}

/** The runs of one node, by kind and id: everything the agent can do, apart from HTTP. */
export class Agent {
  readonly #options: AgentOptions
  readonly #runs = new Map<string, Load>()

  constructor(options: AgentOptions) {
    this.#options = options
  }

  /** @throws LabError `INVALID_REQUEST` | `TARGET_NOT_ALLOWED` | `ID_TAKEN` | `TOO_MANY_RUNS` */
  start(kind: RunKind, body: unknown): LoadStatus {
    const read = kind === 'load' ? readLoadSpec : readProbeSpec
    const spec = read(body, this.#options.allowedTargets)
    const key = `${kind} ${spec.id}`
    if (this.#runs.has(key)) throw new LabError('ID_TAKEN', `there is a ${key} already`)
    if (this.#runs.size >= MAX_RUNS) {
      throw new LabError('TOO_MANY_RUNS', `this agent keeps ${MAX_RUNS} runs; delete one first`)
    }
    const load = new Load(spec, this.#options.clock)
    this.#runs.set(key, load)
    return load.status()
  }

  /** @throws LabError `NOT_FOUND` */
  status(kind: RunKind, id: string): LoadStatus | ProbeStatus {
    const load = this.#find(kind, id)
    return kind === 'load' ? load.status() : { ...load.status(), pods: load.log.sightings.list() }
  }

  /** Resolves when the requests that were out have their records. @throws LabError `NOT_FOUND` */
  async stop(kind: RunKind, id: string): Promise<LoadStatus | ProbeStatus> {
    await this.#find(kind, id).stop()
    return this.status(kind, id)
  }

  /**
   * A part of a finished run's records, from an index on.
   * @throws LabError `NOT_FOUND` | `STILL_RUNNING`
   */
  records(kind: RunKind, id: string, from: number, limit: number): string {
    const load = this.#find(kind, id)
    if (load.running) throw new LabError('STILL_RUNNING', `${kind} ${id} is still running; stop it first`)
    const { startedMs, log } = load
    return encodeRecords(
      { id, node: this.#options.node, startedMs, total: log.counts().scheduled, from },
      log.records(from, Math.min(limit, MAX_RECORDS_PER_DOWNLOAD)),
    )
  }

  /** Forgets a finished run. @throws LabError `NOT_FOUND` | `STILL_RUNNING` */
  remove(kind: RunKind, id: string): void {
    if (this.#find(kind, id).running) {
      throw new LabError('STILL_RUNNING', `${kind} ${id} is still running; stop it first`)
    }
    this.#runs.delete(`${kind} ${id}`)
  }

  health(): AgentHealth {
    const { user, system } = process.cpuUsage()
    return {
      node: this.#options.node,
      cpuSeconds: (user + system) / 1e6,
      uptimeSeconds: process.uptime(),
      residentBytes: process.memoryUsage.rss(),
      runs: [...this.#runs.keys()],
    }
  }

  nowMs(): number {
    return this.#options.clock.nowMs()
  }

  /** Ends every run at once. */
  abort(): void {
    for (const load of this.#runs.values()) load.abort()
  }

  #find(kind: RunKind, id: string): Load {
    const load = this.#runs.get(`${kind} ${id}`)
    if (load === undefined) throw new LabError('NOT_FOUND', `no ${kind} ${id} here`)
    return load
  }
}
