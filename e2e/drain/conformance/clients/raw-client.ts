import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parseResponses } from './http1-responses.ts'
import type { Http1Response } from './http1-responses.ts'
import { shown } from './transcript.ts'
import type { Transcript } from './transcript.ts'

export interface RawClientOptions {
  port: number
  secure: boolean
  label: string
  /** Goes on sending after the server's FIN. */
  keepsSending?: boolean
}

/** A client that speaks bytes: what it has sent and received, and how the connection ended. */
export class RawClient implements Transcript {
  readonly label: string
  readonly socket: Socket
  sent = ''
  received = ''
  /** 'FIN' or an error code such as ECONNRESET; undefined while the connection is open for reading. */
  ending: string | undefined
  readonly ended: Promise<string>

  private constructor(label: string, socket: Socket) {
    this.label = label
    this.socket = socket.setNoDelay(true)
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    const end = (how: string): void => {
      this.ending ??= how
      resolve(this.ending)
    }
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
    })
    socket.on('end', () => end('FIN'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    socket.on('close', () => end('closed'))
  }

  /** Resolves also when nobody takes the connection: its ending is ECONNREFUSED then. */
  static async connect({ port, secure, label, keepsSending = false }: RawClientOptions): Promise<RawClient> {
    const address = { port, host: '127.0.0.1', allowHalfOpen: keepsSending }
    const socket = secure ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
    const client = new RawClient(label, socket)
    const connected = new Promise((resolve) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve)
    })
    await Promise.race([connected, client.ended])
    return client
  }

  send(text: string): void {
    this.sent += text
    this.socket.write(text, 'latin1')
  }

  get(path: string, ...headers: string[]): void {
    this.send(getRequest(path, ...headers))
  }

  /** Resolves when the text has come so often, or the connection is over. */
  async receives(text: string, times = 1): Promise<void> {
    while (this.received.split(text).length - 1 < times && this.ending === undefined) await this.receivesMore()
  }

  /** Resolves when anything has come, or the connection is over. */
  receivesMore(): Promise<unknown> {
    return new Promise((resolve) => {
      this.socket.once('data', resolve)
      void this.ended.then(resolve)
    })
  }

  get responses(): Http1Response[] {
    return parseResponses(this.received, this.ending === 'FIN')
  }

  /** The bodies of the responses that are complete and say 200, in their order. */
  get answers(): string[] {
    return this.responses.filter(({ status, complete }) => status === 200 && complete).map(({ body }) => body)
  }

  /** For each response, whether it says `Connection: close`. */
  get closes(): boolean[] {
    return this.responses.map(({ headers }) => headers['connection']?.toLowerCase() === 'close')
  }

  lines(): string[] {
    return [`sent ${shown(this.sent)}`, `received ${shown(this.received)}`, `ended: ${this.ending ?? 'still open'}`]
  }
}

export function getRequest(path: string, ...headers: string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: conformance\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`
}
