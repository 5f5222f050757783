import { OWN_ERROR_CODES } from '../record.ts'
import type { LoadStatus } from '../run-status.ts'
import type { Protocol } from '../scenario.ts'
import { seededRandom } from '../../cluster/seeded-random.ts'
import { arrivalsOf } from './arrivals.ts'
import type { AgentClock } from './clock.ts'
import type { LoadSpec } from './load-spec.ts'
import { type Attempt, type Client, createClient, type Outcome } from './protocol/index.ts'
import { RecordLog } from './record-log.ts'
import { backoffMs, RetryBudget } from './retry.ts'

/** A request that servers tell they have not begun is taken elsewhere this often; then it is a failed attempt. */
const MAX_MOVES = 16

/** One scheduled request, from its arrival to its record. */
interface Work {
  readonly index: number
  /** When the attempt was due: its time counts from here. */
  dueMs: number
  /** Null while it waits for a free connection. */
  attempt: Attempt | null
  failed: number
  moves: number
}

/**
 * One run of open-loop load. Arrivals follow the schedule by absolute times and never wait for an answer; each of them
 * ends in exactly one record: an answer, an error, or a timeout when an attempt's `timeoutMs` have passed since it was
 * due. What failed is repeated only as far as the spec says, as clients with retries do.
 */
export class Load {
  readonly spec: LoadSpec
  readonly log = new RecordLog()
  /** Resolves when no arrival is left and every request has its record. */
  readonly finished: Promise<void>
  readonly #clock: AgentClock
  readonly #client: Client
  readonly #nextArrival: () => number
  readonly #random: () => number
  readonly #budget: RetryBudget
  readonly #attemptMs: number
  /** Attempts under way or waiting for a connection, in the order of their deadlines. */
  readonly #outstanding = new Set<Work>()
  /** Requests that wait for their next attempt, with what takes that back. */
  readonly #backingOff = new Map<Work, () => void>()
  readonly #queue: Work[] = []
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
    this.#nextArrival = arrivalsOf(spec.spacing, spec.ratePerSecond, seededRandom(spec.seed))
    this.#random = seededRandom(spec.seed + 1)
    this.#budget = new RetryBudget(spec.retries?.budgetRatio)
    const streams = spec.protocol === 'grpc-stream' || spec.protocol === 'websocket'
    this.#attemptMs = spec.timeoutMs + (streams ? spec.streamSeconds * 1000 : 0)
    this.#client = createClient(spec, {
      available: () => this.#serveQueue(),
      nowMs: () => clock.nowMs(),
      after: (delayMs, callback) => clock.after(delayMs, callback),
      random: this.#random,
    })
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

  get startedMs(): number {
    return this.#startedMs
  }

  /** No more arrivals; resolves when the requests that are out have their records. */
  stop(): Promise<void> {
    this.#endSchedule()
    return this.finished
  }

  /** Ends at once: requests that are out get a record that says `STOPPED`. */
  abort(): void {
    this.#endSchedule()
    const aborted: Outcome = { errorCode: OWN_ERROR_CODES.aborted }
    for (const work of [...this.#outstanding, ...this.#backingOff.keys()]) this.#settle(work, aborted)
    this.#client.abort(OWN_ERROR_CODES.aborted)
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

  #arrive(): void {
    const { maxRequests, maxSeconds } = this.spec
    const endMs = this.#startedMs + maxSeconds * 1000
    for (let nowMs = this.#clock.nowMs(); this.#nextAtMs <= nowMs; nowMs = this.#clock.nowMs()) {
      if (this.#nextAtMs >= endMs || this.log.counts().scheduled >= maxRequests) return this.#endSchedule()
      const index = this.log.schedule(this.#nextAtMs)
      this.#budget.deposit(nowMs)
      this.#dispatch({ index, dueMs: this.#nextAtMs, attempt: null, failed: 0, moves: 0 })
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

  #dispatch(work: Work): void {
    work.attempt = null
    this.#outstanding.add(work)
    this.#queue.push(work)
    this.#serveQueue()
    this.#armSweep()
  }

  /** First come, first served. The client may call it again from within, which must change nothing. */
  #serveQueue(): void {
    if (this.#serving) return
    this.#serving = true
    for (let work = this.#queue[0]; work !== undefined; work = this.#queue[0]) {
      // Overdue work may have left its place in the queue behind.
      const waits = this.#outstanding.has(work) && work.attempt === null
      if (waits && !this.#begin(work)) break
      this.#queue.shift()
    }
    this.#serving = false
  }

  /** False when no connection can take it. */
  #begin(work: Work): boolean {
    const sentMs = this.#clock.nowMs()
    const attempt = this.#client.begin((outcome) => {
      if (work.attempt === attempt) this.#ended(work, outcome)
    })
    if (attempt === null) return false
    work.attempt = attempt
    this.log.send(work.index, sentMs, attempt.connectionId, attempt.reused)
    this.#recent.push(sentMs)
    if (this.#recent.length > 2 * this.spec.ratePerSecond + 100) this.#forgetBefore(sentMs - 1000)
    return true
  }

  /** An attempt has ended: the request moves on, is tried again, or has its record. */
  #ended(work: Work, outcome: Outcome): void {
    if (!this.#outstanding.has(work)) return
    if ('errorCode' in outcome && outcome.unprocessed === true && work.moves < MAX_MOVES) {
      work.moves++
      work.attempt = null
      this.log.move(work.index)
      this.#queue.push(work)
      this.#serveQueue()
    } else if (!this.#retry(work, outcome)) this.#settle(work, outcome)
  }

  /** Whether the request will be tried again. A complete answer below 500 is what the server wanted to say. */
  #retry(work: Work, outcome: Outcome): boolean {
    const { retries } = this.spec
    if (retries === null || ('status' in outcome && outcome.status < 500)) return false
    const nowMs = this.#clock.nowMs()
    if (work.failed + 1 >= retries.attempts || !this.#budget.withdraw(nowMs)) return false
    work.failed++
    work.attempt = null
    this.#outstanding.delete(work)
    const delayMs = backoffMs(retries, work.failed, this.#random())
    const cancel = this.#clock.after(delayMs, () => {
      this.#backingOff.delete(work)
      work.dueMs = this.#clock.nowMs()
      this.#dispatch(work)
    })
    this.#backingOff.set(work, cancel)
    return true
  }

  #settle(work: Work, outcome: Outcome): void {
    this.#backingOff.get(work)?.()
    if (!this.#backingOff.delete(work) && !this.#outstanding.delete(work)) return
    this.log.settle(work.index, this.#clock.nowMs(), outcome)
    this.#finishIfDone()
  }

  #finishIfDone(): void {
    if (!this.#stopping || this.#finishedMs !== null) return
    if (this.#outstanding.size > 0 || this.#backingOff.size > 0) return
    this.#finishedMs = this.#clock.nowMs()
    this.#cancelSweep?.()
    this.#client.close()
    this.#resolveFinished()
  }

  #armSweep(): void {
    if (this.#cancelSweep !== null) return
    const [oldest] = this.#outstanding
    if (oldest === undefined) return
    const deadlineMs = oldest.dueMs + this.#attemptMs
    this.#cancelSweep = this.#clock.after(Math.max(1, deadlineMs - this.#clock.nowMs()), () => {
      this.#cancelSweep = null
      this.#sweep()
      this.#armSweep()
    })
  }

  #sweep(): void {
    const latestDueMs = this.#clock.nowMs() - this.#attemptMs
    const overdue: Attempt[] = []
    for (const work of this.#outstanding) {
      if (work.dueMs > latestDueMs) break
      if (work.attempt !== null) overdue.push(work.attempt)
      this.#ended(work, { errorCode: timeoutCode(this.spec.protocol) })
    }
    // Only now, because a connection that goes lets the next in the queue open one.
    for (const attempt of overdue) attempt.cancel(OWN_ERROR_CODES.timeout)
  }

  #forgetBefore(timeMs: number): void {
    const kept = this.#recent.findIndex((sentMs) => sentMs >= timeMs)
    this.#recent.splice(0, kept < 0 ? this.#recent.length : kept)
  }
}

/** gRPC has a name of its own for a call whose time is over. */
const timeoutCode = (protocol: Protocol): string =>
  protocol === 'grpc-unary' || protocol === 'grpc-stream' ? 'DEADLINE_EXCEEDED' : OWN_ERROR_CODES.timeout
