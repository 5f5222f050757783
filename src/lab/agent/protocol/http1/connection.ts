import type { Socket } from 'node:net'
import { OWN_ERROR_CODES } from '../../../record.ts'
import type { Outcome } from '../client.ts'
import { ResponseParser } from './response-parser.ts'

/** How long a finished connection may wait for the server's FIN before it is cut. */
const LINGER_MS = 1000
/** Taken off the server's announced idle limit, as Node's own http.Agent does, so that its FIN is not raced. */
const IDLE_LIMIT_MARGIN_MS = 1000

export interface ConnectionEvents {
  /** The answer is complete and the connection may carry another request. */
  idle(connection: Connection): void
  /** The connection will carry no further request. Told once. */
  retired(connection: Connection): void
}

/**
 * One HTTP/1.1 client connection that carries one request at a time and **never retries**: whatever happens to the
 * socket while a request is out ends that request. It honours `Connection: close`, FIN and `Keep-Alive: timeout`.
 */
export class Connection {
  readonly id: number
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #nowMs: () => number
  #parser: ResponseParser | null = null
  #settle: ((outcome: Outcome) => void) | null = null
  #retired = false
  #used = false
  #pod: string | null = null
  #idleLimitMs: number | null = null
  #idleSinceMs = 0

  constructor(id: number, socket: Socket, nowMs: () => number, events: ConnectionEvents) {
    this.id = id
    this.#socket = socket
    this.#nowMs = nowMs
    this.#events = events
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('end', () => this.#ended())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code ?? 'ESOCKET'))
    socket.on('close', () => this.#fail(OWN_ERROR_CODES.endOfFile))
  }

  /** Whether an earlier request used it. */
  get used(): boolean {
    return this.#used
  }

  /** Whether the server's announced idle limit is close or over: to be retired instead of used. */
  get stale(): boolean {
    if (this.#idleLimitMs === null) return false
    return this.#nowMs() - this.#idleSinceMs >= Math.max(0, this.#idleLimitMs - IDLE_LIMIT_MARGIN_MS)
  }

  /** Sends one request; `settle` is called exactly once. Only for a connection that is new or told `idle`. */
  send(request: Buffer, settle: (outcome: Outcome) => void): void {
    if (this.#settle !== null || this.#retired) throw new Error(`connection ${this.id} cannot take a request now`)
    this.#settle = settle
    this.#parser = new ResponseParser()
    this.#socket.write(request)
    this.#used = true
  }

  /** Cuts the connection; a request that is out ends with the given code. */
  abort(errorCode: string): void {
    this.#fail(errorCode)
    this.#socket.destroy()
  }

  /** Ends an idle connection politely. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#socket.end()
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy())
    this.#events.retired(this)
  }

  #read(bytes: Buffer): void {
    const parser = this.#parser
    if (parser === null) {
      // Unasked bytes on an idle connection (a 408, say): the server is about to close it.
      this.retire()
      return
    }
    const progress = parser.push(bytes)
    if (progress === 'more') return
    if (progress === 'malformed') this.abort(OWN_ERROR_CODES.malformed)
    else this.#answered(parser)
  }

  #answered(parser: ResponseParser): void {
    const settle = this.#settle
    this.#settle = null
    this.#parser = null
    this.#pod = parser.pod
    settle?.({ status: parser.status, pod: parser.pod })
    if (this.#retired) return
    if (parser.reusable) {
      this.#idleLimitMs = parser.idleLimitMs
      this.#idleSinceMs = this.#nowMs()
      this.#events.idle(this)
      return
    }
    // The server ends first, so that TIME_WAIT and the client's port are not ours to run out of.
    this.#retired = true
    this.#socket.setTimeout(LINGER_MS, () => this.#socket.destroy())
    this.#events.retired(this)
  }

  #ended(): void {
    if (this.#parser?.end() === true) this.#answered(this.#parser)
    else this.#fail(OWN_ERROR_CODES.endOfFile)
  }

  #fail(errorCode: string): void {
    const settle = this.#settle
    this.#settle = null
    this.#parser = null
    if (!this.#retired) {
      this.#retired = true
      this.#events.retired(this)
    }
    settle?.({ errorCode, pod: this.#pod })
  }
}
