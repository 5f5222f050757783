import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TransportResponse } from '../../kube/index.ts'
import type { ApiServer } from './api-server.ts'
import { type ApiRequest, protobuf, TextAnswer } from './request/api-request.ts'

export interface HttpOptions {
  /** @default 127.0.0.1 */
  readonly host?: string
  /** 0 for any that is free. @default 0 */
  readonly port?: number
  /** Called after each answer. */
  readonly onRequest?: (log: { method: string; url: string; status: number; userAgent: string }) => void
}

export interface HttpServer {
  /** `http://127.0.0.1:40123` */
  readonly url: string
  /** Ends every connection, watches among them. */
  close(): Promise<void>
}

const mostBodyBytes = 3 * 1024 * 1024

/** Serves an API server over HTTP/1.1, for programs that are not in this process: `kubectl`, a browser, curl. */
export async function serveHttp(server: ApiServer, options: HttpOptions = {}): Promise<HttpServer> {
  const { host = '127.0.0.1', port = 0, onRequest } = options
  const http = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (message, response) => {
    const method = message.method ?? 'GET'
    const url = message.url ?? '/'
    const userAgent = message.headers['user-agent'] ?? ''
    response.once('close', () => onRequest?.({ method, url, status: response.statusCode, userAgent }))
    void serve(server, message, response)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, resolve)
  })
  const { port: bound } = http.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

async function serve(server: ApiServer, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const ending = new AbortController()
  response.once('close', () => ending.abort())
  try {
    const isBinary = message.headers['content-type']?.startsWith(protobuf) === true
    const body = await bodyOf(message, isBinary ? 'latin1' : 'utf8')
    if (body === undefined) {
      send(response, new TextAnswer(413, `limit is ${mostBodyBytes}`, 'text/plain'))
      return
    }
    const request = requestOf(message, body, ending.signal)
    if (request === undefined) {
      send(response, new TextAnswer(400, 'the URL cannot be read', 'text/plain'))
      return
    }
    const answer = await server.handle(request)
    if (answer instanceof TextAnswer) send(response, answer)
    else await stream(answer, response)
  } catch {
    // The client left, or the answer broke off in its middle: nobody is there to be told.
    response.destroy()
  }
}

function send(response: ServerResponse, answer: TextAnswer): void {
  const body = Buffer.from(answer.content)
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length })
  response.end(body)
}

/** A reader that is slower than the writer holds the answer back; the answer itself bounds what waits. */
async function stream(answer: TransportResponse, response: ServerResponse): Promise<void> {
  response.once('close', () => answer.cancel())
  response.writeHead(answer.status, answer.headers)
  response.flushHeaders()
  for await (const chunk of answer.body) {
    if (!response.write(chunk)) await drained(response)
    if (response.destroyed) return
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}

/** Undefined when it is longer than the API server takes. */
async function bodyOf(message: IncomingMessage, encoding: 'latin1' | 'utf8'): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString(encoding)
}

/** Undefined for a URL that is none. */
function requestOf(message: IncomingMessage, body: string, signal: AbortSignal): ApiRequest | undefined {
  const { url = '/' } = message
  const parsed = URL.parse(url.startsWith('/') ? `http://api-server${url}` : url)
  if (parsed === null) return undefined
  const { pathname, searchParams } = parsed
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: (message.method ?? 'GET') as ApiRequest['method'],
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers,
    body,
    userAgent: headers['user-agent'] ?? '',
    signal,
    warnings: [],
  }
}
