import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Answer {
  status: number
  /** The response says that it is the connection's last one. */
  last: boolean
}

interface Waiting {
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

/** One HTTP/1.1 connection, spoken by the byte: requests can be cut, pipelined and held back. */
export class HttpConnection {
  /** The server said goodbye, by FIN, RST or `Connection: close`: a client sends nothing more here. */
  over = false
  wasReset = false
  /** The connection is over, and no response will come any more. */
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  readonly #resolveEnded: () => void
  #unread = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#resolveEnded = resolve
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#read(bytes.toString('latin1')))
    socket.on('end', () => this.#finish(new Error('connection ended')))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.wasReset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE'
      this.#finish(error)
    })
    socket.on('close', () => this.#finish(new Error('connection closed')))
  }

  /** @throws Error when the server does not accept */
  static async open(port: number): Promise<HttpConnection> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    return new HttpConnection(socket)
  }

  /** @throws Error unless the response comes complete, with a status of 2xx */
  ask(path: string): Promise<Answer> {
    this.send(requestHead(path))
    return this.answer()
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** The next response that nobody waits for yet. */
  answer(): Promise<Answer> {
    if (this.#socket.destroyed) return Promise.reject(new Error('connection closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(text: string): void {
    this.#unread += text
    for (;;) {
      const headEnd = this.#unread.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = this.#unread.slice(0, headEnd)
      const bodyStart = headEnd + 4
      const length = /^content-length: (\d+)/im.exec(head)?.[1]
      // No body of the benchmark holds these five bytes itself.
      const bodyEnd =
        length === undefined ? this.#unread.indexOf('0\r\n\r\n', bodyStart) + 5 : bodyStart + Number(length)
      if (bodyEnd < bodyStart + (length === undefined ? 5 : 0) || this.#unread.length < bodyEnd) return
      this.#unread = this.#unread.slice(bodyEnd)
      const answer = { status: Number(head.slice(9, 12)), last: /^connection: close/im.test(head) }
      this.over ||= answer.last
      const waiting = this.#waiting.shift()
      if (answer.status >= 200 && answer.status < 300) waiting?.resolve(answer)
      else waiting?.reject(new Error(`status ${answer.status}`))
    }
  }

  #finish(error: Error): void {
    this.over = true
    this.#resolveEnded()
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    if (!this.#socket.destroyed) this.#socket.end()
  }
}

export function requestHead(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: bench.test\r\n${headers}\r\n`
}
