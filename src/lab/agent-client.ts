import type { LoadSpec, Target } from './agent/load-spec.ts'
import type { RetrySpec } from './agent/retry.ts'
import { LabError, type LabErrorCode } from './lab-error.ts'
import type { RequestRecord } from './record.ts'
import { decodeRecords } from './records-format.ts'
import type { AgentHealth, LoadStatus, ProbeStatus } from './run-status.ts'

/**
 * How a request reaches an agent: directly, or through the Kubernetes API server's pod proxy. The path starts with `/`
 * and may hold a query.
 */
export type AgentTransport = (
  path: string,
  init: { readonly method: string; readonly body?: string },
) => Promise<{ readonly status: number; text(): Promise<string> }>

/** `POST /load`: what must be given, and what has a default. `mode` must be given for `http`, the default protocol. */
export type LoadRequest = Pick<LoadSpec, 'id' | 'ratePerSecond' | 'maxRequests' | 'maxSeconds'> &
  Partial<Omit<LoadSpec, 'id' | 'ratePerSecond' | 'maxRequests' | 'maxSeconds' | 'target' | 'retries'>> & {
    readonly target: TargetRequest
    readonly retries?: RetrySpec
  }

/** `POST /probe`: a new connection every `intervalMs`, 5 by default. */
export interface ProbeRequest {
  readonly id: string
  readonly target: TargetRequest
  readonly intervalMs?: number
  readonly maxSeconds: number
}

type TargetRequest = Omit<Target, 'path'> & Partial<Pick<Target, 'path'>>

/** A finished run as one agent saw it, on that agent's clock. */
export interface AgentRecords {
  readonly node: string
  /** How many records the agent says there are: its schedule's arrivals. */
  readonly total: number
  readonly records: RequestRecord[]
}

/** The difference between two clocks. */
export interface ClockOffset {
  /** To be added to the agent's times to have them on the caller's clock. */
  readonly offsetMs: number
  /** Half of the fastest round trip: how far off the offset can be. */
  readonly uncertaintyMs: number
}

const CLOCK_ROUND_TRIPS = 8

/** Typed calls to one agent. Every method throws LabError, with the agent's own code and message where it has one. */
export class AgentClient {
  readonly #send: AgentTransport

  constructor(send: AgentTransport) {
    this.#send = send
  }

  health(): Promise<AgentHealth> {
    return this.#json('GET', '/health')
  }

  startLoad(request: LoadRequest): Promise<LoadStatus> {
    return this.#json('POST', '/load', request)
  }

  loadStatus(id: string): Promise<LoadStatus> {
    return this.#json('GET', `/load/${id}/status`)
  }

  /** Resolves when every request that was out has its record: at most the load's `timeoutMs`. */
  stopLoad(id: string): Promise<LoadStatus> {
    return this.#json('POST', `/load/${id}/stop`)
  }

  loadRecords(id: string): Promise<AgentRecords> {
    return this.#records(`/load/${id}/records`)
  }

  async deleteLoad(id: string): Promise<void> {
    await this.#json('DELETE', `/load/${id}`)
  }

  startProbe(request: ProbeRequest): Promise<LoadStatus> {
    return this.#json('POST', '/probe', request)
  }

  probeStatus(id: string): Promise<ProbeStatus> {
    return this.#json('GET', `/probe/${id}/status`)
  }

  stopProbe(id: string): Promise<ProbeStatus> {
    return this.#json('POST', `/probe/${id}/stop`)
  }

  probeRecords(id: string): Promise<AgentRecords> {
    return this.#records(`/probe/${id}/records`)
  }

  async deleteProbe(id: string): Promise<void> {
    await this.#json('DELETE', `/probe/${id}`)
  }

  /**
   * The agent's clock against the caller's, from the fastest of a few round trips (as in RFC 5905 section 8).
   * @param nowMs the caller's wall clock in milliseconds.
   */
  async clockOffset(nowMs: () => number): Promise<ClockOffset> {
    let best: ClockOffset = { offsetMs: 0, uncertaintyMs: Number.POSITIVE_INFINITY }
    for (let trip = 0; trip < CLOCK_ROUND_TRIPS; trip++) {
      const beforeMs = nowMs()
      const { nowMs: agentMs } = await this.#json<{ nowMs: number }>('GET', '/clock')
      const afterMs = nowMs()
      const uncertaintyMs = (afterMs - beforeMs) / 2
      if (uncertaintyMs < best.uncertaintyMs) best = { offsetMs: (beforeMs + afterMs) / 2 - agentMs, uncertaintyMs }
    }
    return best
  }

  async #records(path: string): Promise<AgentRecords> {
    const records: RequestRecord[] = []
    for (;;) {
      const { header, records: part } = decodeRecords(await this.#text('GET', `${path}?from=${records.length}`))
      records.push(...part)
      if (records.length >= header.total) return { node: header.node, total: header.total, records }
      if (part.length === 0) {
        throw new LabError('BAD_ANSWER', `${path} ended at ${records.length} of ${header.total} records`)
      }
    }
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return parse(await this.#text(method, path, body)) as T
  }

  async #text(method: string, path: string, body?: unknown): Promise<string> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await this.#send(path, init)
    const text = await response.text()
    if (response.status >= 200 && response.status < 300) return text
    const { error } = parse(text) as { error?: { code: LabErrorCode; message: string } }
    if (error === undefined) throw new LabError('BAD_ANSWER', `${method} ${path} answered ${response.status}: ${text}`)
    throw new LabError(error.code, error.message)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LabError('BAD_ANSWER', `not JSON: ${text.slice(0, 200)}`)
  }
}
