import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export const frameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const

export const flag = { acknowledge: 1, endStream: 1, endHeaders: 4 } as const

export interface Frame {
  type: number
  flags: number
  streamId: number
  payload: Buffer
}

export interface Goaway {
  lastStreamId: number
  errorCode: number
}

export interface RawHttp2Options {
  tls?: boolean
  /** Whether PINGs are answered. @default true */
  answerPings?: boolean
  /** Whether the preface and SETTINGS are sent at once. @default true */
  preface?: boolean
  /** Whether the received data is given back to the flow-control windows. @default true */
  giveCredit?: boolean
}

/**
 * An HTTP/2 client that sends exactly the frames it is told to, and keeps every frame that comes. SETTINGS are always
 * acknowledged. Header blocks are HPACK literals without indexing and without Huffman coding; received header blocks
 * are not decoded, except `:status`.
 */
export class RawHttp2Client {
  readonly socket: Socket
  readonly frames: Frame[] = []
  /** Everything that ended the connection: 'FIN', or the code of an error. */
  ended: string | undefined
  readonly #options: RawHttp2Options
  readonly #waits = new Set<() => void>()
  #received: Buffer = Buffer.alloc(0)
  #nextStreamId = 1

  readonly #raw: Socket

  /** @param raw the socket below TLS */
  constructor(socket: Socket, options: RawHttp2Options = {}, raw = socket) {
    this.socket = socket
    this.#raw = raw
    this.#options = options
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#end('FIN'))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
    if (options.preface !== false) this.sendPreface()
  }

  static async connect(port: number, options: RawHttp2Options = {}): Promise<RawHttp2Client> {
    const raw = connect({ port, host: '127.0.0.1', noDelay: true })
    if (!options.tls) {
      await once(raw, 'connect')
      return new RawHttp2Client(raw, options)
    }
    const socket = connectTls({ socket: raw, ALPNProtocols: ['h2'], rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return new RawHttp2Client(socket, options, raw)
  }

  /** Ends the connection with RST. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }

  sendPreface(): void {
    this.socket.write(preface)
    this.send(frameType.settings, 0, 0)
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.socket.write(frameBytes(type, flags, streamId, payload))
  }

  /**
   * Opens a stream.
   * @param headers go after the pseudo-headers; names in lower case
   * @returns its id
   */
  request(
    path: string,
    { method = 'GET', headers = {}, endStream = true }: RequestOptions = {},
    streamId = this.#nextStreamId,
  ): number {
    this.#nextStreamId = streamId + 2
    const fields = { ':method': method, ':scheme': 'http', ':authority': 'localhost', ':path': path, ...headers }
    const flags = flag.endHeaders | (endStream ? flag.endStream : 0)
    this.send(frameType.headers, flags, streamId, headerBlock(fields))
    return streamId
  }

  data(streamId: number, data: string | Uint8Array, endStream = false): void {
    this.send(frameType.data, endStream ? flag.endStream : 0, streamId, Buffer.from(data))
  }

  /** Sends a PING and resolves when its answer is here: everything sent before has been read by the server. */
  async ping(payload = Buffer.from('12345678')): Promise<void> {
    const seen = this.frames.length
    this.send(frameType.ping, 0, 0, payload)
    await this.until(() => this.frames.slice(seen).some(({ type, flags }) => type === frameType.ping && flags === 1))
  }

  get goaways(): Goaway[] {
    return this.frames
      .filter(({ type }) => type === frameType.goaway)
      .map(({ payload }) => ({ lastStreamId: payload.readUInt32BE(0), errorCode: payload.readUInt32BE(4) }))
  }

  /** What has come of a response so far. */
  response(streamId: number): RawResponse {
    const frames = this.frames.filter((frame) => frame.streamId === streamId)
    const head = frames.find(({ type }) => type === frameType.headers)
    const reset = frames.find(({ type }) => type === frameType.resetStream)
    const bodies = frames.filter(({ type }) => type === frameType.data).map(({ payload }) => payload)
    return {
      status: head && statusOf(head.payload),
      body: Buffer.concat(bodies).toString(),
      complete: frames.some((frame) => frame !== reset && endsStream(frame, streamId)),
      resetCode: reset?.payload.readUInt32BE(0),
    }
  }

  /** Resolves with the response when it is complete or reset, or when the connection has ended. */
  async over(streamId: number): Promise<RawResponse> {
    await this.until(() => this.ended !== undefined || this.frames.some((frame) => endsStream(frame, streamId)))
    return this.response(streamId)
  }

  /** Resolves when the condition holds; it is looked at after every frame and at the connection's end. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (!condition()) return
      this.#waits.delete(look)
      resolve()
    }
    this.#waits.add(look)
    await promise
  }

  /** Resolves with how the server ended the connection. */
  async end(): Promise<string> {
    await this.until(() => this.ended !== undefined)
    return this.ended ?? ''
  }

  #end(how: string): void {
    this.ended ??= how
    this.#look()
  }

  #look(): void {
    for (const look of this.#waits) look()
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 9) {
      const length = this.#received.readUIntBE(0, 3)
      if (this.#received.length < 9 + length) break
      const frame: Frame = {
        type: this.#received.readUInt8(3),
        flags: this.#received.readUInt8(4),
        streamId: this.#received.readUInt32BE(5) & 0x7fffffff,
        payload: this.#received.subarray(9, 9 + length),
      }
      this.#received = this.#received.subarray(9 + length)
      this.frames.push(frame)
      this.#answer(frame)
    }
    this.#look()
  }

  #answer({ type, flags, streamId, payload }: Frame): void {
    if (this.ended !== undefined || this.socket.destroyed || !this.socket.writable) return
    const acknowledged = (flags & flag.acknowledge) !== 0
    if (type === frameType.settings && !acknowledged) this.send(frameType.settings, flag.acknowledge, 0)
    if (type === frameType.ping && !acknowledged && this.#options.answerPings !== false)
      this.send(frameType.ping, flag.acknowledge, 0, payload)
    if (type === frameType.data && payload.length > 0 && this.#options.giveCredit !== false)
      for (const id of [0, streamId]) this.send(frameType.windowUpdate, 0, id, uint32(payload.length))
  }
}

export interface RequestOptions {
  method?: string
  headers?: Record<string, string>
  /** Whether the request has no body. @default true */
  endStream?: boolean
}

export interface RawResponse {
  status: number | undefined
  body: string
  /** The last frame said END_STREAM. */
  complete: boolean
  /** The error code of RST_STREAM. */
  resetCode: number | undefined
}

function endsStream({ type, flags, streamId }: Frame, id: number): boolean {
  if (streamId !== id) return false
  if (type === frameType.resetStream) return true
  return (type === frameType.headers || type === frameType.data) && (flags & flag.endStream) !== 0
}

export function frameBytes(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** HPACK (RFC 7541, section 6.2.2): literal header fields without indexing, new names. */
function headerBlock(fields: Record<string, string>): Buffer {
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]))
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length >= 127) throw new RangeError('literals of 127 bytes and more are not implemented')
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}

const indexedStatus: Record<number, number> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 }

/** `:status` comes first: from the static table, or as a literal whose digits are plain or in Huffman code. */
function statusOf(block: Buffer): number | undefined {
  let start = 0
  while (start < block.length && ((block[start] ?? 0) & 0xe0) === 0x20) start += 1
  const first = block[start] ?? 0
  if ((first & 0x80) !== 0) return indexedStatus[first & 0x7f]
  const length = (block[start + 1] ?? 0) & 0x7f
  const value = block.subarray(start + 2, start + 2 + length)
  if (((block[start + 1] ?? 0) & 0x80) === 0) return Number(value.toString())
  return Number(huffmanDigits(value))
}

/** The Huffman code of digits (RFC 7541, appendix B): 0 to 2 have 5 bits, 3 to 9 have 6. */
function huffmanDigits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  let digits = ''
  let index = 0
  while (digits.length < 3 && index + 5 <= bits.length) {
    const five = Number.parseInt(bits.slice(index, index + 5), 2)
    if (five <= 2) {
      digits += five
      index += 5
      continue
    }
    digits += Number.parseInt(bits.slice(index, index + 6), 2) - 0x16
    index += 6
  }
  return digits
}
