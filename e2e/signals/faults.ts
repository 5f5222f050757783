import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { systemClock } from '../../src/kube/index.ts'
import type { Silence } from '../../src/pacing/index.ts'
import { createPrometheusSignal, endpointsSchema } from '../../src/signals/index.ts'
import { freePort } from './children.ts'
import type { Row } from './row.ts'

/** What no message may ever carry. */
const token = 'the-token-of-the-secret'
const upstream = 'words-of-the-upstream'
const secret = { token: Buffer.from(token).toString('base64') }
const subject = { namespace: 'shop', service: 'cart', workload: 'cart' }
const timeoutSeconds = 0.5

const value = (text: string, more: unknown[] = []): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: { a: upstream }, value: [1, text] }, ...more] },
  })
const say = (body: string | Buffer, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) => void response.writeHead(200, headers).end(body)
}
const status = (code: number, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) => void response.writeHead(code, { 'x-said': upstream, ...headers }).end(upstream)
}
const endless: RequestListener = (_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write(upstream.repeat(1000)));
  }
  response.on('drain', more)
  more()
}

const liars: [what: string, listener: RequestListener, reason: Silence][] = [
  ['NaN', say(value('NaN')), 'Impossible'],
  ['negative', say(value('-5')), 'Impossible'],
  ['huge', say(value('1e300')), 'Impossible'],
  ['infinite', say(value('+Inf')), 'Impossible'],
  [
    'more errors than requests',
    (request, response) => response.end(value(request.url?.includes('failure') ? '9' : '5')),
    'Impossible',
  ],
  ['two series', say(value('1', [{ value: [1, '2'] }])), 'Malformed'],
  ['no series', say(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } })), 'NoData'],
  ['wrong shape', say(JSON.stringify({ status: 'success', data: upstream })), 'Malformed'],
  ['an error in JSON', say(JSON.stringify({ status: 'error', error: upstream })), 'Malformed'],
  ['HTML', say(`<html>${upstream}</html>`, { 'content-type': 'text/html' }), 'Malformed'],
  ['a gzip bomb', say(gzipSync(Buffer.alloc(64 * 2 ** 20)), { 'content-encoding': 'gzip' }), 'Malformed'],
  ['an endless body', endless, 'Malformed'],
  [
    'an endless head',
    (request) => void request.socket.write(`HTTP/1.1 200 OK\r\nx: ${upstream.repeat(5000)}`),
    'Malformed',
  ],
  ['401', status(401), 'Unauthorized'],
  ['403', status(403), 'Unauthorized'],
  ['500', status(500), 'Refused'],
  ['never answers', () => {}, 'Timeout'],
  ['stops within the body', (_, response) => void response.writeHead(200).write(upstream), 'Timeout'],
  ['resets', (request) => void request.socket.resetAndDestroy(), 'Unreachable'],
  [
    'a redirect to 169.254.169.254',
    status(302, { location: 'http://169.254.169.254/latest/meta-data/' }),
    'Redirected',
  ],
]

/** Endpoints that are down, slow or lying: each must be silent for the right reason, in our words. */
export async function askFaulty(): Promise<Row[]> {
  const rows: Row[] = []
  for (const [what, listener, reason] of liars) {
    const server = await listening(createServer(listener))
    rows.push(await tried(what, `http://127.0.0.1:${portOf(server)}`, reason))
    server.closeAllConnections()
    server.close()
  }
  rows.push(await tried('a closed port', `http://127.0.0.1:${await freePort()}`, 'Unreachable'))
  rows.push(await tried('169.254.169.254 itself', 'http://169.254.169.254', 'Forbidden'))
  rows.push(await tried('the same, in IPv6', 'http://[::ffff:169.254.169.254]', 'Forbidden'))
  rows.push(await tried('loopback without leave', `http://localhost:${await freePort()}`, 'Forbidden', false))
  return [...rows, await redirectIsNotFollowed()]
}

/** That nothing was asked of a redirect's target shows at a target that can be watched. */
async function redirectIsNotFollowed(): Promise<Row> {
  const what = 'the target of a redirect is left alone'
  let visits = 0
  const target = createTcpServer((socket) => {
    visits++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const address = target.address()
  const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
  const server = await listening(createServer(status(307, { location })))
  const row = await tried(what, `http://127.0.0.1:${portOf(server)}`, 'Redirected')
  server.closeAllConnections()
  server.close()
  target.close()
  return { ...row, found: `${row.found}, ${visits} visits`, pass: row.pass && visits === 0 }
}

async function tried(what: string, url: string, reason: Silence, loopback = true): Promise<Row> {
  const signal = createPrometheusSignal({
    endpoints: endpointsSchema.parse({ faulty: { url, timeoutSeconds, addresses: { loopback } } }),
    endpoint: 'faulty',
    queries: 'linkerd',
    subject,
    secret,
    sinceMs: 0,
    clock: systemClock,
  })
  const reading = await signal.read()
  const found = reading.kind === 'silent' ? `${reading.reason}: ${reading.message}` : JSON.stringify(reading)
  const leaks = [token, secret.token, upstream, '169.254', 'meta-data'].filter((word) => found.includes(word))
  const pass = reading.kind === 'silent' && reading.reason === reason && leaks.length === 0
  return { what, expected: reason, found: leaks.length === 0 ? found : `${found} (leaks ${leaks.length} words)`, pass }
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
