import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A client that speaks bytes: what it has received, and how the connection ended. */
export class RawClient {
  received = ''
  /** 'FIN' or an error code such as ECONNRESET; undefined while the connection is open for reading. */
  ending: string | undefined
  readonly socket: Socket
  readonly ended: Promise<string>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    const end = (how: string) => {
      this.ending ??= how
      resolve(this.ending)
    }
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
    })
    socket.on('end', () => end('FIN'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
    socket.on('close', () => end('closed'))
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  static async connectTls(port: number): Promise<RawClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    const client = new RawClient(socket)
    await once(socket, 'secureConnect')
    return client
  }

  send(text: string): void {
    this.socket.write(text)
  }

  get(path: string, headers = ''): void {
    this.send(requestText(path, headers))
  }

  async receives(text: string, times = 1): Promise<void> {
    while (this.received.split(text).length - 1 < times) {
      if (this.socket.closed)
        throw new Error(`closed (${this.ending}) before ${JSON.stringify(text)}: ${this.received}`)
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
    }
  }

  /** How many responses with a body of `ok <path>` were received. */
  get answers(): number {
    return this.received.split('HTTP/1.1 200 OK').length - 1
  }

  get closesAnnounced(): number {
    return this.received.split(/^connection: close/im).length - 1
  }
}

export function requestText(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: test\r\n${headers}\r\n`
}
