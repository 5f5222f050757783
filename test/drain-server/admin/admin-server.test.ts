import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createAdminServer } from '../../../src/drain-server/admin/admin-server.ts'
import type { AdminLimits } from '../../../src/drain-server/admin/admin-server.ts'
import { ServingProcess } from './subject.ts'

const limits: AdminLimits = { headersTimeoutMs: 50, requestTimeoutMs: 100, checkEveryMs: 20, connections: 3 }

async function adminPort(limits?: AdminLimits): Promise<number> {
  const server = createAdminServer(new ServingProcess(), undefined, limits).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The server does not keep this process alive by itself.
  server.ref()
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (bytes) => (text += String(bytes)))
  await once(socket, 'close')
  return text
}

test.each([
  ['says nothing', '', /^(HTTP\/1\.1 408 .*)?$/s],
  ['never ends its head', 'GET /health/live HTTP/1.1\r\nHost: a\r\nX: ', /^HTTP\/1\.1 408 /],
  ['never ends its body', 'POST /admin/drain HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx', /^HTTP\/1\.1 202 /],
])('a client that %s is cut off', async (_, bytes, answer) => {
  const socket = await connected(await adminPort(limits))
  socket.write(bytes)
  expect(await readAll(socket)).toMatch(answer)
})

test('slow clients have seconds, unless told otherwise', () => {
  const server = createAdminServer(new ServingProcess(), undefined)
  expect(server).toMatchObject({ headersTimeout: 5000, requestTimeout: 10_000 })
})

test('it does not keep its process alive, and neither do its connections', async () => {
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    import { connect } from 'node:net'
    import { createAdminServer } from ${module('../../../src/drain-server/admin/admin-server.ts')}
    import { ServingProcess } from ${module('./subject.ts')}
    const server = createAdminServer(new ServingProcess(), undefined)
    server.on('connection', (socket) => process.on('exit', () => console.log(socket.destroyed ? 'ended' : 'open')))
    server.listen(0, '127.0.0.1', () => {
      const client = connect(server.address().port, '127.0.0.1', () => setTimeout(() => client.unref(), 50))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (bytes) => (said += String(bytes)))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('open\n')
})

test('connections that are gone do not count', async () => {
  const port = await adminPort({ ...limits, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 })
  const first = await connected(port)
  for (let turn = 0; turn < 5; turn += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/health/live`, { headers: { connection: 'close' } })
    await response.text()
  }
  first.write('GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(await readAll(first)).toMatch(/^HTTP\/1\.1 200 /)
})

test('whoever hoards connections does not shut out the next', async () => {
  const port = await adminPort({ ...limits, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 })
  const hoarded = [await connected(port), await connected(port), await connected(port)]
  const closed = once(hoarded[0] as Socket, 'close')
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`)
  expect(response.status).toBe(200)
  await response.text()
  await closed
  expect(hoarded[1]?.destroyed).toBe(false)
})

test.each([
  ['no HTTP at all', '\u0000\u0001\u0002\r\n\r\n', 400],
  ['two lengths', 'POST /admin/drain HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['a head beyond all measure', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}`, 431],
  ['a host that is missing', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
  ['a path of dots', 'GET /health/../admin/drain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
  ['a name of every object', 'GET /__proto__ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
])('a request with %s is refused', async (_, bytes, status) => {
  const port = await adminPort()
  const socket = await connected(port)
  socket.write(bytes)
  expect(await readAll(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200)
})
