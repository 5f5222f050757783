/** One response as it came, complete or not. */
export interface Http1Response {
  status: number
  headers: Record<string, string>
  body: string
  /** Its whole body has come, by its length or its last chunk. */
  complete: boolean
}

/**
 * What a client makes of the bytes that a server sent. A body without a length or chunks ends with the connection:
 * it is complete when FIN has come.
 */
export function parseResponses(bytes: string, ended: boolean): Http1Response[] {
  const responses: Http1Response[] = []
  let rest = bytes
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (!rest.startsWith('HTTP/1.') || headEnd < 0) {
      responses.push({ status: 0, headers: {}, body: rest, complete: false })
      break
    }
    const [statusLine = '', ...headerLines] = rest.slice(0, headEnd).split('\r\n')
    const headers = Object.fromEntries(
      headerLines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const status = Number(statusLine.split(' ')[1])
    const { body, complete, length } = parseBody(rest.slice(headEnd + 4), status, headers, ended)
    responses.push({ status, headers, body, complete })
    rest = rest.slice(headEnd + 4 + length)
  }
  return responses
}

interface Body {
  body: string
  complete: boolean
  /** How many bytes it took. */
  length: number
}

function parseBody(bytes: string, status: number, headers: Record<string, string>, ended: boolean): Body {
  if (status < 200 || status === 204 || status === 304) return { body: '', complete: true, length: 0 }
  if (headers['transfer-encoding'] === 'chunked') return parseChunks(bytes)
  const stated = headers['content-length']
  if (stated === undefined) return { body: bytes, complete: ended, length: bytes.length }
  const body = bytes.slice(0, Number(stated))
  return { body, complete: body.length === Number(stated), length: body.length }
}

function parseChunks(bytes: string): Body {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16)
    if (lineEnd < 0 || Number.isNaN(size)) return { body, complete: false, length: bytes.length }
    const chunk = bytes.slice(lineEnd + 2, lineEnd + 2 + size)
    body += chunk
    at = lineEnd + 2 + size + 2
    if (at > bytes.length) return { body, complete: false, length: bytes.length }
    if (size === 0) return { body, complete: true, length: at }
  }
}
