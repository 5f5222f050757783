import type { Socket } from 'node:net'
import { Connection } from './connection.ts'

/** What a request does with its connection afterwards. */
export type ConnectionMode = 'keep-alive' | 'connection-per-request'

export interface PoolOptions {
  readonly mode: ConnectionMode
  /** keep-alive only: how many connections are kept. */
  readonly connections: number
  readonly connect: () => Socket
  readonly nowMs: () => number
  /** A connection has become free, or may be opened: somebody who waits can have it. */
  readonly available: () => void
}

/**
 * The connections of one run.
 *
 * keep-alive behaves like `connections` independent clients with one connection each: all are opened before the first
 * is used again, and then the one that rested longest is next, so that each pod behind a Service keeps its share and
 * each connection stays busy. connection-per-request opens one for every request, without a limit.
 */
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  #lastId = 0
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** A connection that can take a request now, or null when all are busy. */
  acquire(): Connection | null {
    if (this.#options.mode === 'connection-per-request') return this.#connect()
    for (const stale of this.#idle.filter((connection) => connection.stale)) stale.retire()
    if (this.#open.size < this.#options.connections) return this.#connect()
    return this.#idle.shift() ?? null
  }

  /** Ends the idle connections, and those that are out when their answer is there. */
  close(): void {
    this.#closed = true
    for (const connection of this.#idle.slice()) connection.retire()
  }

  /** Cuts every connection; requests that are out end with the code. */
  abort(errorCode: string): void {
    for (const connection of this.#open) connection.abort(errorCode)
  }

  #connect(): Connection {
    const { connect, nowMs, mode, available } = this.#options
    const connection = new Connection(++this.#lastId, connect(), nowMs, {
      idle: (free) => {
        if (this.#closed || mode === 'connection-per-request') {
          free.retire()
          return
        }
        this.#idle.push(free)
        available()
      },
      retired: (gone) => {
        this.#open.delete(gone)
        const index = this.#idle.indexOf(gone)
        if (index >= 0) this.#idle.splice(index, 1)
        if (mode === 'keep-alive') available()
      },
    })
    this.#open.add(connection)
    return connection
  }
}
