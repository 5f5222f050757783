import { once } from 'node:events'
import { connect, createSecureServer, createServer } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, Http2SecureServer, Http2Server } from 'node:http2'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/drain-server/clock.ts'
import type { Clock } from '../../../src/drain-server/clock.ts'
import { Http2Protocol } from '../../../src/drain-server/http2/http2-protocol.ts'
import type { Http2Options } from '../../../src/drain-server/http2/http2-protocol.ts'
import type { ProtocolContext } from '../../../src/drain-server/protocol/protocol.ts'
import { probeCheck } from '../../../src/drain-server/traffic/probe.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import { certificate, privateKey } from '../certificate.ts'
import { RawHttp2Client } from './raw-http2-client.ts'
import type { RawHttp2Options } from './raw-http2-client.ts'

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void

export interface Http2StageOptions extends Http2Options {
  tls?: boolean
  allowHTTP1?: boolean
  twoPhaseOverTls?: boolean
  handler?: Handler
  idleGraceMs?: number
  clock?: Clock
  prepare?: (server: Http2Server | Http2SecureServer) => void
}

export interface Http2Stage {
  server: Http2Server | Http2SecureServer
  port: number
  protocol: Http2Protocol
  context: ProtocolContext
  traffic: Traffic
  /** The requests that the handler has seen and not answered, by path; `answer` ends one. */
  open: Map<string, Http2ServerResponse>
  /** Resolves when a request with this path is open. */
  arrived: (path: string) => Promise<Http2ServerResponse>
  connect: (options?: RawHttp2Options) => Promise<RawHttp2Client>
  connectNode: () => Promise<ClientHttp2Session>
}

/**
 * An HTTP/2 server whose protocol the test drives by hand. Without a handler, paths that begin with `/slow` are left
 * open for the test to answer, and all others are answered at once with their path.
 */
export async function http2Stage(options: Http2StageOptions = {}): Promise<Http2Stage> {
  const { tls = false, allowHTTP1 = false, idleGraceMs = 50, clock = systemClock } = options
  const open = new Map<string, Http2ServerResponse>()
  const waits = new Set<() => void>()
  const handler: Handler =
    options.handler ??
    ((request, response) => {
      if (!request.url.startsWith('/slow')) {
        response.end(request.url)
        return
      }
      open.set(request.url, response)
      for (const look of waits) look()
    })
  const server: Http2Server | Http2SecureServer = tls
    ? createSecureServer({ key: privateKey, cert: certificate, allowHTTP1 }, handler)
    : createServer(handler)
  options.prepare?.(server)
  const traffic = new Traffic(clock)
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const { twoPhaseOverTls = false } = options
  const isProbe = probeCheck(undefined)
  const context: ProtocolContext = { traffic, clock, idleGraceMs, isProbe, twoPhaseOverTls, logger }
  const protocol = new Http2Protocol(server, context, options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const leave: (() => void)[] = []
  onTestFinished(() => {
    for (const step of leave) step()
    protocol.force()
    protocol.release()
  })
  return {
    server,
    port,
    protocol,
    context,
    traffic,
    open,
    async arrived(path) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = (): void => {
        if (open.has(path)) resolve()
      }
      waits.add(look)
      look()
      await promise
      waits.delete(look)
      return open.get(path) as Http2ServerResponse
    },
    async connect(rawOptions) {
      const client = await RawHttp2Client.connect(port, { tls, ...rawOptions })
      leave.push(() => client.socket.destroy())
      return client
    },
    async connectNode() {
      const session = connect(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized: false })
      leave.push(() => session.destroy())
      await once(session, 'connect')
      await once(session, 'remoteSettings')
      return session
    },
  }
}

/** Time that passes 20 times as fast, so that a test can live through the second that a peer is given. */
export const fastClock: Clock = {
  nowMs: () => performance.now() * 20,
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs / 20)
    return () => clearTimeout(timer)
  },
}

/** Closes the listener and begins to settle, with a deadline that no test reaches. */
export async function beginSettling({ protocol }: Pick<Http2Stage, 'protocol'>): Promise<{ settled: Promise<void> }> {
  protocol.shed()
  await protocol.closeListener()
  return { settled: protocol.settle(Number.MAX_SAFE_INTEGER) }
}

/** @returns the status and body of a response, or the code of its error */
export async function answerOf(stream: ClientHttp2Stream): Promise<string> {
  let status = 0
  let body = ''
  stream.setEncoding('utf8')
  stream.on('response', (headers) => (status = Number(headers[':status'])))
  stream.on('data', (chunk: string) => (body += chunk))
  try {
    await once(stream, 'close')
    return `${status} ${body}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
