import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { drain, drainReportSchema } from '../../src/drain-server/index.ts'
import { stage } from './in-process.ts'

async function call(url: string, init?: RequestInit): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.json() }
}

describe('the admin port', () => {
  test('tells health through a drain', async () => {
    const it = await stage({ delaySeconds: 0.2 })
    const health = async () => {
      const statuses = ['live', 'ready', 'startup'].map(
        async (name) => (await fetch(`${it.adminUrl}/health/${name}`)).status,
      )
      return Promise.all(statuses)
    }
    expect(await health()).toEqual([200, 200, 200])
    expect(await call(`${it.adminUrl}/admin/drain/report`)).toEqual({
      status: 404,
      body: { error: 'no drain has ended yet', state: 'serving' },
    })
    it.drainer.start()
    expect(await health()).toEqual([200, 503, 200])
    const report = await it.drainer.drained
    expect(await health()).toEqual([200, 503, 200])
    expect(await call(`${it.adminUrl}/admin/drain/report`)).toEqual({ status: 200, body: report })
    expect((await fetch(`${it.adminUrl}/health/live`, { method: 'HEAD' })).status).toBe(200)
  })

  test('is not started or ready before the server listens', async () => {
    const server = createServer()
    const drainer = drain(server, { signals: [], admin: { port: 0, host: '127.0.0.1' }, exit: false })
    const url = `http://127.0.0.1:${(await drainer.adminAddress)?.port}`
    expect((await fetch(`${url}/health/startup`)).status).toBe(503)
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
    await drainer.release()
  })

  test.each([
    ['GET', '/nowhere', 404],
    ['GET', '/constructor', 404],
    ['DELETE', '/admin/drain', 405],
    ['POST', '/metrics', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    const it = await stage()
    expect((await fetch(`${it.adminUrl}${path}`, { method })).status).toBe(status)
    expect(it.drainer.state).toBe('serving')
  })

  test('refuses a malformed contract and begins no drain', async () => {
    const it = await stage()
    expect(await call(`${it.adminUrl}/admin/drain?delaySeconds=2s`)).toEqual({
      status: 400,
      body: { error: "delaySeconds must be a number of seconds from 0 to 3600, got '2s'", code: 'ERR_DRAIN_PARAMETER' },
    })
    expect(it.drainer.state).toBe('serving')
    expect((await fetch(`${it.adminUrl}/health/ready`)).status).toBe(200)
  })

  test.each(['GET', 'POST'])('begins a drain with the contract of the hook, once, by %s', async (method) => {
    const it = await stage({ delaySeconds: 20, environment: { DRAIN_GRACE_SECONDS: '99' } })
    expect(await call(`${it.adminUrl}/admin/drain?delaySeconds=0.1&graceSeconds=41`, { method })).toEqual({
      status: 202,
      body: { began: true, state: 'converging' },
    })
    expect(await call(`${it.adminUrl}/admin/drain?delaySeconds=30`, { method })).toEqual({
      status: 200,
      body: { began: false, state: 'converging' },
    })
    it.signal('SIGTERM')
    expect(await it.drainer.drained).toMatchObject({
      trigger: 'preStop',
      drainDelayMs: 100,
      deadlineMs: 39_000,
      verdict: 'clean',
    })
    await sleep(1)
    expect(it.exits).toEqual([0])
  })

  test('wants its token on /admin and nowhere else', async () => {
    const it = await stage({ admin: { port: 0, host: '127.0.0.1', token: 'secret' } })
    for (const token of [undefined, 'wrong', 'secret2']) {
      const headers = token === undefined ? {} : { 'x-drain-token': token }
      expect((await fetch(`${it.adminUrl}/admin/drain`, { headers })).status).toBe(401)
    }
    expect(it.drainer.state).toBe('serving')
    expect((await fetch(`${it.adminUrl}/health/ready`)).status).toBe(200)
    expect((await fetch(`${it.adminUrl}/admin/drain`, { headers: { 'x-drain-token': 'secret' } })).status).toBe(202)
  })

  test('that is taken is told to the log, and the application goes on', async () => {
    const first = await stage()
    const port = Number(new URL(first.adminUrl).port)
    const second = await stage({ admin: { port, host: '127.0.0.1' } })
    expect(await second.drainer.adminAddress).toBeUndefined()
    expect(second.log).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'the admin port cannot be opened', port }),
    )
    expect((await fetch(`http://127.0.0.1:${second.port}/now`)).status).toBe(200)
  })

  test('can be left out', async () => {
    const it = await stage({ admin: false })
    expect(await it.drainer.adminAddress).toBeUndefined()
  })
})

describe('a preStop call that no signal follows', () => {
  test('is called off: ready again, connections are kept again, and a later drain is whole', async () => {
    const it = await stage({ delaySeconds: 0.05, undrainAfterMs: 300 })
    await fetch(`${it.adminUrl}/admin/drain`)
    const client = await it.connect()
    client.get('/slow?ms=400')
    await sleep(200)
    expect(it.drainer.state).toBe('converging')
    await client.receives('ok /slow')
    expect(it.drainer.state).toBe('serving')
    expect(client.closesAnnounced).toBe(0)
    expect((await fetch(`${it.adminUrl}/health/ready`)).status).toBe(200)
    expect(it.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('called off') }),
    )
    client.get('/now')
    await client.receives('ok /now')
    expect(client.closesAnnounced).toBe(0)
    it.signal('SIGTERM')
    const report = await it.drainer.drained
    expect(report).toMatchObject({
      trigger: 'signal',
      verdict: 'clean',
      late: { connections: { count: 0 }, requests: { count: 0 } },
    })
    expect(report.before).toMatchObject({ newConnections: 1, requests: 2 })
    expect(it.drainer.metrics()).toContain('drain_server_late_arrivals_total{kind="connections"} 1')
  })

  test('is not called off when the signal comes, and its delay counts from the call', async () => {
    const it = await stage({ delaySeconds: 0.05, undrainAfterMs: 200 })
    await fetch(`${it.adminUrl}/admin/drain`)
    await sleep(120)
    expect(it.drainer.state).toBe('converging')
    it.signal('SIGTERM')
    expect(it.drainer.state).toBe('closing')
    expect(await it.drainer.drained).toMatchObject({ trigger: 'preStop', verdict: 'clean', drainDelayMs: 50 })
  })

  test('is ended at once by a signal that comes after its deadline', async () => {
    const it = await stage({ delaySeconds: 0, graceSeconds: 1, undrainAfterMs: 5000 })
    const client = await it.connect()
    client.get('/slow?ms=60000')
    await fetch(`${it.adminUrl}/admin/drain`)
    await sleep(600)
    expect(it.drainer.state).toBe('converging')
    it.signal('SIGTERM')
    expect(await it.drainer.drained).toMatchObject({
      verdict: 'forced',
      listenerClosedMs: null,
      forced: { requests: 1 },
    })
    expect(it.server.listening).toBe(false)
  })
})

test('metrics are Prometheus text', async () => {
  const it = await stage({
    handler(request, response) {
      response.statusCode = Number(request.url?.slice(1))
      response.end()
    },
  })
  for (const path of ['200', '204', '302', '404', '503'])
    await fetch(`http://127.0.0.1:${it.port}/${path}`, { redirect: 'manual' })
  const response = await fetch(`${it.adminUrl}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const samples = parsePrometheus(await response.text())
  expect(samples).toMatchObject({
    drain_server_requests_in_flight: 0,
    'drain_server_requests_total{code="2xx"}': 2,
    'drain_server_requests_total{code="3xx"}': 1,
    'drain_server_requests_total{code="4xx"}': 1,
    'drain_server_requests_total{code="5xx"}': 1,
    'drain_server_requests_total{code="aborted"}': 0,
    'drain_server_request_duration_seconds_bucket{le="+Inf"}': 5,
    drain_server_request_duration_seconds_count: 5,
    'drain_server_phase{phase="serving"}': 1,
    'drain_server_phase{phase="converging"}': 0,
    'drain_server_late_arrivals_total{kind="requests"}': 0,
  })
  expect(drainReportSchema).toBe('drainkeeper.dev/drain-report/v1')
})

/** The text format's grammar: every sample stands under the HELP and TYPE of its family, and ends in a number. */
function parsePrometheus(text: string): Record<string, number> {
  expect(text.endsWith('\n')).toBe(true)
  const samples: Record<string, number> = {}
  let family = ''
  for (const line of text.trimEnd().split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line)
    if (comment !== null) {
      family = comment[2] ?? ''
      if (comment[1] === 'TYPE') expect(comment[3]).toMatch(/^(counter|gauge|histogram)$/)
      continue
    }
    const sample = /^(([a-z_]+)(\{[a-z]+="[^"\\]*"\})?) (\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(line)
    expect(sample, line).not.toBeNull()
    expect(sample?.[2]?.replace(/_(bucket|sum|count)$/, '')).toBe(family)
    samples[sample?.[1] ?? ''] = Number(sample?.[4])
  }
  return samples
}
