import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createAsk, type Asked, type AskOptions } from '../../src/signals/ask/index.ts'
import type { Clock } from '../../src/signals/signal.ts'
import { deafPort } from '../deaf-port.ts'

/** Time stands still, until `pass` lets the timers run. */
class StillClock implements Clock {
  readonly timers = new Set<() => void>()

  monotonicMs(): number {
    return 0
  }

  setTimeout(callback: () => void): { cancel(): void } {
    this.timers.add(callback)
    return { cancel: () => void this.timers.delete(callback) }
  }

  pass(): void {
    for (const callback of this.timers) callback()
  }
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<{ url: URL; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics?a=b`), server }
}

const clock = new StillClock()
const local: AskOptions = { addresses: { loopback: true }, clock }
const question = (url: URL, more: Partial<Asked> = {}): Asked => ({
  url,
  timeoutMs: 2000,
  limitBytes: 100,
  who: 'it',
  ...more,
})

describe('asking', () => {
  test('gives the body of a 200', async () => {
    const { url } = await serve((request, response) => response.end(`${request.url} ${String(request.headers['x-a'])}`))
    expect(await createAsk(local)(question(url, { headers: { 'x-a': '1' } }))).toEqual({
      kind: 'body',
      text: '/metrics?a=b 1',
    })
    expect(clock.timers.size).toBe(0)
  })

  test.each([
    [401, 'Unauthorized', 'it answered 401'],
    [403, 'Unauthorized', 'it answered 403'],
    [404, 'Refused', 'it answered 404'],
    [500, 'Refused', 'it answered 500'],
    [204, 'Refused', 'it answered 204'],
    [304, 'Redirected', 'it answered with a redirect (304), which is never followed'],
  ])('%i is %s', async (status, reason, message) => {
    const { url } = await serve((_, response) => response.writeHead(status).end())
    expect(await createAsk(local)(question(url))).toEqual({ kind: 'silent', reason, message })
  })

  test('a redirect is not followed', async () => {
    const target = await serve((_, response) => response.end('followed'))
    let visited = 0
    target.server.on('connection', () => visited++)
    const { url } = await serve((_, response) => response.writeHead(302, { location: target.url.href }).end())
    expect(await createAsk(local)(question(url))).toMatchObject({ reason: 'Redirected' })
    expect(visited).toBe(0)
  })

  test('a body at the limit is read, one beyond it and an endless one are not', async () => {
    const { url } = await serve((_, response) => response.end('x'.repeat(100)))
    expect(await createAsk(local)(question(url))).toMatchObject({ kind: 'body' })
    expect(await createAsk(local)(question(url, { limitBytes: 99 }))).toMatchObject({ reason: 'Malformed' })
    const endless = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1000)));
      }
      response.on('drain', more)
      more()
    })
    expect(await createAsk(local)(question(endless.url))).toMatchObject({ reason: 'Malformed' })
  })

  test('a packed body is not unpacked', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    expect(await createAsk(local)(question(url))).toMatchObject({
      reason: 'Malformed',
      message: 'it sent a packed body although it was asked for a plain one',
    })
  })

  test.each(['before the head', 'within the body'])('no complete answer in time: %s', async (where) => {
    const { url } = await serve((_, response) => {
      if (where === 'within the body') response.writeHead(200).write('x')
      setImmediate(() => clock.pass())
    })
    expect(await createAsk(local)(question(url))).toEqual({
      kind: 'silent',
      reason: 'Timeout',
      message: 'it gave no complete answer within 2 s',
    })
  })

  test('an address that lets nobody in is given up in time', async () => {
    const url = new URL(`http://127.0.0.1:${await deafPort()}/metrics`)
    const asking = createAsk(local)(question(url))
    setImmediate(() => clock.pass())
    expect(await asking).toEqual({
      kind: 'silent',
      reason: 'Timeout',
      message: 'it gave no complete answer within 2 s',
    })
  })

  test('an abort of ours throws its reason', async () => {
    const abort = new AbortController()
    const reason = new Error('stop')
    const { url } = await serve(() => abort.abort(reason))
    await expect(createAsk(local)(question(url), abort.signal)).rejects.toBe(reason)
  })

  test('what is closed, or no HTTP, or ends early is told in our words', async () => {
    const { url, server } = await serve((request) => request.socket.destroy())
    expect(await createAsk(local)(question(url))).toMatchObject({ reason: 'Unreachable' })
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    expect(await createAsk(local)(question(url))).toMatchObject({
      reason: 'Unreachable',
      message: 'it refused the connection',
    })
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('secret secret\r\n\r\n'))
    }).listen(0, '127.0.0.1')
    closing.push(() => tcp.close())
    await once(tcp, 'listening')
    const plain = new URL(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}/`)
    expect(await createAsk(local)(question(plain))).toMatchObject({
      reason: 'Malformed',
      message: 'it does not speak HTTP',
    })
  })

  test('a literal address is judged without a connection', async () => {
    const { url, server } = await serve((_, response) => response.end('reached'))
    let visited = 0
    server.on('connection', () => visited++)
    const ask = createAsk({ addresses: { loopback: false }, clock })
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0177.0.0.1']) {
      const disguised = new URL(`http://${host}:${url.port}/`)
      expect(await ask(question(disguised))).toMatchObject({ reason: 'Forbidden' })
    }
    expect(visited).toBe(0)
  })

  test('a name is resolved once, and what was judged is what is connected to', async () => {
    const { url } = await serve((request, response) => response.end(request.headers.host))
    let resolved = 0
    const resolve: AskOptions['resolve'] = (_, done) => {
      const address = resolved++ === 0 ? '127.0.0.1' : '169.254.169.254'
      done(null, [{ address, family: 4 }])
    }
    const named = new URL(`http://prometheus.test:${url.port}/`)
    const ask = createAsk({ ...local, resolve })
    expect(await ask(question(named))).toEqual({ kind: 'body', text: `prometheus.test:${url.port}` })
    expect(resolved).toBe(1)
    expect(await ask(question(named))).toMatchObject({ reason: 'Forbidden' })
  })

  test('one forbidden address among others forbids the name', async () => {
    const { url } = await serve((_, response) => response.end('reached'))
    const resolve: AskOptions['resolve'] = (_, done) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: 'fe80::1', family: 6 },
      ])
    const named = new URL(`http://prometheus.test:${url.port}/`)
    expect(await createAsk({ ...local, resolve })(question(named))).toMatchObject({ reason: 'Forbidden' })
  })

  test('a name that is none is unreachable', async () => {
    const resolve: AskOptions['resolve'] = (_, done) =>
      done(Object.assign(new Error('secret'), { code: 'ENOTFOUND' }), [])
    expect(await createAsk({ ...local, resolve })(question(new URL('http://nowhere.test/')))).toMatchObject({
      reason: 'Unreachable',
      message: 'the name of it cannot be resolved',
    })
  })
})
