import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ClosableTransport,
  createUndiciTransport,
  gateWrites,
  type KubeErrorCode,
  type Observation,
  type TransportRequest,
} from '../../src/kube/index.ts'
import { deafPort } from '../deaf-port.ts'
import { failure, json, reset, ScenarioServer, ScriptedWatch } from './scenario-server.ts'
import { settled, until, VirtualClock } from './virtual-clock.ts'

const getPods: TransportRequest = { method: 'GET', verb: 'list', resource: 'pods', path: '/api/v1/pods' }
const patchPod: TransportRequest = {
  method: 'PATCH',
  verb: 'patch',
  resource: 'pods',
  path: '/api/v1/pods/a',
  body: '{}',
  headers: { 'content-type': 'application/merge-patch+json' },
}

let server: ScenarioServer
let clock: VirtualClock
let transport: ClosableTransport
let observations: Observation[]
let renewals: number

beforeEach(async () => {
  server = await ScenarioServer.start()
  clock = new VirtualClock()
  observations = []
  renewals = 0
  transport = createUndiciTransport({
    clock,
    access: async (renew) => {
      if (renew) renewals++
      return { server: `${server.url}/prefix/`, headers: { authorization: `Bearer ${renewals}` } }
    },
    observe: (observation) => observations.push(observation),
  })
})

afterEach(async () => {
  await transport.close()
  await server.close()
})

const GET = 'GET /prefix/api/v1/pods'
const PATCH = 'PATCH /prefix/api/v1/pods/a'
const statuses = (): Observation['status'][] => observations.map(({ status }) => status)

async function bodyOf(request: TransportRequest): Promise<string> {
  return (await transport.request(request)).text()
}

async function codeOf(promise: Promise<unknown>): Promise<KubeErrorCode | 'no error'> {
  return promise.then(
    () => 'no error',
    (error: { code: KubeErrorCode }) => error.code,
  )
}

describe('connections', () => {
  test('requests in sequence, of any verb, share connections: undici takes a second when the first is not free yet', async () => {
    for (let i = 0; i < 20; i++) {
      server.expect({ call: GET, reply: json({ i }) }, { call: PATCH, body: {}, reply: json({}) })
    }
    for (let i = 0; i < 20; i++) {
      expect(await bodyOf(getPods)).toBe(`{"i":${i}}`)
      await bodyOf(patchPod)
    }
    expect(server.connections).toBeLessThanOrEqual(2)
    server.verify()
  })

  test('a query is encoded, and undefined parameters are left out', async () => {
    server.expect({
      call: GET,
      query: { labelSelector: 'a in (b,c)', limit: '5', continue: null },
      reply: json({}),
    })
    await bodyOf({ ...getPods, query: { labelSelector: 'a in (b,c)', limit: 5, continue: undefined } })
    server.verify()
  })
})

describe('retries', () => {
  test.each([429, 500, 503])('a %i that says when is retried, then', async (status) => {
    server.expect(
      { call: PATCH, reply: failure(status, 'Busy', { 'retry-after': '7' }) },
      { call: PATCH, reply: json({ done: true }) },
    )
    const answer = bodyOf(patchPod)
    await until(() => statuses().length === 1)
    await settled()
    await clock.advance(6_999)
    expect(server.calls.length).toBe(1)
    await clock.advance(1)
    expect(await answer).toBe('{"done":true}')
    expect(statuses()).toEqual([status, 200])
    server.verify()
  })

  test.each([429, 500])('a %i that does not say when is given to the caller', async (status) => {
    server.expect({ call: GET, reply: failure(status, 'Busy') })
    expect((await transport.request(getPods)).status).toBe(status)
    server.verify()
  })

  test('at most ten times', async () => {
    for (let i = 0; i < 11; i++) server.expect({ call: GET, reply: failure(429, 'Busy', { 'retry-after': '0' }) })
    const answer = transport.request(getPods)
    while (statuses().length < 11) await clock.advance(0)
    expect((await answer).status).toBe(429)
    server.verify()
  })

  test('a watch is not retried: its reader decides', async () => {
    server.expect({ call: GET, reply: failure(429, 'Busy', { 'retry-after': '1' }) })
    expect((await transport.request({ ...getPods, verb: 'watch' })).status).toBe(429)
    server.verify()
  })

  test('a GET whose connection was reset is tried once more', async () => {
    server.expect({ call: GET, reply: reset }, { call: GET, reply: json({}) })
    expect(await bodyOf(getPods)).toBe('{}')
    server.expect({ call: GET, reply: reset }, { call: GET, reply: reset })
    expect(await codeOf(transport.request(getPods))).toBe('Unavailable')
    server.verify()
  })

  test('a write whose connection was reset is not: it may have happened', async () => {
    server.expect({ call: PATCH, reply: reset })
    expect(await codeOf(transport.request(patchPod))).toBe('Unavailable')
    server.verify()
  })

  test('a 401 renews the credentials once', async () => {
    server.expect(
      { call: PATCH, reply: failure(401, 'Unauthorized') },
      {
        call: PATCH,
        reply: (exchange) => json({ as: exchange.request.headers.authorization })(exchange),
      },
    )
    expect(await bodyOf(patchPod)).toBe('{"as":"Bearer 1"}')
    server.expect(
      { call: PATCH, reply: failure(401, 'Unauthorized') },
      { call: PATCH, reply: failure(401, 'Unauthorized') },
    )
    expect((await transport.request(patchPod)).status).toBe(401)
    server.verify()
  })
})

describe('the end of a request', () => {
  const never = (): void => {}

  test('no answer within 30 s is a Timeout', async () => {
    server.expect({ call: PATCH, reply: never })
    const answer = codeOf(transport.request(patchPod))
    await until(() => server.calls.length === 1)
    await clock.advance(29_999)
    expect(statuses()).toEqual([])
    await clock.advance(1)
    expect(await answer).toBe('Timeout')
    expect(observations).toEqual([{ verb: 'patch', resource: 'pods', status: 'Timeout', durationMs: 30_000 }])
  })

  test('an address that lets nobody in is a Timeout too', async () => {
    const port = await deafPort()
    const deaf = createUndiciTransport({ clock, access: async () => ({ server: `http://127.0.0.1:${port}` }) })
    const answer = codeOf(deaf.request({ ...patchPod, timeoutMs: 5_000 }))
    await settled()
    await clock.advance(5_000)
    expect(await answer).toBe('Timeout')
    await deaf.close()
  })

  test('a body that stays away is a Timeout too', async () => {
    server.expect({ call: GET, reply: ({ response }) => void response.writeHead(200).write('{') })
    const response = await transport.request({ ...getPods, timeoutMs: 5_000 })
    const text = codeOf(response.text())
    await clock.advance(5_000)
    expect(await text).toBe('Timeout')
  })

  test('a body that is cut off is Unavailable', async () => {
    server.expect({
      call: GET,
      reply: ({ response }) => {
        response.writeHead(200, { 'content-length': '10' }).write('{')
        setImmediate(() => response.socket?.destroy())
      },
    })
    expect(await codeOf(bodyOf(getPods))).toBe('Unavailable')
  })

  test('the time goes on while waiting for a retry', async () => {
    server.expect({ call: GET, reply: failure(429, 'Busy', { 'retry-after': '600' }) })
    const answer = codeOf(transport.request(getPods))
    await until(() => clock.timers.includes(600_000))
    await clock.advance(30_000)
    expect(await answer).toBe('Timeout')
    expect(clock.timers).toEqual([])
  })

  test('a body that nobody reads ends with the request, and ends nothing else', async () => {
    const watch = new ScriptedWatch()
    server.expect({ call: GET, reply: watch.reply }, { call: GET, reply: json({}) })
    await transport.request(getPods)
    await clock.advance(30_000)
    await watch.closed
    expect(await bodyOf(getPods)).toBe('{}')
  })

  test('a watch has no time limit once it is open', async () => {
    const watch = new ScriptedWatch()
    server.expect({ call: GET, reply: watch.reply })
    const response = await transport.request({ ...getPods, verb: 'watch' })
    await clock.advance(3_600_000)
    await watch.sendRaw('late')
    await watch.end()
    expect(await response.text()).toBe('late')
  })

  test('the caller may abort at any moment', async () => {
    const calling = new AbortController()
    server.expect({ call: PATCH, reply: never })
    const answer = codeOf(transport.request({ ...patchPod, signal: calling.signal }))
    await until(() => server.calls.length === 1)
    calling.abort()
    expect(await answer).toBe('Aborted')
    expect(await codeOf(transport.request({ ...patchPod, signal: calling.signal }))).toBe('Aborted')
    expect(server.calls.length).toBe(1)
    expect(clock.timers).toEqual([])
  })

  test('nobody there is Unavailable', async () => {
    const nobody = createUndiciTransport({ clock, access: async () => ({ server: 'http://127.0.0.1:1' }) })
    expect(await codeOf(nobody.request(getPods))).toBe('Unavailable')
  })

  test('leaving a stream closes its connection', async () => {
    const watch = new ScriptedWatch()
    server.expect({ call: GET, reply: watch.reply })
    const response = await transport.request({ ...getPods, verb: 'watch' })
    await watch.sendRaw('first')
    for await (const chunk of response.body) {
      expect(Buffer.from(chunk).toString()).toBe('first')
      break
    }
    await watch.closed
  })
})

describe('the write gate', () => {
  let leading: AbortController
  let valid: boolean

  beforeEach(() => {
    leading = new AbortController()
    valid = true
  })

  const gated = (): ReturnType<typeof gateWrites> =>
    gateWrites(transport, { signal: leading.signal, isValid: () => valid && !leading.signal.aborted })

  test('lets reads and writes through while this process leads', async () => {
    server.expect({ call: GET, reply: json({}) }, { call: PATCH, reply: json({}) })
    await (await gated().request(getPods)).text()
    await (await gated().request(patchPod)).text()
    server.verify()
  })

  test('refuses writes, not reads, once leadership is lost', async () => {
    leading.abort()
    server.expect({ call: GET, reply: json({}) })
    expect(await codeOf(gated().request(patchPod))).toBe('Aborted')
    expect((await gated().request(getPods)).status).toBe(200)
    server.verify()
  })

  test('refuses writes when the deadline passed and no timer could say so', async () => {
    valid = false
    expect(await codeOf(gated().request(patchPod))).toBe('Aborted')
    expect(server.calls).toEqual([])
  })

  test('refuses the next attempt of a write when the deadline passed while it waited', async () => {
    server.expect({ call: PATCH, reply: failure(429, 'Busy', { 'retry-after': '1' }) })
    const answer = codeOf(gated().request(patchPod))
    await until(() => clock.timers.includes(1000))
    valid = false
    await clock.advance(1000)
    expect(await answer).toBe('Aborted')
    expect(server.calls).toHaveLength(1)
  })

  test.each([false, true])('ends a write that is under way (with a signal of its own: %s)', async (own) => {
    server.expect({ call: PATCH, reply: () => {} })
    const signal = own ? { signal: new AbortController().signal } : {}
    const answer = codeOf(gated().request({ ...patchPod, ...signal }))
    await until(() => server.calls.length === 1)
    leading.abort()
    expect(await answer).toBe('Aborted')
  })
})
