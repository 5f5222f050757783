import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DrainError } from '../errors.ts'
import { endsOnDrain } from '../protocol/end-on-drain.ts'
import { mute } from '../protocol/mute.ts'
import type { Connection } from './connection.ts'

/** Where a request carries its exchange: cheaper than a WeakMap, which every collection of garbage has to visit. */
const exchangeOf = Symbol('drain-server exchange')

type Carrier = IncomingMessage & { [exchangeOf]?: Exchange }

/** A request and its response. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly connection: Connection
  readonly startedAtMs: number
  /** A health check's request is served, and counted nowhere. */
  readonly probe: boolean
  settled = false
  /** A drain has ended the response. */
  left = false
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
    ;(request as Carrier)[exchangeOf] = this
  }

  static of(request: IncomingMessage): Exchange | undefined {
    return (request as Carrier)[exchangeOf]
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(reason: DrainError): void {
    this.#controller?.abort(reason)
  }

  /** Whether a drain may end the response before the application does; one that told its length cannot be. */
  mayLeave(): boolean {
    const { request, response } = this
    if (this.left || !response.headersSent || response.writableEnded) return false
    if (!endsOnDrain(response, request.method, sentHeader(response, 'content-type'))) return false
    return sentHeader(response, 'content-length') === undefined
  }

  /** Ends the response in the application's place, through whatever stands in front of it, such as compression. */
  leave(): void {
    this.left = true
    this.response.end()
    mute(this.response)
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

const inHead = {
  'content-type': /^content-type: *(.*)\r$/im,
  'content-length': /^content-length: *(.*)\r$/im,
} as const

/** Headers that were only given to writeHead() cannot be asked for: they are in the head that was sent. */
function sentHeader(response: ServerResponse, name: keyof typeof inHead): unknown {
  const head = (response as { _header?: unknown })._header
  return response.getHeader(name) ?? inHead[name].exec(String(head))?.[1]
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
