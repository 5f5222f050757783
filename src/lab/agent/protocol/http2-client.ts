import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { OWN_ERROR_CODES } from '../../record.ts'
import type { LoadSpec } from '../load-spec.ts'
import type { Client, Outcome } from './client.ts'
import { authorityOf } from './authority.ts'
import { USER_AGENT } from './user-agent.ts'
import { workPath } from './work-path.ts'

/** HTTP/2's error codes from 0 on (RFC 9113, section 7). */
const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/**
 * HTTP/2 in clear text with prior knowledge, many requests at a time on few connections, opened before any is used twice.
 *
 * After a GOAWAY a connection takes no new request and finishes those it has. What a server says it has not begun
 * (REFUSED_STREAM, a stream above the last id of a GOAWAY), and what was never sent because of a GOAWAY, is unprocessed:
 * clients repeat that safely (RFC 9113, section 8.7), so it is not lost.
 */
export function http2Client(spec: LoadSpec): Client {
  const { target, connections } = spec
  const authority = `http://${authorityOf(target)}`
  const headers = { ':method': 'GET', ':path': workPath(spec), 'user-agent': USER_AGENT }
  const slots = Array.from({ length: connections }, (): Connection | null => null)
  let lastId = 0
  let next = 0
  return {
    begin(settle) {
      const slot = next++ % connections
      let connection = slots[slot] ?? null
      if (connection === null || !connection.usable) connection = new Connection(++lastId, connect(authority))
      slots[slot] = connection
      const reused = connection.used
      const stream = connection.ask(headers, settle)
      return { connectionId: connection.id, reused, cancel: () => stream.close(constants.NGHTTP2_CANCEL) }
    },
    close() {
      for (const connection of slots) connection?.session.close()
    },
    abort() {
      for (const connection of slots) connection?.session.destroy()
    },
  }
}

class Connection {
  readonly id: number
  readonly session: ClientHttp2Session
  used = false
  #pod: string | null = null
  #errorCode: string | null = null
  /** The last stream that the server may have begun, once it has sent a GOAWAY. */
  #lastStreamId: number | null = null

  constructor(id: number, session: ClientHttp2Session) {
    this.id = id
    this.session = session
    session.on('error', (error: NodeJS.ErrnoException) => {
      this.#errorCode ??= error.code ?? 'ESOCKET'
    })
    session.on('goaway', (_code, lastStreamId) => {
      this.#lastStreamId = lastStreamId
    })
  }

  get usable(): boolean {
    return this.#lastStreamId === null && !this.session.closed && !this.session.destroyed
  }

  ask(headers: Readonly<Record<string, string>>, settle: (outcome: Outcome) => void): ClientHttp2Stream {
    this.used = true
    const stream = this.session.request(headers)
    let status: number | null = null
    let complete = false
    let unsent = false
    let errorCode: string | null = null
    stream.on('response', (answer: IncomingHttpHeaders) => {
      const pod = answer['x-pod']
      if (typeof pod === 'string') this.#pod = pod
      status = Number(answer[':status'])
    })
    stream.on('end', () => (complete = status !== null))
    stream.on('frameError', () => (unsent = true))
    stream.on('error', (error: NodeJS.ErrnoException) => (errorCode = error.code ?? null))
    stream.on('close', () => {
      const pod = this.#pod
      if (complete && status !== null && stream.rstCode === 0) settle({ status, pod })
      // Why a session is gone is told only after its streams have closed.
      else setImmediate(() => settle({ ...this.#failure(stream, unsent, errorCode), pod }))
    })
    stream.resume()
    return stream
  }

  #failure(stream: ClientHttp2Stream, unsent: boolean, errorCode: string | null): Outcome {
    const { rstCode, id } = stream
    const aboveLast = this.#lastStreamId !== null && (id === undefined || id > this.#lastStreamId)
    const leftOut = this.#lastStreamId !== null && (unsent || errorCode === 'ERR_HTTP2_GOAWAY_SESSION')
    if (aboveLast || leftOut || rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      return { errorCode: 'H2_REFUSED_STREAM', unprocessed: true }
    }
    const systemCode = this.#errorCode ?? errorCode
    if (systemCode !== null && !systemCode.startsWith('ERR_HTTP2_')) return { errorCode: systemCode }
    // Node closes what a lost connection held with CANCEL: nobody has sent that.
    const nobodySaid = rstCode === 0 || (rstCode === constants.NGHTTP2_CANCEL && this.session.destroyed)
    return { errorCode: nobodySaid ? OWN_ERROR_CODES.endOfFile : `H2_${ERROR_NAMES[rstCode] ?? rstCode}` }
  }
}
