import { describe, expect, test } from 'vitest'
import type { Socket } from 'node:net'
import { COMPLETE_ANSWER, httpServer, records, refusingPort, startLoad, tcpServer } from './loopback.ts'
import { waitFor } from '../wait-for.ts'

const MODES = ['keep-alive', 'connection-per-request'] as const

describe.each(MODES)('%s', (mode) => {
  test('every scheduled request has one record, answered by the pod that x-pod names', async () => {
    let served = 0
    const port = await httpServer((_request, response) => {
      response.setHeader('x-pod', `pod-${served++ % 3}`)
      response.end('hello')
    })
    const load = startLoad(port, { mode, maxRequests: 300, connections: 8 })
    await load.finished
    const all = records(load)
    expect(load.status()).toMatchObject({
      state: 'finished',
      scheduled: 300,
      sent: 300,
      settled: 300,
      ok: 300,
      lost: {},
    })
    expect(all).toHaveLength(300)
    expect(served).toBe(300)
    expect(new Set(all.map(({ pod }) => pod))).toEqual(new Set(['pod-0', 'pod-1', 'pod-2']))
    const sockets = new Set(all.map(({ socketId }) => socketId))
    expect(sockets.size).toBe(mode === 'keep-alive' ? 8 : 300)
    expect(all.filter(({ reused }) => reused)).toHaveLength(mode === 'keep-alive' ? 292 : 0)
    expect(all.every(({ scheduledMs, sentMs, doneMs }) => scheduledMs <= sentMs! && sentMs! <= doneMs)).toBe(true)
  })

  test('a server that stalls does not slow the schedule, and latency counts from it', async () => {
    const held: (() => void)[] = []
    let stalled = true
    const port = await httpServer((_request, response) => {
      if (stalled) held.push(() => response.end())
      else response.end()
    })
    const load = startLoad(port, { mode, maxRequests: 50, connections: 2, ratePerSecond: 500 })
    const asked = mode === 'keep-alive' ? 2 : 50
    await waitFor(() => {
      expect(load.status()).toMatchObject({ state: 'stopping', scheduled: 50, inFlight: 50 })
      expect(held).toHaveLength(asked)
    })
    const releasedMs = performance.timeOrigin + performance.now()
    stalled = false
    for (const release of held) release()
    await load.finished
    const all = records(load)
    const [first] = all
    all.forEach(({ scheduledMs }, index) => expect(scheduledMs).toBeCloseTo(first!.scheduledMs + index * 2, 6))
    // Each waited until the release, whether it had been sent before or stood in the queue.
    expect(all.every(({ doneMs, status }) => status === 200 && doneMs >= releasedMs)).toBe(true)
    expect(all.filter(({ sentMs }) => sentMs! < releasedMs)).toHaveLength(asked)
  })

  test.each([
    ['nobody listens', 'ECONNREFUSED', null],
    ['the server resets', 'ECONNRESET', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['the server ends before an answer', 'EOF', (socket: Socket) => socket.once('data', () => socket.end())],
    [
      'the server ends in the middle of an answer',
      'EOF',
      (socket: Socket) => socket.once('data', () => socket.end(COMPLETE_ANSWER.slice(0, -1))),
    ],
    ['the server never answers', 'TIMEOUT', (socket: Socket) => socket.resume()],
    [
      'the answer is not HTTP',
      'MALFORMED',
      (socket: Socket) => socket.once('data', () => socket.end('SSH-2.0\r\n\r\n')),
    ],
  ] as const)('%s: %s', async (_sentence, errorCode, onConnection) => {
    const port = onConnection === null ? await refusingPort() : await tcpServer(onConnection)
    const load = startLoad(port, {
      mode,
      maxRequests: 3,
      connections: 3,
      timeoutMs: errorCode === 'TIMEOUT' ? 40 : 5000,
    })
    await load.finished
    expect(load.status()).toMatchObject({ scheduled: 3, settled: 3, ok: 0, lost: { [errorCode]: 3 } })
    for (const record of records(load))
      expect(record).toMatchObject({ errorCode, status: null, pod: null, reused: false })
  })

  test('a status other than 2xx is a complete answer that counts as lost', async () => {
    const port = await httpServer((_request, response) => response.writeHead(503, { 'x-pod': 'a' }).end())
    const load = startLoad(port, { mode, maxRequests: 2 })
    await load.finished
    expect(load.status()).toMatchObject({ ok: 0, lost: { 503: 2 } })
    expect(records(load)[0]).toMatchObject({ status: 503, errorCode: null, pod: 'a' })
  })
})

describe('a kept connection', () => {
  test.each([
    ['reset', 'ECONNRESET', (socket: Socket) => socket.resetAndDestroy()],
    ['ended', 'EOF', (socket: Socket) => socket.end()],
  ] as const)('%s as the next request arrives loses that request: it is not sent again', async (_how, code, close) => {
    let requests = 0
    const port = await tcpServer((socket) => {
      let onThisSocket = 0
      socket.on('data', () => {
        requests++
        if (++onThisSocket === 2) close(socket)
        else socket.write(COMPLETE_ANSWER)
      })
    })
    const load = startLoad(port, { maxRequests: 4, ratePerSecond: 20 })
    await load.finished
    expect(
      records(load).map(({ status, errorCode, socketId, reused }) => [status ?? errorCode, socketId, reused]),
    ).toEqual([
      [200, 1, false],
      [code, 1, true],
      [200, 2, false],
      [code, 2, true],
    ])
    expect(requests).toBe(4)
  })

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', false],
    ['a FIN while it rests', COMPLETE_ANSWER, true],
    ['an answer that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nok', true],
    ['bytes that nobody asked for', `${COMPLETE_ANSWER}HTTP/1.1 408 Request Timeout\r\n\r\n`, false],
    ['an idle limit that leaves no time', COMPLETE_ANSWER.replace('x-pod', 'Keep-Alive: timeout=1\r\nx-pod'), false],
  ])('is not used again after %s', async (_sentence, answer, end) => {
    const port = await tcpServer((socket) => {
      let requests = 0
      socket.on('data', () => {
        if (++requests > 1) socket.resetAndDestroy()
        else if (end) socket.end(answer)
        else socket.write(answer)
      })
    })
    const load = startLoad(port, { maxRequests: 3, ratePerSecond: 20 })
    await load.finished
    expect(records(load).map(({ status, socketId, reused }) => [status, socketId, reused])).toEqual([
      [200, 1, false],
      [200, 2, false],
      [200, 3, false],
    ])
  })

  test('that has to go lets its request be sent once only', async () => {
    let requests = 0
    const port = await httpServer((_request, response) => {
      requests++
      response.setHeader('Keep-Alive', 'timeout=1')
      response.end()
    })
    const load = startLoad(port, { maxRequests: 4, connections: 2, ratePerSecond: 20 })
    await load.finished
    expect({ requests, ...load.status() }).toMatchObject({ requests: 4, scheduled: 4, sent: 4, ok: 4 })
  })

  test('rests in turn with the others, so that each of them is used', async () => {
    const port = await httpServer((_request, response) => response.end())
    const load = startLoad(port, { maxRequests: 12, connections: 3, ratePerSecond: 50 })
    await load.finished
    expect(records(load).map(({ socketId }) => socketId)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  })
})

describe('time', () => {
  test('a request whose time runs out in the queue has a record without a connection', async () => {
    const port = await tcpServer((socket) => socket.resume())
    const load = startLoad(port, { maxRequests: 2, timeoutMs: 60 })
    await load.finished
    const [first, second] = records(load)
    expect(first).toMatchObject({ errorCode: 'TIMEOUT', socketId: 1 })
    expect(second).toMatchObject({ errorCode: 'TIMEOUT' })
    for (const { scheduledMs, doneMs } of records(load)) expect(doneMs - scheduledMs).toBeGreaterThanOrEqual(60)
    expect(load.status()).toMatchObject({ settled: 2, lost: { TIMEOUT: 2 } })
  })

  test('maxSeconds ends the schedule', async () => {
    const port = await httpServer((_request, response) => response.end())
    const load = startLoad(port, { maxRequests: 1000, maxSeconds: 0.1, ratePerSecond: 100 })
    await load.finished
    expect(load.status()).toMatchObject({ scheduled: 10, ok: 10 })
  })

  test('stop ends the schedule and waits for what is out', async () => {
    const held: (() => void)[] = []
    const port = await httpServer((_request, response) => held.push(() => response.end()))
    const load = startLoad(port, { maxRequests: 1000, ratePerSecond: 0.5 })
    await waitFor(() => expect(held).toHaveLength(1))
    const stopped = load.stop()
    expect(load.status()).toMatchObject({ state: 'stopping', scheduled: 1, settled: 0, inFlight: 1 })
    held[0]?.()
    await stopped
    expect(load.status()).toMatchObject({ state: 'finished', scheduled: 1, settled: 1, ok: 1, inFlight: 0 })
  })

  test('abort gives what is out a record that says so', async () => {
    const port = await tcpServer((socket) => socket.resume())
    const load = startLoad(port, { maxRequests: 5, ratePerSecond: 1000 })
    await waitFor(() => expect(load.status().inFlight).toBe(5))
    load.abort()
    await load.finished
    expect(load.status()).toMatchObject({ state: 'finished', scheduled: 5, lost: { STOPPED: 5 } })
  })
})
