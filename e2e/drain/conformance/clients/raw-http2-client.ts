import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { shown } from './transcript.ts'
import type { Transcript } from './transcript.ts'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const frameHeadBytes = 9
const types = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const
type FrameType = (typeof types)[number]
/** What a GOAWAY says that refuses no stream yet. */
export const everyStream = 2 ** 31 - 1
const endStream = 0x1
const ack = 0x1
const endHeaders = 0x4

interface Frame {
  type: FrameType | undefined
  flags: number
  stream: number
  payload: Buffer
}

export interface RawHttp2ClientOptions {
  port: number
  secure: boolean
  label: string
  /** @default true */
  answersPings?: boolean
}

/** A GOAWAY as it came, and how many PINGs had come before it. */
export interface Goaway {
  lastStream: number
  code: number
  pingsBefore: number
}

/** A client that speaks HTTP/2 frames (RFC 9113), so that it can do what a well-made client never does. */
export class RawHttp2Client implements Transcript {
  readonly label: string
  readonly socket: Socket
  readonly goaways: Goaway[] = []
  pings = 0
  /** 'FIN' or an error code such as ECONNRESET; undefined while the connection is open for reading. */
  ending: string | undefined
  readonly ended: Promise<string>
  readonly #secure: boolean
  readonly #answersPings: boolean
  readonly #streams = new Map<number, { body: string; complete: boolean; resetWith: number | undefined }>()
  readonly #log: string[] = []
  #unread = Buffer.alloc(0)
  #nextStream = 1
  #onFrame: (() => void)[] = []

  private constructor(socket: Socket, { label, secure, answersPings = true }: RawHttp2ClientOptions) {
    this.label = label
    this.socket = socket.setNoDelay(true)
    this.#secure = secure
    this.#answersPings = answersPings
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    const end = (how: string): void => {
      this.ending ??= how
      resolve(this.ending)
    }
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('end', () => end('FIN'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    socket.on('close', () => end('closed'))
  }

  /** Connects, and sends the preface and empty SETTINGS. */
  static async connect(options: RawHttp2ClientOptions): Promise<RawHttp2Client> {
    const { port, secure } = options
    const address = { port, host: '127.0.0.1' }
    const socket = secure
      ? connectTls({ ...address, ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connect(address)
    const client = new RawHttp2Client(socket, options)
    const connected = new Promise((resolve) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve)
    })
    await Promise.race([connected, client.ended])
    socket.write(preface)
    client.send('SETTINGS', 0, 0, Buffer.alloc(0))
    return client
  }

  send(type: FrameType, flags: number, stream: number, payload: Buffer): void {
    this.#log.push(`> ${describe({ type, flags, stream, payload })}`)
    this.socket.write(frameBytes(type, flags, stream, payload))
  }

  /** Opens a stream. @returns its number */
  get(path: string): number {
    return this.#open('GET', path, endStream)
  }

  /** Opens a stream whose body is still to come. @returns its number */
  post(path: string): number {
    return this.#open('POST', path, 0)
  }

  data(stream: number, text: string, last = false): void {
    this.send('DATA', last ? endStream : 0, stream, Buffer.from(text))
  }

  /** Sends the first bytes of a request's HEADERS frame, and never the rest. */
  getHalf(path: string): void {
    const bytes = frameBytes('HEADERS', endStream | endHeaders, this.#nextStream, this.#head('GET', path))
    this.#log.push(`> the first 12 bytes of HEADERS on stream ${this.#nextStream}`)
    this.socket.write(bytes.subarray(0, 12))
  }

  /** The body of a stream whose end has come; otherwise what is missing. */
  answer(stream: number): string {
    const { body, complete, resetWith } = this.#streams.get(stream) ?? { body: '', complete: false }
    if (resetWith !== undefined) return `reset with ${resetWith}`
    return complete ? body : `incomplete: ${JSON.stringify(body)}`
  }

  /** Resolves when the text has come on the stream, or the connection is over. */
  async receives(stream: number, text: string): Promise<void> {
    await this.#until(() => this.#streams.get(stream)?.body.includes(text) === true)
  }

  async receivesGoaway(): Promise<void> {
    await this.#until(() => this.goaways.length > 0)
  }

  /** Resolves when a GOAWAY has come that refuses streams, or the connection is over. */
  async receivesFinalGoaway(): Promise<void> {
    await this.#until(() => this.goaways.some(({ lastStream }) => lastStream < everyStream))
  }

  /** Resolves when the stream has ended, or the connection is over. */
  async finishes(stream: number): Promise<void> {
    await this.#until(() => !this.answer(stream).startsWith('incomplete'))
  }

  lines(): string[] {
    return [...this.#log, `ended: ${this.ending ?? 'still open'}`]
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && this.ending === undefined) {
      await new Promise<unknown>((resolve) => {
        this.#onFrame.push(() => resolve(undefined))
        void this.ended.then(resolve)
      })
    }
  }

  #open(method: 'GET' | 'POST', path: string, flags: number): number {
    const stream = this.#nextStream
    this.#nextStream += 2
    this.#streams.set(stream, { body: '', complete: false, resetWith: undefined })
    this.send('HEADERS', flags | endHeaders, stream, this.#head(method, path))
    return stream
  }

  /** HPACK (RFC 7541): indices of the static table, and literals that are not indexed. */
  #head(method: 'GET' | 'POST', path: string): Buffer {
    const literal = (index: number, text: string): Buffer =>
      Buffer.concat([Buffer.from([index, text.length]), Buffer.from(text)])
    return Buffer.concat([
      Buffer.from([method === 'GET' ? 0x82 : 0x83, this.#secure ? 0x87 : 0x86]),
      literal(1, 'conformance'),
      literal(4, path),
    ])
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    while (this.#unread.length >= frameHeadBytes) {
      const length = this.#unread.readUIntBE(0, 3)
      if (this.#unread.length < frameHeadBytes + length) return
      this.#take({
        type: types[this.#unread[3] ?? -1],
        flags: this.#unread[4] ?? 0,
        stream: this.#unread.readUInt32BE(5) & 0x7fff_ffff,
        payload: this.#unread.subarray(frameHeadBytes, frameHeadBytes + length),
      })
      this.#unread = this.#unread.subarray(frameHeadBytes + length)
    }
    for (const wake of this.#onFrame.splice(0)) wake()
  }

  #take(frame: Frame): void {
    const { type, flags, stream, payload } = frame
    this.#log.push(`< ${describe(frame)}`)
    const received = this.#streams.get(stream)
    if (type === 'SETTINGS' && (flags & ack) === 0) this.send('SETTINGS', ack, 0, Buffer.alloc(0))
    if (type === 'PING' && (flags & ack) === 0) {
      this.pings += 1
      if (this.#answersPings) this.send('PING', ack, 0, payload)
    }
    if (type === 'GOAWAY') {
      const [lastStream, code] = [payload.readUInt32BE(0) & 0x7fff_ffff, payload.readUInt32BE(4)]
      this.goaways.push({ lastStream, code, pingsBefore: this.pings })
    }
    if (received === undefined) return
    if (type === 'DATA') received.body += payload.toString('latin1')
    if (type === 'RST_STREAM') received.resetWith = payload.readUInt32BE(0)
    if ((type === 'DATA' || type === 'HEADERS') && (flags & endStream) !== 0) received.complete = true
  }
}

function frameBytes(type: FrameType, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(types.indexOf(type), 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function describe({ type, flags, stream, payload }: Frame): string {
  const head = `${type ?? 'unknown'} flags ${flags} stream ${stream}`
  if (type === 'GOAWAY') {
    return `${head} last stream ${payload.readUInt32BE(0) & 0x7fff_ffff} code ${payload.readUInt32BE(4)}`
  }
  return type === 'DATA' ? `${head} ${shown(payload.toString('latin1'))}` : `${head} ${payload.toString('hex')}`
}
