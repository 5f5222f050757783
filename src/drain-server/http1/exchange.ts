import type { IncomingMessage, ServerResponse } from 'node:http'
import { DrainError } from '../errors.ts'
import type { Connection } from './connection.ts'

const exchanges = new WeakMap<IncomingMessage, Exchange>()

/** A request and its response. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  readonly startedAtMs: number
  /** A health check's request is served, and counted nowhere. */
  readonly probe: boolean
  settled = false
  #controller: AbortController | undefined
  #announcing = false

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    startedAtMs: number,
    probe: boolean,
  ) {
    this.request = request
    this.response = response
    this.connection = connection
    this.startedAtMs = startedAtMs
    this.probe = probe
    exchanges.set(request, this)
  }

  static of(request: IncomingMessage): Exchange | undefined {
    return exchanges.get(request)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(reason: DrainError): void {
    this.#controller?.abort(reason)
  }

  /**
   * Whether the response says `Connection: close` is decided when its head is written, no earlier: only then is it
   * known whether a pipelined request stands behind it, whose response the close would cut off.
   */
  announceCloseWhen(last: () => boolean): void {
    if (this.#announcing) return
    this.#announcing = true
    const response = this.response
    const writeHead = response.writeHead.bind(response) as (...values: unknown[]) => ServerResponse
    response.writeHead = (...values: unknown[]) => {
      if (response.headersSent || !last()) return writeHead(...values)
      response.setHeader('Connection', 'close')
      return writeHead(...values.map(withoutConnection))
    }
  }
}

/**
 * A signal for work that a request starts: aborted when the drain deadline comes (reason: DrainError
 * ERR_DRAIN_DEADLINE) or when the client leaves before its response is complete (ERR_DRAIN_CLIENT_GONE).
 *
 * @throws DrainError ERR_DRAIN_UNKNOWN_REQUEST when no adopted server received the request
 */
export function requestSignal(request: IncomingMessage): AbortSignal {
  const exchange = exchanges.get(request)
  if (exchange !== undefined) return exchange.signal
  throw new DrainError('ERR_DRAIN_UNKNOWN_REQUEST', 'requestSignal() needs a request of a server that drain() adopted')
}

/** Headers given to writeHead() go before those set earlier: a Connection header among them would undo ours. */
function withoutConnection(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name.toLowerCase() !== 'connection'))
  }
  if (Array.isArray(value[0])) return value.filter((pair: unknown[]) => !isConnection(pair[0])).flat()
  return value.filter((_, index) => !isConnection(value[index - (index % 2)]))
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === 'connection'
}
