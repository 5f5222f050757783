import { once } from 'node:events'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { requestSignal } from '../../../src/drain-server/protocol/request-signal.ts'
import { answerOf, http2Stage } from './http2-stage.ts'
import type { Http2Stage } from './http2-stage.ts'
import { frameType } from './raw-http2-client.ts'

/** What applications and frameworks ask of the socket and the session of a request. */
function seenBy(session: ServerHttp2Session, socket: TLSSocket): Record<string, unknown> {
  return {
    remoteAddress: socket.remoteAddress,
    remoteFamily: socket.remoteFamily,
    remotePort: typeof socket.remotePort,
    localAddress: socket.localAddress,
    encrypted: socket.encrypted,
    authorized: socket.authorized,
    alpnProtocol: socket.alpnProtocol,
    servername: socket.servername,
    peerCertificate: socket.getPeerCertificate(),
    cipher: socket.getCipher().name,
    protocol: socket.getProtocol(),
    readable: socket.readable,
    writable: socket.writable,
    destroyed: socket.destroyed,
    received: socket.bytesRead > 0,
    sessionEncrypted: session.encrypted,
    sessionAlpn: session.alpnProtocol,
    sameSocket: session.socket.remotePort === socket.remotePort,
  }
}

describe('a TLS session on a tap', () => {
  it('looks to the application as one without', async () => {
    const seen: Record<string, unknown>[] = []
    for (const twoPhaseOverTls of [false, true]) {
      const stage = await http2Stage({
        tls: true,
        twoPhaseOverTls,
        handler: (request, response) => {
          const session = request.stream.session as ServerHttp2Session
          const socket = request.socket as TLSSocket
          seen.push({ ...seenBy(session, socket), port: socket.localPort === stage.port, scheme: request.scheme })
          response.end()
        },
      })
      const client = await stage.connectNode()
      await answerOf(client.request({ ':path': '/' }))
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toMatchObject({ remoteAddress: '127.0.0.1', encrypted: true, alpnProtocol: 'h2', scheme: 'https' })
  })

  it('tells the port of the peer', async () => {
    const stage = await http2Stage({
      tls: true,
      twoPhaseOverTls: true,
      handler: (request, response) => response.end(`${request.socket.remotePort}`),
    })
    const client = await stage.connect()
    const { body } = await client.over(client.request('/'))
    expect(body).toBe(`${(client.socket.address() as AddressInfo).port}`)
  })

  it('shows the application no stream that its client has reset already', async () => {
    const shown: boolean[] = []
    const prepare = (server: Http2Stage['server']): void =>
      void server.on('stream', (stream: ServerHttp2Stream) => shown.push(stream.closed || stream.destroyed))
    const stage = await http2Stage({ tls: true, twoPhaseOverTls: true, prepare })
    const client = await stage.connect()
    await client.over(client.request('/first'))
    client.socket.cork()
    for (let count = 0; count < 20; count += 1)
      client.send(frameType.resetStream, 0, client.request('/slow'), Buffer.from([0, 0, 0, 8]))
    client.socket.uncork()
    await client.over(client.request('/last'))
    expect(new Set(shown)).toEqual(new Set([false]))
    expect(stage.traffic.outcomes).toMatchObject({ '2xx': 2 })
  })

  it('can be written to while the FIN of a peer that left is answered', async () => {
    const stage = await http2Stage({ tls: true, twoPhaseOverTls: true })
    for (let ticks = 0; ticks < 10; ticks += 1) {
      const client = await stage.connectNode()
      const clientSocket = client.socket.setMaxListeners(10)
      const path = `/slow/${ticks}`
      client.request({ ':method': 'POST', ':path': path }).on('error', () => undefined)
      const session = (await stage.arrived(path)).stream.session as ServerHttp2Session
      const destroyAfter = (left: number): void => {
        // Its GOAWAY is the write. Nobody can catch what node throws at it: it fails the run.
        if (left === 0) session.destroy()
        else process.nextTick(destroyAfter, left - 1)
      }
      session.socket.once('end', () => destroyAfter(ticks))
      clientSocket.end()
      await once(session, 'close')
      expect(session.destroyed).toBe(true)
    }
  })

  it('carries bodies of several megabytes both ways', async () => {
    const stage = await http2Stage({
      tls: true,
      twoPhaseOverTls: true,
      handler: (request, response) => void request.pipe(response),
    })
    const client = await stage.connectNode()
    const echo = client.request({ ':path': '/', ':method': 'POST' })
    const body = Buffer.alloc(3_000_000, 'abcdefghij')
    echo.end(body)
    await once(echo, 'response')
    const chunks: Buffer[] = []
    echo.on('data', (chunk: Buffer) => void chunks.push(chunk))
    await once(echo, 'end')
    expect(Buffer.concat(chunks).equals(body)).toBe(true)
  })

  it('ends with the error of a reset', async () => {
    const sessions: ServerHttp2Session[] = []
    const stage = await http2Stage({
      tls: true,
      twoPhaseOverTls: true,
      prepare: (server) => server.on('session', (session) => sessions.push(session)),
    })
    const client = await stage.connect()
    client.request('/slow')
    await stage.arrived('/slow')
    const failed = once(sessions[0]!, 'error').catch((error: unknown) => [error])
    client.reset()
    const [error] = (await failed) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  it('honours the timeout of a session', async () => {
    const stage = await http2Stage({
      tls: true,
      twoPhaseOverTls: true,
      prepare: (server) => server.on('session', (session) => session.setTimeout(20, () => session.close())),
    })
    const client = await stage.connect()
    expect(await client.end()).toBe('FIN')
  })

  it('ends when the peer sends FIN in the middle of a request', async () => {
    const stage = await http2Stage({ tls: true, twoPhaseOverTls: true })
    const client = await stage.connect()
    client.request('/slow')
    const signal = requestSignal((await stage.arrived('/slow')).req)
    client.socket.end()
    await once(signal, 'abort')
    expect(signal.reason).toMatchObject({ code: 'ERR_DRAIN_CLIENT_GONE' })
    expect(await client.end()).toBe('FIN')
  })

  it('is the socket that listeners of secureConnection see', async () => {
    const { promise, resolve } = Promise.withResolvers<TLSSocket>()
    const stage = await http2Stage({
      tls: true,
      twoPhaseOverTls: true,
      prepare: (server) => server.once('secureConnection', resolve),
    })
    const client = await stage.connect()
    const socket = await promise
    const closed = new Promise((resolve) => void socket.on('error', () => undefined).once('close', resolve))
    Object.assign(socket, { mark: 'ours' })
    expect(Reflect.get(socket, 'mark')).toBe('ours')
    expect(socket.remotePort).toBe((client.socket.address() as AddressInfo).port)
    client.socket.destroy()
    await closed
  })
})
