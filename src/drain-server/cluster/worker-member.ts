import type { Worker } from 'node:cluster'
import type { Clock } from '../clock.ts'
import type { Phase } from '../process/phase.ts'
import type { DrainReport } from '../report/report.ts'
import { envelope, newsIn } from './messages.ts'
import type { Order } from './messages.ts'

/** A worker that is busy is left out of the figures rather than keep the scrape waiting. */
const metricsWithinMs = 1000

/** What the primary does when a worker tells something. */
export interface MemberEvents {
  joined(): void
  reported(report: DrainReport): void
  /** It has ended, and all that it said was heard. Told once. */
  gone(): void
}

/** A worker, as its primary knows it. */
export class Member {
  /** It drains itself when it is told to: it has called drain(). */
  joined = false
  reported = false
  phase: Phase = 'serving'
  /** It was still starting when it was told to leave: what it may have to report does not get here. */
  #dismissed = false
  /** null: a signal ended it. */
  exitCode: number | null | undefined
  /** Nothing more comes from it. Its exit may be told before its last words are. */
  #silent = false
  #gone = false
  readonly #worker: Worker
  readonly #events: MemberEvents
  readonly #questions = new Map<number, (text: string | undefined) => void>()
  #asked = 0

  constructor(worker: Worker, events: MemberEvents) {
    this.#worker = worker
    this.#events = events
    worker.process.once('close', () => this.fallsSilent())
  }

  hear(received: unknown): void {
    const news = newsIn(received)
    switch (news?.kind) {
      case 'joined':
        this.joined = true
        this.#events.joined()
        break
      case 'phase':
        this.phase = news.phase
        break
      case 'report':
        this.reported = true
        this.#events.reported(news.report)
        break
      case 'metrics':
        this.#questions.get(news.question)?.(news.text)
        break
      case undefined:
        break
    }
  }

  /** A worker whose channel is closed is about to end: its end tells the rest. */
  tell(order: Order): void {
    if (this.joined && this.#worker.isConnected()) this.#worker.send(envelope(order), () => undefined)
  }

  /** @returns undefined when the worker does not answer in time */
  async metrics(clock: Clock): Promise<string | undefined> {
    if (!this.joined || !this.#worker.isConnected()) return undefined
    const question = (this.#asked += 1)
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const cancel = clock.after(metricsWithinMs, () => resolve(undefined))
    this.#questions.set(question, resolve)
    this.tell({ kind: 'metrics', question })
    try {
      return await promise
    } finally {
      cancel()
      this.#questions.delete(question)
    }
  }

  /**
   * A channel that ends while a connection is handed to the worker is closed without an event: Node waits for the worker
   * to acknowledge the connection. What came before the end of a channel was heard by then.
   */
  exits(code: number | null): void {
    this.exitCode = code
    if (this.#silent || !this.#worker.isConnected()) this.#go()
  }

  fallsSilent(): void {
    this.#silent = true
    if (this.exitCode !== undefined) this.#go()
  }

  #go(): void {
    if (this.#gone) return
    this.#gone = true
    this.#events.gone()
  }

  disconnect(): void {
    this.#dismissed = true
    if (this.#worker.isConnected()) this.#worker.disconnect()
  }

  /** It ended under what it served: without the report that it owed, or, where it owed none, with an error. */
  get lost(): boolean {
    return this.joined && !this.#dismissed ? !this.reported : this.exitCode !== 0
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }
}
