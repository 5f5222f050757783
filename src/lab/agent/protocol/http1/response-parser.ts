const HEAD_END = Buffer.from('\r\n\r\n')
const MAX_HEAD_BYTES = 64 * 1024
const MAX_CHUNK_LINE_BYTES = 1024

/** Where a response stands after some of its bytes. */
export type ParseProgress = 'more' | 'done' | 'malformed'

type Body =
  | { kind: 'length'; left: number }
  | { kind: 'until-end' }
  | { kind: 'chunked'; part: 'size' | 'data' | 'trailer'; left: number; line: string }

/**
 * Reads exactly one HTTP/1.1 response to a GET (RFC 9112 sections 4, 6 and 7), just far enough to know its status, its
 * `x-pod`, where it ends, and whether its connection may be used again. The body's content is thrown away.
 */
export class ResponseParser {
  /** 0 until the head is complete. */
  status = 0
  pod: string | null = null
  /** Whether the server lets the connection live on; false unless the response is complete and ends by itself. */
  reusable = false
  /** The server's own idle limit, from `Keep-Alive: timeout`; null when it gave none. */
  idleLimitMs: number | null = null
  #head: Buffer = Buffer.alloc(0)
  #body: Body | null = null

  push(chunk: Buffer): ParseProgress {
    if (this.#body !== null) return this.#readBody(this.#body, chunk)
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return this.#head.length > MAX_HEAD_BYTES ? 'malformed' : 'more'
    const head = this.#head.toString('latin1', 0, end)
    const rest = this.#head.subarray(end + HEAD_END.length)
    this.#head = Buffer.alloc(0)
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/m.exec(head.slice(0, 13))?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) return 'malformed'
    if (status < 200) return status === 101 ? 'malformed' : this.#nextHead(rest)
    const body = this.#readHead(head, status)
    if (body === null) return 'malformed'
    this.status = status
    this.#body = body
    return this.#readBody(body, rest)
  }

  /** The peer ended the connection: true when just that completes the response. */
  end(): boolean {
    return this.#body?.kind === 'until-end'
  }

  #nextHead(rest: Buffer): ParseProgress {
    return rest.length === 0 ? 'more' : this.push(rest)
  }

  #readHead(head: string, status: number): Body | null {
    let length: number | null = null
    let chunked = false
    this.reusable = head.startsWith('HTTP/1.1')
    for (const line of head.split('\r\n').slice(1)) {
      const colon = line.indexOf(':')
      if (colon <= 0) return null
      const value = line.slice(colon + 1).trim()
      switch (line.slice(0, colon).toLowerCase()) {
        case 'content-length':
          if (!/^\d+$/.test(value) || (length !== null && length !== Number(value))) return null
          length = Number(value)
          break
        case 'transfer-encoding':
          chunked = /(?:^|,)\s*chunked$/i.test(value)
          if (!chunked) return null
          break
        case 'connection':
          if (/(?:^|,)\s*close\s*(?:,|$)/i.test(value)) this.reusable = false
          else if (/(?:^|,)\s*keep-alive\s*(?:,|$)/i.test(value)) this.reusable = true
          break
        case 'keep-alive': {
          const seconds = /(?:^|[,\s])timeout=(\d+)/i.exec(value)?.[1]
          if (seconds !== undefined) this.idleLimitMs = Number(seconds) * 1000
          break
        }
        case 'x-pod':
          this.pod = value
          break
        default:
      }
    }
    if (status === 204 || status === 304) return { kind: 'length', left: 0 }
    if (chunked) return { kind: 'chunked', part: 'size', left: 0, line: '' }
    if (length !== null) return { kind: 'length', left: length }
    this.reusable = false
    return { kind: 'until-end' }
  }

  #readBody(body: Body, bytes: Buffer): ParseProgress {
    if (body.kind === 'until-end') return 'more'
    if (body.kind === 'chunked') return this.#readChunks(body, bytes)
    body.left -= bytes.length
    return body.left > 0 ? 'more' : this.#finish(body.left < 0)
  }

  #readChunks(body: Body & { kind: 'chunked' }, bytes: Buffer): ParseProgress {
    let at = 0
    while (at < bytes.length) {
      if (body.part === 'data') {
        const taken = Math.min(body.left, bytes.length - at)
        body.left -= taken
        at += taken
        if (body.left === 0) body.part = 'size'
        continue
      }
      const newline = bytes.indexOf(10, at)
      body.line += bytes.toString('latin1', at, newline < 0 ? bytes.length : newline + 1)
      if (body.line.length > MAX_CHUNK_LINE_BYTES) return 'malformed'
      if (newline < 0) return 'more'
      at = newline + 1
      const line = body.line.trimEnd()
      body.line = ''
      if (body.part === 'trailer') {
        if (line === '') return this.#finish(at < bytes.length)
      } else {
        const size = /^([0-9a-f]{1,12})(?:\s*;.*)?$/i.exec(line)?.[1]
        if (size === undefined) return 'malformed'
        const octets = Number.parseInt(size, 16)
        if (octets === 0) body.part = 'trailer'
        // A chunk's data is followed by its own line end.
        else Object.assign(body, { part: 'data', left: octets + 2 })
      }
    }
    return 'more'
  }

  /** Bytes behind the end answer no request of ours: such a connection is not trusted again. */
  #finish(surplus: boolean): ParseProgress {
    if (surplus) this.reusable = false
    return 'done'
  }
}
