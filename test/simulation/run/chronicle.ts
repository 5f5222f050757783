import { createHash } from 'node:crypto'
import type { StoredWrite } from '../../../src/cluster/api-server/index.ts'
import type { TransportRequest } from '../../../src/kube/index.ts'
import type { PodEnd } from '../world/drain-endings.ts'
import type { IntendedField } from '../world/intentions.ts'
import type { RawPod } from '../world/raw.ts'

/** A write as one of the operator's processes sent it. */
export interface SentWrite {
  atMs: number
  process: string
  request: TransportRequest
  /** Whether the process could know, by its own clock, that it holds the lease. */
  leads: boolean
}

/** A write as the API server stored it. */
export interface SeenWrite extends StoredWrite {
  atMs: number
}

export interface LogLine {
  atMs: number
  process: string
  level: number
  msg: string
  error: string | undefined
  /** The class of the error. */
  type: string | undefined
}

/** Everything that happened in one history, for the oracle and for people. */
export class Chronicle {
  readonly sent: SentWrite[] = []
  readonly writes: SeenWrite[] = []
  readonly logs: LogLine[] = []
  readonly ends: { atMs: number; pod: RawPod; end: PodEnd }[] = []
  readonly rejections: string[] = []
  /** What somebody meant and the operator replaced. */
  readonly broken: { atMs: number; field: IntendedField; text: string }[] = []
  /** What was done and what became of it; faults too. */
  readonly doings: { atMs: number; text: string }[] = []
  /** Whether each thing that somebody did succeeded, in the order of the plan. */
  readonly outcomes: boolean[] = []
  /** Faults that befell requests, by name. */
  readonly befell = new Map<string, number>()
  readonly #lines: string[] = []

  line(atMs: number, text: string): void {
    this.#lines.push(`${(atMs / 1000).toFixed(3)} ${text}`)
  }

  done(atMs: number, text: string): void {
    this.doings.push({ atMs, text })
    this.line(atMs, `* ${text}`)
  }

  befallen(fault: string): void {
    this.befell.set(fault, (this.befell.get(fault) ?? 0) + 1)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Two histories with the same hash went the same way, to the last byte of the last request. */
  hash(): string {
    const hash = createHash('sha256')
    for (const line of this.#lines) hash.update(line).update('\n')
    return hash.digest('hex').slice(0, 16)
  }
}
