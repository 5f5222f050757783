import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { get as httpsGet } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, credentials } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { DrainReport } from '../../src/drain-server/index.ts'
import { certificate, privateKey } from './certificate.ts'

interface Example {
  port: number
  adminUrl: string
  process: ChildProcess
  /** Resolves when as many requests are being served. */
  inFlight(count: number): Promise<void>
  /** Sends SIGTERM. */
  end(): Promise<{ code: number | null; report: DrainReport; stderr: string }>
}

async function startExample(name: string, nodeOptions: string[] = []): Promise<Example> {
  const [port, adminPort] = await Promise.all([freePort(), freePort()])
  const folder = mkdtempSync(join(tmpdir(), 'drain-server-'))
  writeFileSync(join(folder, 'tls.key'), privateKey)
  writeFileSync(join(folder, 'tls.crt'), certificate)
  const file = new URL(`../../src/drain-server/examples/${name}.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=drainkeeper-source', ...nodeOptions, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PORT: String(port),
      TLS_KEY: join(folder, 'tls.key'),
      TLS_CERT: join(folder, 'tls.crt'),
      DRAIN_ADMIN_PORT: String(adminPort),
      DRAIN_DELAY_SECONDS: '0.2',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds().catch(() => false))) {
      if (child.exitCode !== null) throw new Error(`the ${name} example has ended: ${(await ended)[2]}`)
      await sleep(10)
    }
  }
  await until(async () => (await fetch(`${adminUrl}/health/startup`)).ok)
  return {
    port,
    adminUrl,
    process: child,
    inFlight: (count) =>
      until(async () => {
        const metrics = await fetch(`${adminUrl}/metrics`).then((response) => response.text())
        return new RegExp(`^drain_server_requests_in_flight ${count}$`, 'm').test(metrics)
      }),
    async end() {
      child.kill('SIGTERM')
      const [[code], stdout, stderr] = await ended
      const reports = stdout.split('\n').filter((line) => line.startsWith('{"schema"'))
      expect(reports).toHaveLength(1)
      return { code: code as number | null, report: JSON.parse(reports[0] ?? '') as DrainReport, stderr }
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const ask = {
  http: (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text()),
  https: (port: number, path: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { port, path, host: '127.0.0.1', rejectUnauthorized: false }
      httpsGet(options, (response) => resolve(text(response))).on('error', reject)
    }),
  async http2(port: number, path: string) {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    const body = await text(session.request({ ':path': path }))
    session.close()
    return body
  },
}

/**
 * Ends an example while one request is in flight. The request takes a second: where the machine stood still, and it was
 * answered before the signal came, nothing was tried, and it is tried anew.
 */
async function endedInFlight<T>(start: () => Promise<{ example: Example; answer: Promise<T> }>) {
  for (let left = 4; ; left -= 1) {
    const { example, answer } = await start()
    await Promise.race([example.inFlight(1), answer])
    const ended = await example.end()
    if (ended.report.inFlight.atDrainStart > 0 || left === 0) return { ...ended, answered: await answer }
  }
}

const register = ['--import', new URL('../../src/drain-server/register.ts', import.meta.url).pathname]

test.each([
  ['node', 'http', '/slow', 'hello from /slow\n', [], ''],
  ['https', 'https', '/slow', 'hello over TLS from /slow\n', [], ''],
  ['http2', 'http2', '/slow', 'hello over HTTP/2 from /slow\n', [], ''],
  ['express', 'http', '/slow?ms=1000', 'done\n', [], ''],
  ['fastify', 'http', '/slow', 'done\n', [], 'the database pool would be closed here'],
  ['koa', 'http', '/slow', 'hello from /slow\n', [], ''],
  ['hono', 'http', '/slow', 'done\n', [], ''],
  ['nest', 'http', '/slow', 'done\n', [], 'the database pool would be closed here'],
  ['cluster', 'http', '/slow', 'hello from /slow\n', [], ''],
  ['register', 'http', '/slow', 'hello from /slow\n', register, 'the database pool would be closed here'],
] as const)(
  'the %s example answers what is in flight at SIGTERM, and exits 0 with a clean report',
  async (name, protocol, path, body, nodeOptions, said) => {
    const { code, report, stderr, answered } = await endedInFlight(async () => {
      const example = await startExample(name, [...nodeOptions])
      return { example, answer: ask[protocol](example.port, path) }
    })
    expect(answered).toBe(body)
    expect(report).toMatchObject({ verdict: 'clean', trigger: 'signal', inFlight: { atDrainStart: 1 } })
    expect(stderr).toContain(said)
    expect(code).toBe(0)
  },
  120_000,
)

test('the ws example says 1001 to its clients', async () => {
  const example = await startExample('ws')
  const client = new WebSocket(`ws://127.0.0.1:${example.port}/`)
  await once(client, 'open')
  client.send('hello')
  const [message] = (await once(client, 'message')) as [Buffer]
  expect(message.toString()).toBe('hello')
  const closed = once(client, 'close')
  const { code, report } = await example.end()
  expect((await closed)[0]).toBe(1001)
  expect(report).toMatchObject({ verdict: 'clean' })
  expect(code).toBe(0)
})

test('the sse example ends its streams in order', async () => {
  const example = await startExample('sse')
  const stream = new Promise<string>((resolve, reject) => {
    httpGet(`http://127.0.0.1:${example.port}/`, (response) => resolve(text(response))).on('error', reject)
  })
  await example.inFlight(1)
  const { code, report } = await example.end()
  expect(await stream).toMatch(/^id: 1\ndata: tick\n\n/)
  expect(report).toMatchObject({ verdict: 'clean' })
  expect(code).toBe(0)
})

test('the grpc example answers the call in flight at SIGTERM, and exits 0 with a clean report', async () => {
  const { code, report, answered } = await endedInFlight(async () => {
    const example = await startExample('grpc')
    const client = new Client(`127.0.0.1:${example.port}`, credentials.createInsecure())
    onTestFinished(() => client.close())
    const encode = (value: string): Buffer => Buffer.from(value)
    const answer = new Promise<string | undefined>((resolve, reject) => {
      client.makeUnaryRequest('/example.Greeter/SayHello', encode, String, 'slowly', (error, value) =>
        error === null ? resolve(value) : reject(error),
      )
    })
    return { example, answer }
  })
  expect(answered).toBe('hello, slowly')
  expect(code).toBe(0)
  expect(report).toMatchObject({ verdict: 'clean', inFlight: { atDrainStart: 1 }, forced: { requests: 0 } })
}, 120_000)
