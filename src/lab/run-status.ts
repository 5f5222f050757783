/** Where a run of load or of a probe stands. */
export interface LoadStatus {
  readonly id: string
  /** `stopping`: no more arrivals, some requests still out. */
  readonly state: 'running' | 'stopping' | 'finished'
  /** The agent's wall clock. */
  readonly startedMs: number
  readonly finishedMs: number | null
  /** Arrivals of the schedule that were due; the records of a finished run are exactly as many. */
  readonly scheduled: number
  readonly sent: number
  /** Attempts, the first ones among them: above `sent` where clients repeat what failed. */
  readonly attempts: number
  readonly settled: number
  /** Answers with a 2xx status. */
  readonly ok: number
  /** Every other record so far, by status or error code. */
  readonly lost: Readonly<Record<string, number>>
  /** Due, but without a record yet; waiting for a connection counts. */
  readonly inFlight: number
  /** Attempts sent during the last second. */
  readonly lastSecondRate: number
}

/** When a probe last saw one pod, by the start of the connection that the pod answered. */
export interface PodSighting {
  readonly pod: string
  readonly answers: number
  readonly firstConnectedMs: number
  readonly lastConnectedMs: number
  readonly lastAnsweredMs: number
}

/** A probe's status with what it has seen of each pod so far. */
export interface ProbeStatus extends LoadStatus {
  readonly pods: readonly PodSighting[]
}

/** What an agent says of itself. */
export interface AgentHealth {
  readonly node: string
  /** Processor seconds the agent has used since its start. */
  readonly cpuSeconds: number
  readonly uptimeSeconds: number
  readonly residentBytes: number
  readonly runs: readonly string[]
}
