import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { endOnDrain } from '../../../src/drain-server/index.ts'
import { stage } from '../in-process.ts'
import type { Stage, StageOptions } from '../in-process.ts'
import { VirtualClock } from '../virtual-clock.ts'

const clean = { verdict: 'clean', forced: { connections: 0, requests: 0 } }
const lastChunk = '\r\n0\r\n\r\n'

interface StreamStage extends Stage {
  clock: VirtualClock
  responses: ServerResponse[]
  errors: unknown[]
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function withStreams(handler: Handler, options: StageOptions = {}): Promise<StreamStage> {
  const clock = new VirtualClock()
  const responses: ServerResponse[] = []
  const errors: unknown[] = []
  const it = await stage({
    clock,
    ...options,
    handler(request, response) {
      response.on('error', (error) => errors.push(error))
      responses.push(response)
      handler(request, response)
    },
  })
  return { ...it, clock, responses, errors }
}

const eventStream: Handler = (_request, response) => {
  response.setHeader('Content-Type', 'text/event-stream')
  response.write('data: begun\n\n')
}

describe.each([
  ['http', false],
  ['https', true],
])('over %s', (_name, tls) => {
  test('an event stream is ended as it should be when the listener has closed, then FIN', async () => {
    const it = await withStreams(eventStream, { tls, delaySeconds: 5, idleGraceMs: 60_000 })
    const client = await it.connect()
    client.get('/')
    await client.receives('begun')
    it.drainer.start()
    it.clock.advance(4900)
    it.responses[0]?.write('data: still here\n\n')
    await client.receives('still here')
    expect(await it.clock.fly(client.ended)).toBe('FIN')
    expect(client.received.endsWith(lastChunk)).toBe(true)
    const report = await it.clock.fly(it.drainer.drained)
    expect(report).toMatchObject(clean)
    expect(report.finishedMs).toBeLessThan(6000)
    expect(it.drainer.metrics()).toContain('drain_server_requests_total{code="2xx"} 1')
  })
})

test.each<[string, Handler]>([
  [
    'an object given to writeHead()',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream;charset=utf-8' })
      response.write('data: begun\n\n')
    },
  ],
  [
    'a list given to writeHead()',
    (_request, response) => {
      response.writeHead(200, ['Content-Type', 'text/event-stream'])
      response.write('data: begun\n\n')
    },
  ],
  [
    'a mark',
    (_request, response) => {
      response.write('begun')
      endOnDrain(response)
    },
  ],
])('a stream is known by %s', async (_name, handler) => {
  const it = await withStreams(handler)
  const client = await it.connect()
  client.get('/')
  await client.receives('begun')
  it.drainer.start()
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  expect(client.received.endsWith(lastChunk)).toBe(true)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test.each<[string, Handler, string]>([
  ['a stream of another type', (_request, response) => void response.write('begun'), 'GET'],
  ['an event stream that answers a POST', eventStream, 'POST'],
  [
    'an event stream that must not be ended',
    (request, response) => {
      endOnDrain(response, false)
      eventStream(request, response)
    },
    'GET',
  ],
  [
    'a marked response that told its length',
    (_request, response) => {
      endOnDrain(response)
      response.writeHead(200, { 'Content-Length': '100' })
      response.write('begun')
    },
    'GET',
  ],
])('%s runs until the deadline', async (_name, handler, method) => {
  const it = await withStreams(handler, { graceSeconds: 10 })
  const client = await it.connect()
  client.send(`${method} / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n`)
  await client.receives('begun')
  it.drainer.start()
  const report = await it.clock.fly(it.drainer.drained)
  expect(report).toMatchObject({ verdict: 'forced', forced: { connections: 1, requests: 1 } })
  expect(report.finishedMs).toBeGreaterThanOrEqual(8000)
})

test('a marked response whose head has not been sent is left to the application', async () => {
  const it = await withStreams((_request, response) => endOnDrain(response))
  const client = await it.connect()
  client.get('/')
  await once(it.server, 'request')
  it.drainer.start()
  for (let count = 0; count < 50; count += 1) {
    await turn()
    it.clock.advance(5)
  }
  expect(it.server.listening).toBe(false)
  expect(client.received).toBe('')
  it.responses[0]?.writeHead(404).end('none')
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  expect(client.received).toContain('404')
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('what the application writes after the end does no harm', async () => {
  const it = await withStreams(eventStream)
  const client = await it.connect()
  client.get('/')
  await client.receives('begun')
  it.drainer.start()
  await it.clock.fly(client.ended)
  const [response] = it.responses
  const called = Promise.withResolvers<unknown>()
  expect(response?.write('data: late\n\n', called.resolve)).toBe(true)
  expect(await called.promise).toBeUndefined()
  const ended = Promise.withResolvers<void>()
  expect(response?.end('data: late\n\n', 'utf8', ended.resolve)).toBe(response)
  await ended.promise
  response?.end()
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
  expect(it.errors).toEqual([])
  expect(client.received).not.toContain('late')
})

test('an application that pipes into the response is let go', async () => {
  const released = Promise.withResolvers<void>()
  const it = await withStreams((_request, response) => {
    response.setHeader('Content-Type', 'text/event-stream')
    const source = new Readable({ read: () => setImmediate(() => source.push('data: begun\n\n')) })
    source.on('close', released.resolve)
    void pipeline(source, response).catch((error: unknown) => it.errors.push(error))
  })
  const client = await it.connect()
  client.get('/')
  await client.receives('begun')
  it.drainer.start()
  await it.clock.fly(Promise.all([client.ended, released.promise]))
  expect(client.received.endsWith(lastChunk)).toBe(true)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a stream behind compression is ended through it', async () => {
  const it = await withStreams((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' })
    // As compression middleware does: the response's own methods lead to the compressor.
    const [write, end] = [response.write.bind(response), response.end.bind(response)]
    const gzip = createGzip()
    gzip.on('data', (bytes: Buffer) => write(bytes))
    gzip.on('end', () => end())
    response.write = (chunk: string) => gzip.write(chunk)
    response.end = () => {
      gzip.end()
      return response
    }
    response.write('data: begun\n\n')
    gzip.flush()
  })
  const client = await it.connect()
  client.get('/', 'Connection: close\r\n')
  await client.receives('chunked')
  it.drainer.start()
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  const body = client.received.slice(client.received.indexOf('\r\n\r\n') + 4)
  const chunks: Buffer[] = []
  for (let rest = body; !rest.startsWith('0\r\n'); ) {
    const length = Number.parseInt(rest, 16)
    const begin = rest.indexOf('\r\n') + 2
    chunks.push(Buffer.from(rest.slice(begin, begin + length), 'latin1'))
    rest = rest.slice(begin + length + 2)
  }
  const text = await Readable.from(chunks).pipe(createGunzip()).setEncoding('utf8').toArray()
  expect(text.join('')).toBe('data: begun\n\n')
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('a request behind an event stream is answered before the connection ends', async () => {
  const it = await withStreams((request, response) => {
    if (request.url === '/events') eventStream(request, response)
    else response.end('ok')
  })
  const client = await it.connect()
  client.get('/events')
  client.get('/now')
  await client.receives('begun')
  it.drainer.start()
  expect(await it.clock.fly(client.ended)).toBe('FIN')
  expect(client.answers).toBe(2)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})

test('streams whose clients have left leave their turn to the others', async () => {
  const it = await withStreams(eventStream, { graceSeconds: 60 })
  const clients = await Promise.all(Array.from({ length: 100 }, () => it.connect()))
  for (const client of clients) client.get('/')
  await Promise.all(clients.map((client) => client.receives('begun')))
  it.drainer.start()
  await it.clock.fly(Promise.race(clients.map((client) => client.ended)))
  const last = clients.findLast((client) => client.ending === undefined)
  for (const client of clients) if (client !== last) client.socket.destroy()
  const leftAtMs = it.clock.nowMs()
  expect(await it.clock.fly(last?.ended ?? Promise.reject(new Error('all have ended')))).toBe('FIN')
  expect(it.clock.nowMs() - leftAtMs).toBeLessThan(700)
})

test('200 event streams are ended one after the other', async () => {
  const it = await withStreams(eventStream, { graceSeconds: 60 })
  const clients = await Promise.all(Array.from({ length: 200 }, () => it.connect()))
  const endedAtMs: number[] = []
  const begun = clients.map(async (client) => {
    client.get('/')
    await client.receives('begun')
  })
  await Promise.all(begun)
  it.drainer.start()
  const all = clients.map(async (client) => {
    await client.ended
    endedAtMs.push(it.clock.nowMs())
  })
  await it.clock.fly(Promise.all(all))
  expect(Math.max(...endedAtMs) - Math.min(...endedAtMs)).toBeGreaterThan(1900)
  expect(await it.clock.fly(it.drainer.drained)).toMatchObject(clean)
})
