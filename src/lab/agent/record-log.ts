import type { RequestRecord } from '../record.ts'
import { PodSightings } from './pod-sightings.ts'
import type { Outcome } from './protocol/client.ts'

/** Counts that the log keeps up to date with every record. */
export interface RecordCounts {
  /** Arrivals of the schedule that are due. */
  readonly scheduled: number
  readonly sent: number
  readonly attempts: number
  readonly settled: number
  /** Answers with a 2xx status. */
  readonly ok: number
  /** Everything else that is settled, by status or error code. */
  readonly lost: Readonly<Record<string, number>>
}

const INITIAL_CAPACITY = 4096

/** Names in the order of their first use, so that a record holds a small number instead of a string. */
class Names {
  readonly #list: string[] = []
  readonly #indexes = new Map<string, number>()

  indexOf(name: string): number {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    this.#list.push(name)
    this.#indexes.set(name, this.#list.length - 1)
    return this.#list.length - 1
  }

  at(index: number): string | null {
    return this.#list[index] ?? null
  }
}

class Columns {
  readonly scheduledMs: Float64Array
  readonly sentMs: Float64Array
  readonly doneMs: Float64Array
  readonly socketId: Uint32Array
  readonly reused: Uint8Array
  /** 0: an error. */
  readonly status: Uint16Array
  readonly errorCode: Uint16Array
  /** -1: none. */
  readonly pod: Int32Array
  readonly attempts: Uint8Array
  readonly moves: Uint8Array

  constructor(capacity: number) {
    this.scheduledMs = new Float64Array(capacity)
    this.sentMs = new Float64Array(capacity)
    this.doneMs = new Float64Array(capacity)
    this.socketId = new Uint32Array(capacity)
    this.reused = new Uint8Array(capacity)
    this.status = new Uint16Array(capacity)
    this.errorCode = new Uint16Array(capacity)
    this.pod = new Int32Array(capacity)
    this.attempts = new Uint8Array(capacity)
    this.moves = new Uint8Array(capacity)
  }

  get capacity(): number {
    return this.scheduledMs.length
  }

  grown(): Columns {
    const larger = new Columns(this.capacity * 2)
    larger.scheduledMs.set(this.scheduledMs)
    larger.sentMs.set(this.sentMs)
    larger.doneMs.set(this.doneMs)
    larger.socketId.set(this.socketId)
    larger.reused.set(this.reused)
    larger.status.set(this.status)
    larger.errorCode.set(this.errorCode)
    larger.pod.set(this.pod)
    larger.attempts.set(this.attempts)
    larger.moves.set(this.moves)
    return larger
  }
}

/**
 * The records of one run in 41 bytes each. Each request goes scheduled -> (sent, perhaps more than once) -> settled, and
 * settles exactly once: a second end of one request is a defect, and throws.
 */
export class RecordLog {
  #columns = new Columns(INITIAL_CAPACITY)
  readonly sightings = new PodSightings()
  readonly #pods = new Names()
  readonly #errorCodes = new Names()
  readonly #lost = new Map<string, number>()
  #scheduled = 0
  #sent = 0
  #attempts = 0
  #settled = 0
  #ok = 0

  /** A request is due; gives its index. */
  schedule(scheduledMs: number): number {
    if (this.#scheduled === this.#columns.capacity) this.#columns = this.#columns.grown()
    this.#columns.scheduledMs[this.#scheduled] = scheduledMs
    return this.#scheduled++
  }

  /** An attempt, first or later, is on its way. */
  send(index: number, sentMs: number, socketId: number, reused: boolean): void {
    const columns = this.#columns
    if (columns.sentMs[index] === 0) {
      columns.sentMs[index] = sentMs
      this.#sent++
    }
    columns.socketId[index] = socketId
    columns.reused[index] = reused ? 1 : 0
    columns.attempts[index] = (columns.attempts[index] ?? 0) + 1
    this.#attempts++
  }

  /** The attempt that was sent last counts as none: the server has not begun it. */
  move(index: number): void {
    const columns = this.#columns
    columns.attempts[index] = Math.max(0, (columns.attempts[index] ?? 0) - 1)
    columns.moves[index] = (columns.moves[index] ?? 0) + 1
    this.#attempts--
  }

  settle(index: number, doneMs: number, outcome: Outcome): void {
    const columns = this.#columns
    if (index >= this.#scheduled || columns.doneMs[index] !== 0) throw new Error(`request ${index} has ended already`)
    const { pod = null, moves = 0 } = outcome
    columns.doneMs[index] = doneMs
    columns.pod[index] = pod === null ? -1 : this.#pods.indexOf(pod)
    columns.moves[index] = (columns.moves[index] ?? 0) + moves
    this.#settled++
    if ('errorCode' in outcome) {
      columns.errorCode[index] = this.#errorCodes.indexOf(outcome.errorCode)
    } else {
      columns.status[index] = outcome.status
      const connectedMs = columns.sentMs[index] ?? 0
      if (pod !== null && columns.reused[index] === 0) this.sightings.see(pod, connectedMs, doneMs)
      if (outcome.status >= 200 && outcome.status < 300) {
        this.#ok++
        return
      }
    }
    const kind = 'errorCode' in outcome ? outcome.errorCode : String(outcome.status)
    this.#lost.set(kind, (this.#lost.get(kind) ?? 0) + 1)
  }

  scheduledMsOf(index: number): number {
    return this.#columns.scheduledMs[index] ?? Number.NaN
  }

  counts(): RecordCounts {
    return {
      scheduled: this.#scheduled,
      sent: this.#sent,
      attempts: this.#attempts,
      settled: this.#settled,
      ok: this.#ok,
      lost: Object.fromEntries(this.#lost),
    }
  }

  /** The settled records from index `from`, in the order of the schedule. */
  *records(from = 0, limit = Number.POSITIVE_INFINITY): Generator<RequestRecord> {
    const end = Math.min(this.#scheduled, from + limit)
    for (let index = from; index < end; index++) {
      if (this.#columns.doneMs[index] !== 0) yield this.#at(index)
    }
  }

  #at(index: number): RequestRecord {
    const { scheduledMs, sentMs, doneMs, socketId, reused, status, errorCode, pod, attempts, moves } = this.#columns
    const answered = status[index] !== 0
    return {
      scheduledMs: scheduledMs[index] ?? 0,
      sentMs: sentMs[index] === 0 ? null : (sentMs[index] ?? null),
      doneMs: doneMs[index] ?? 0,
      socketId: socketId[index] ?? 0,
      reused: reused[index] === 1,
      status: answered ? (status[index] ?? null) : null,
      errorCode: answered ? null : this.#errorCodes.at(errorCode[index] ?? 0),
      pod: this.#pods.at(pod[index] ?? -1),
      attempts: Math.max(1, attempts[index] ?? 0),
      moves: moves[index] ?? 0,
    }
  }
}
