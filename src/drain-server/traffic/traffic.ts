import { ArrivalWindow } from './arrival-window.ts'
import type { Clock } from '../clock.ts'
import { DurationHistogram } from './duration-histogram.ts'
import { LatePeers, peerAddress } from './late-peers.ts'
import { publishLateArrival } from '../report/channels.ts'
import type { LateArrivals, LatePeer } from '../report/report.ts'

/** How a request ended: its status class, or without a complete response. */
export type Outcome = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'aborted' | 'forced'

const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

export function statusClass(statusCode: number): Outcome {
  return statusClasses[Math.trunc(statusCode / 100) - 1] ?? (statusCode < 100 ? '1xx' : '5xx')
}

/** A connection that brings a request. */
export interface ArrivingConnection {
  readonly acceptedAtMs: number
  /** Its socket. The address is read only while draining: the first read of it is a system call. */
  readonly peer?: { readonly remoteAddress?: string | undefined } | undefined
}

interface LateCounts {
  connections: LateArrivals
  requests: LateArrivals
}

/**
 * The ledger of a process's traffic: what is in flight, what arrived before drain start and what after it. Every
 * protocol reports to it; probes never reach it.
 */
export class Traffic {
  readonly durations = new DurationHistogram()
  readonly outcomes: Record<Outcome, number> = {
    '1xx': 0,
    '2xx': 0,
    '3xx': 0,
    '4xx': 0,
    '5xx': 0,
    aborted: 0,
    forced: 0,
  }
  /** Late arrivals over the whole life of the process, for counters that never fall. */
  readonly lateTotals = { connections: 0, requests: 0 }
  inFlight = 0
  longestRequestMs = 0
  readonly #clock: Clock
  #window: ArrivalWindow | undefined
  #drainStartMs: number | undefined
  #late = noLateArrivals()
  #latePeers = new LatePeers()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get late(): LateCounts {
    return this.#late
  }

  /** Who sent the late arrivals, the peer that came last first. */
  get latePeers(): LatePeer[] {
    return this.#latePeers.list()
  }

  get listening(): boolean {
    return this.#window !== undefined
  }

  /** The server listens: from now on silence means something. Only the first call counts. */
  listen(): void {
    this.#window ??= new ArrivalWindow(this.#clock.nowMs())
  }

  /** What arrived in the window that ends now. */
  before(): { windowMs: number; newConnections: number; requests: number } {
    return this.#window?.read(this.#clock.nowMs()) ?? { windowMs: 0, newConnections: 0, requests: 0 }
  }

  beginDrain(startMs: number): void {
    this.#drainStartMs = startMs
    this.#late = noLateArrivals()
    this.#latePeers = new LatePeers()
  }

  endDrain(): void {
    this.#drainStartMs = undefined
  }

  /**
   * A request's head has been read.
   * @param first the connection has brought nothing but probes before: it counts, too
   */
  arrive(connection: ArrivingConnection, first: boolean, atMs = this.#clock.nowMs()): void {
    const { acceptedAtMs } = connection
    this.#window?.count('requests', atMs)
    if (first) this.#window?.count('newConnections', acceptedAtMs)
    const startMs = this.#drainStartMs
    if (startMs === undefined) return
    if (acceptedAtMs < startMs) this.#countLate('requests', atMs - startMs, connection)
    else if (first) this.#countLate('connections', acceptedAtMs - startMs, connection)
  }

  /** A request that arrived is being served. */
  begin(): void {
    this.inFlight += 1
  }

  /** A request that was being served is no more. */
  end(startedAtMs: number, outcome: Outcome): void {
    const durationMs = this.#clock.nowMs() - startedAtMs
    this.inFlight -= 1
    this.outcomes[outcome] += 1
    this.durations.observe(durationMs)
    this.longestRequestMs = Math.max(this.longestRequestMs, durationMs)
  }

  #countLate(kind: 'connections' | 'requests', sinceStartMs: number, { peer }: ArrivingConnection): void {
    const late = this.#late[kind]
    late.count += 1
    late.lastMs = Math.max(late.lastMs ?? 0, sinceStartMs)
    this.lateTotals[kind] += 1
    const address = peerAddress(peer?.remoteAddress)
    this.#latePeers.count(kind, address, sinceStartMs)
    publishLateArrival({ kind, atMs: sinceStartMs, peer: address })
  }
}

function noLateArrivals(): LateCounts {
  return { connections: { count: 0, lastMs: null }, requests: { count: 0, lastMs: null } }
}
