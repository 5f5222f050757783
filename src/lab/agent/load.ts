import { createConnection } from 'node:net'
import { OWN_ERROR_CODES } from '../record.ts'
import type { LoadStatus } from '../run-status.ts'
import { arrivalsOf, seededRandom } from './arrivals.ts'
import type { AgentClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { LoadSpec } from './load-spec.ts'
import { type Outcome, RecordLog } from './record-log.ts'

/** The name by which the lab's requests can be told from kubelet's probes. */
export const USER_AGENT = 'drainkeeper-lab'

interface Waiting {
  /** Null while the request waits for a free connection. */
  connection: Connection | null
}

/**
 * One run of open-loop load. Arrivals follow the schedule by absolute times and never wait for an answer; each of them
 * ends in exactly one record: an answer, an error, or `TIMEOUT` when `timeoutMs` have passed since its scheduled time.
 */
export class Load {
  readonly spec: LoadSpec
  readonly log = new RecordLog()
  /** Resolves when no arrival is left and every request has its record. */
  readonly finished: Promise<void>
  readonly #clock: AgentClock
  readonly #pool: ConnectionPool
  readonly #request: Buffer
  readonly #nextArrival: () => number
  /** Requests without a record, in the order of the schedule, which is also the order of their deadlines. */
  readonly #outstanding = new Map<number, Waiting>()
  readonly #queue: number[] = []
  readonly #recent: number[] = []
  readonly #startedMs: number
  #nextAtMs: number
  #finishedMs: number | null = null
  #stopping = false
  #serving = false
  #cancelArrival: () => void = () => {}
  #cancelSweep: (() => void) | null = null
  #resolveFinished: () => void = () => {}

  constructor(spec: LoadSpec, clock: AgentClock) {
    this.spec = spec
    this.#clock = clock
    const { host, port, path } = spec.target
    const connection = spec.mode === 'keep-alive' ? 'keep-alive' : 'close'
    this.#request = Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUser-Agent: ${USER_AGENT}\r\nConnection: ${connection}\r\n\r\n`,
    )
    this.#pool = new ConnectionPool({
      mode: spec.mode,
      connections: spec.connections,
      connect: () => createConnection({ host, port }),
      nowMs: () => clock.nowMs(),
      available: () => this.#serveQueue(),
    })
    this.#nextArrival = arrivalsOf(spec.spacing, spec.ratePerSecond, seededRandom(spec.seed))
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve
    })
    this.#startedMs = clock.nowMs()
    this.#nextAtMs = this.#startedMs + this.#nextArrival()
    this.#arrive()
  }

  get running(): boolean {
    return this.#finishedMs === null
  }

  /** No more arrivals; resolves when the requests that are out have their records. */
  stop(): Promise<void> {
    this.#endSchedule()
    return this.finished
  }

  /** Ends at once: requests that are out get a record that says `ABORTED`. */
  abort(): void {
    this.#endSchedule()
    for (const index of this.#outstanding.keys()) this.#settle(index, { errorCode: OWN_ERROR_CODES.aborted })
    this.#pool.abort(OWN_ERROR_CODES.aborted)
  }

  status(): LoadStatus {
    const counts = this.log.counts()
    const nowMs = this.#clock.nowMs()
    this.#forgetBefore(nowMs - 1000)
    return {
      id: this.spec.id,
      state: this.#finishedMs !== null ? 'finished' : this.#stopping ? 'stopping' : 'running',
      startedMs: this.#startedMs,
      finishedMs: this.#finishedMs,
      ...counts,
      inFlight: counts.scheduled - counts.settled,
      lastSecondRate: this.#recent.length,
    }
  }

  get startedMs(): number {
    return this.#startedMs
  }

  #arrive(): void {
    const { maxRequests, maxSeconds } = this.spec
    const endMs = this.#startedMs + maxSeconds * 1000
    for (let nowMs = this.#clock.nowMs(); this.#nextAtMs <= nowMs; nowMs = this.#clock.nowMs()) {
      if (this.#nextAtMs >= endMs || this.log.counts().scheduled >= maxRequests) return this.#endSchedule()
      this.#dispatch(this.log.schedule(this.#nextAtMs))
      this.#nextAtMs = this.#startedMs + this.#nextArrival()
    }
    this.#cancelArrival = this.#clock.after(Math.max(1, this.#nextAtMs - this.#clock.nowMs()), () => this.#arrive())
  }

  #endSchedule(): void {
    if (this.#stopping) return
    this.#stopping = true
    this.#cancelArrival()
    this.#finishIfDone()
  }

  #dispatch(index: number): void {
    const waiting: Waiting = { connection: null }
    this.#outstanding.set(index, waiting)
    this.#queue.push(index)
    this.#serveQueue()
    this.#armSweep()
  }

  /** First come, first served. The pool may call it again from within, which must change nothing. */
  #serveQueue(): void {
    if (this.#serving) return
    this.#serving = true
    for (let index = this.#queue[0]; index !== undefined; index = this.#queue[0]) {
      const waiting = this.#outstanding.get(index)
      const connection = waiting === undefined ? null : this.#pool.acquire()
      if (waiting !== undefined && connection === null) break
      this.#queue.shift()
      if (waiting !== undefined && connection !== null) this.#send(index, waiting, connection)
    }
    this.#serving = false
  }

  #send(index: number, waiting: Waiting, connection: Connection): void {
    waiting.connection = connection
    const sentMs = this.#clock.nowMs()
    this.log.send(index, sentMs, connection.id, connection.used)
    this.#recent.push(sentMs)
    if (this.#recent.length > 2 * this.spec.ratePerSecond + 100) this.#forgetBefore(sentMs - 1000)
    connection.send(this.#request, (outcome) => this.#settle(index, outcome))
  }

  #settle(index: number, outcome: Outcome): void {
    if (!this.#outstanding.delete(index)) return
    this.log.settle(index, this.#clock.nowMs(), outcome)
    this.#finishIfDone()
  }

  #finishIfDone(): void {
    if (!this.#stopping || this.#outstanding.size > 0 || this.#finishedMs !== null) return
    this.#finishedMs = this.#clock.nowMs()
    this.#cancelSweep?.()
    this.#pool.close()
    this.#resolveFinished()
  }

  #armSweep(): void {
    if (this.#cancelSweep !== null) return
    const oldest = this.#outstanding.keys().next()
    if (oldest.done === true) return
    const deadlineMs = this.log.scheduledMsOf(oldest.value) + this.spec.timeoutMs
    this.#cancelSweep = this.#clock.after(Math.max(1, deadlineMs - this.#clock.nowMs()), () => {
      this.#cancelSweep = null
      this.#sweep()
      this.#armSweep()
    })
  }

  #sweep(): void {
    const latestScheduledMs = this.#clock.nowMs() - this.spec.timeoutMs
    const overdue: Waiting[] = []
    for (const [index, waiting] of this.#outstanding) {
      if (this.log.scheduledMsOf(index) > latestScheduledMs) break
      overdue.push(waiting)
      this.#settle(index, { errorCode: OWN_ERROR_CODES.timeout })
    }
    // Only now, because a connection that goes lets the next in the queue open one.
    for (const waiting of overdue) waiting.connection?.abort(OWN_ERROR_CODES.timeout)
  }

  #forgetBefore(timeMs: number): void {
    const kept = this.#recent.findIndex((sentMs) => sentMs >= timeMs)
    this.#recent.splice(0, kept < 0 ? this.#recent.length : kept)
  }
}
