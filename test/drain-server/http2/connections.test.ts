import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Http2ServerResponse } from 'node:http2'
import { get } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DrainError } from '../../../src/drain-server/errors.ts'
import { requestSignal } from '../../../src/drain-server/protocol/request-signal.ts'
import { Http2Protocol } from '../../../src/drain-server/http2/http2-protocol.ts'
import { answerOf, beginSettling, fastClock, http2Stage } from './http2-stage.ts'
import { frameType, RawHttp2Client } from './raw-http2-client.ts'

async function tcp(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket.resume()
}

const kinds = [
  { tls: false, twoPhaseOverTls: false },
  { tls: true, twoPhaseOverTls: false },
  { tls: true, twoPhaseOverTls: true },
]

describe.each(kinds)('connections of an HTTP/2 server, TLS $tls, tapped $twoPhaseOverTls', (kind) => {
  const { tls } = kind

  it('are waited for until their streams are over: a slow response and an upload', async () => {
    const bodies: string[] = []
    const stage = await http2Stage({
      ...kind,
      handler: (request, response) => {
        let body = ''
        request.setEncoding('utf8')
        request.on('data', (chunk: string) => (body += chunk))
        request.on('end', () => {
          bodies.push(body)
          response.end(`${body.length}`)
        })
      },
    })
    const client = await stage.connect()
    const upload = client.request('/upload', { method: 'POST', endStream: false })
    client.data(upload, 'first ')
    await client.ping()
    const { settled } = await beginSettling(stage)
    await client.until(() => client.goaways.some(({ lastStreamId }) => lastStreamId === upload))
    client.data(upload, 'second', true)
    expect(await client.over(upload)).toMatchObject({ status: 200, body: '12', complete: true })
    expect(bodies).toEqual(['first second'])
    expect(await client.end()).toBe('FIN')
    client.socket.end()
    await settled
    expect(stage.protocol.loss).toEqual({ connections: 0, requests: 0 })
    expect(stage.traffic.outcomes).toMatchObject({ '2xx': 1, aborted: 0 })
  })

  it('end when idle', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect()
    await client.over(client.request('/done'))
    const { settled } = await beginSettling(stage)
    expect(await client.end()).toBe('FIN')
    expect(client.goaways.at(-1)).toEqual({ lastStreamId: 1, errorCode: 0 })
    client.socket.end()
    await settled
  })

  it('are destroyed a second after our FIN when the peer sends none', async () => {
    const stage = await http2Stage({ ...kind, clock: fastClock })
    const client = await stage.connect()
    client.socket.allowHalfOpen = true
    await client.over(client.request('/done'))
    const { settled } = await beginSettling(stage)
    await settled
    expect(await client.end()).toBe('FIN')
  })

  it('that never bring a preface end with FIN, be they silent or in the middle of a word', async () => {
    const stage = await http2Stage({ ...kind, clock: fastClock })
    const silent = await tcp(stage.port)
    const partial = await tcp(stage.port)
    partial.write(tls ? Buffer.from([0x16, 3, 1, 2, 0, 1]) : 'PRI * HTT')
    const noPreface = tls ? await stage.connect({ preface: false }) : undefined
    const accepted = await stage.connect()
    await accepted.ping()
    const ends = Promise.all([silent, partial].map((socket) => once(socket, 'end')))
    const { settled } = await beginSettling(stage)
    await ends
    await settled
    if (noPreface !== undefined) expect(await noPreface.end()).toBe('FIN')
    expect(stage.protocol.loss).toEqual({ connections: 0, requests: 0 })
  })

  it('are cut off by force: sessions with their streams, silent sockets, half handshakes', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect()
    client.request('/slow')
    const response = await stage.arrived('/slow')
    const signal = requestSignal(response.req)
    const silent = await tcp(stage.port)
    silent.on('error', () => undefined)
    const closed = once(silent, 'close')
    const partial = await tcp(stage.port)
    partial.on('error', () => undefined)
    partial.write(tls ? Buffer.from([0x16, 3, 1, 2, 0, 1]) : 'PRI * HTT')
    await client.ping()
    const { settled } = await beginSettling(stage)
    const reason = new DrainError('ERR_DRAIN_DEADLINE', 'the deadline')
    stage.protocol.abort(reason)
    expect(signal.reason).toBe(reason)
    stage.protocol.force()
    await settled
    silent.end()
    await closed
    await client.end()
    expect(stage.protocol.loss).toEqual({ connections: 2, requests: 1 })
    expect(stage.traffic.inFlight).toBe(0)
    expect(stage.traffic.outcomes).toMatchObject({ forced: 1, aborted: 0 })
  })

  it('abort the signal of a request whose client leaves', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect()
    const slow = client.request('/slow')
    const { req, stream } = await stage.arrived('/slow')
    const signal = requestSignal(req)
    expect(requestSignal(stream)).toBe(signal)
    client.send(frameType.resetStream, 0, slow, Buffer.of(0, 0, 0, 8))
    await once(signal, 'abort')
    expect(signal.reason).toMatchObject({ code: 'ERR_DRAIN_CLIENT_GONE' })
    expect(stage.traffic.outcomes.aborted).toBe(1)
  })

  it('abort the signals of all streams when the connection is reset', async () => {
    const stage = await http2Stage(kind)
    const client = await stage.connect()
    client.request('/slow')
    const signal = requestSignal((await stage.arrived('/slow')).req)
    client.reset()
    await once(signal, 'abort')
    expect(stage.traffic.inFlight).toBe(0)
    await (await beginSettling(stage)).settled
  })

  it('count late arrivals by new and by old connections, and probes nowhere', async () => {
    const stage = await http2Stage(kind)
    const old = await stage.connect()
    await old.over(old.request('/before'))
    const probing = await stage.connect()
    await probing.ping()
    stage.traffic.beginDrain(performance.now())
    stage.protocol.shed()
    await old.over(old.request('/late'))
    await probing.over(probing.request('/probe', { headers: { 'user-agent': 'kube-probe/1.30' } }))
    const late = await stage.connect()
    await late.over(late.request('/first'))
    await late.over(late.request('/second'))
    expect(stage.traffic.late).toMatchObject({ requests: { count: 1 }, connections: { count: 1 } })
    expect(stage.traffic.outcomes['2xx']).toBe(4)
  })

  it('that began before the server was adopted are known from their next stream on', async () => {
    const stage = await http2Stage(kind)
    stage.protocol.release()
    const client = await stage.connect()
    await client.over(client.request('/unseen'))
    const { traffic } = stage
    const adopted = new Http2Protocol(stage.server, stage.context)
    onTestFinished(() => adopted.release())
    client.request('/slow')
    const response = await stage.arrived('/slow')
    expect(traffic.inFlight).toBe(1)
    const { settled } = await beginSettling({ protocol: adopted })
    response.end('done')
    expect(await client.over(3)).toMatchObject({ body: 'done' })
    expect(await client.end()).toBe('FIN')
    client.socket.end()
    await settled
    expect(traffic.inFlight).toBe(0)
  })
})

it('a connection from before the adoption, whose peer never answers our FIN, is closed', async () => {
  const stage = await http2Stage({ clock: fastClock })
  stage.protocol.release()
  const client = new RawHttp2Client(await tcp(stage.port))
  await client.over(client.request('/unseen'))
  const adopted = new Http2Protocol(stage.server, stage.context)
  onTestFinished(() => adopted.release())
  await client.over(client.request('/seen'))
  const { settled } = await beginSettling({ protocol: adopted })
  expect(await client.end()).toBe('FIN')
  await settled
  expect(adopted.loss).toEqual({ connections: 0, requests: 0 })
})

it('a connection that was asked to leave is closed when the drain is called off, though its peer never answers our FIN', async () => {
  const stage = await http2Stage({ clock: fastClock })
  const accepted = once(stage.server, 'connection') as Promise<[Socket]>
  const client = new RawHttp2Client(await tcp(stage.port))
  await client.over(client.request('/'))
  const [socket] = await accepted
  stage.protocol.shed()
  await client.until(() => client.goaways.length === 1)
  stage.protocol.keep()
  await once(socket, 'close')
  expect(client.ended).toBe('FIN')
})

describe('HTTP/1.1 on an HTTP/2 server', () => {
  it('drains as HTTP/1.1 does, beside HTTP/2', async () => {
    const stage = await http2Stage({ tls: true, allowHTTP1: true })
    const session = await stage.connectNode()
    const second = answerOf(session.request({ ':path': '/slow2' }))
    const first = once(get({ port: stage.port, path: '/slow1', rejectUnauthorized: false, agent: false }), 'response')
    const responses = [await stage.arrived('/slow1'), await stage.arrived('/slow2')]
    expect(stage.traffic.inFlight).toBe(2)
    const signal = requestSignal(responses[0]!.req)
    const { settled } = await beginSettling(stage)
    for (const response of responses) response.end('done')
    const [answer] = (await first) as [NodeJS.ReadableStream & { headers: object; statusCode: number }]
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({ connection: 'close' })
    answer.resume()
    expect(await second).toBe('200 done')
    await settled
    expect(signal.aborted).toBe(false)
    expect(stage.protocol.loss).toEqual({ connections: 0, requests: 0 })
    expect(stage.traffic.outcomes['2xx']).toBe(2)
  })

  it('hands upgrades and CONNECT on, of both versions', async () => {
    const seen: string[] = []
    const stage = await http2Stage({
      tls: true,
      allowHTTP1: true,
      prepare: (server) => {
        server.on('upgrade', (_request, socket: Socket) => {
          seen.push('upgrade')
          socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
        })
        server.on('connect', (_request: unknown, response: Http2ServerResponse) => {
          seen.push('connect')
          response.end('tunnel')
        })
      },
    })
    const upgrade = get({
      port: stage.port,
      rejectUnauthorized: false,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    })
    const [, socket] = (await once(upgrade, 'upgrade')) as [unknown, Socket]
    socket.end()
    const session = await stage.connectNode()
    const tunnel = session.request({ ':method': 'CONNECT', ':authority': 'example.com:80' })
    tunnel.end()
    expect(await answerOf(tunnel)).toBe('200 tunnel')
    expect(seen).toEqual(['upgrade', 'connect'])
    await (await beginSettling(stage)).settled
  })

  it('counts what force cuts off', async () => {
    const stage = await http2Stage({ tls: true, allowHTTP1: true })
    const request = get({ port: stage.port, path: '/slow', rejectUnauthorized: false, agent: false })
    const failed = once(request, 'error')
    const signal = requestSignal((await stage.arrived('/slow')).req)
    void (await beginSettling(stage))
    stage.protocol.abort(new DrainError('ERR_DRAIN_DEADLINE', 'the deadline'))
    expect(signal.aborted).toBe(true)
    stage.protocol.force()
    await Promise.allSettled([failed])
    expect(stage.protocol.loss).toEqual({ connections: 1, requests: 1 })
  })

  it('leaves peers that speak neither to node', async () => {
    const stage = await http2Stage({ tls: true })
    const socket = connectTls({ port: stage.port, rejectUnauthorized: false, ALPNProtocols: [] })
    onTestFinished(() => void socket.destroy())
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toContain('403 Forbidden')
    await (await beginSettling(stage)).settled
  })
})
