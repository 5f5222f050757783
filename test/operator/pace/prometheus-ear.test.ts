import { describe, expect, test } from 'vitest'
import { KubeError } from '../../../src/kube/index.ts'
import { PrometheusEar, type PrometheusEarOptions } from '../../../src/operator/pace/prometheus-ear.ts'
import { type Ask, endpointsSchema } from '../../../src/signals/index.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'
import { ListedApi } from './sight-stage.ts'

const never = new AbortController().signal
const secret = Buffer.from('hunter2').toString('base64')

/** A Prometheus that says of `[Ns]` that N requests ended, and N tenths of them failed. */
function stage(asked: Partial<PrometheusEarOptions['asked']> = {}, more: Partial<PrometheusEarOptions> = {}) {
  const clock = new VirtualClock()
  const server = new ListedApi()
  const queries: string[] = []
  const headers: unknown[] = []
  const ask: Ask = async ({ url, headers: sent }) => {
    const query = url.searchParams.get('query') ?? ''
    queries.push(query)
    headers.push(sent?.['authorization'])
    const seconds = Number(/\[(\d+)s\]/.exec(query)?.[1])
    const value = query.includes('failure') || query.includes('5..') ? seconds / 10 : seconds
    const result = [{ metric: {}, value: [1, String(value)] }]
    return { kind: 'body', text: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }) }
  }
  const ear = new PrometheusEar({
    namespace: 'shop',
    deployment: 'checkout.v2',
    service: 'checkout',
    asked: { endpoint: 'main', preset: 'linkerd', ...asked },
    endpoints: endpointsSchema.parse({ main: { url: 'http://p', ownQueries: true, lagSeconds: 0 } }),
    api: server.api,
    clock,
    createAsk: () => ask,
    ...more,
  })
  return { clock, server, queries, headers, ear }
}

describe('the span', () => {
  test.each<[number, number, number | undefined]>([
    [60_000, 0, 60],
    [60_000, 30_000, 30],
    [60_000, 30_001, 29],
    [60_400, 30_401, 29],
    [60_400, -30_000, 90],
    [60_000, 59_000, 1],
    [60_000, 59_001, undefined],
    [60_000, 60_000, undefined],
  ])('at %i, since %i, is %s whole seconds: never more', async (nowMs, sinceMs, seconds) => {
    const { clock, ear, queries } = stage()
    await clock.advance(nowMs)
    const [reading] = await ear.hear([sinceMs], never)
    if (seconds === undefined) expect(reading).toMatchObject({ kind: 'silent', reason: 'NoData' })
    else {
      expect(queries[0]).toContain(`[${seconds}s]`)
      expect(reading).toEqual({
        kind: 'counts',
        counts: { service: { requests: seconds, errors: Math.round(seconds / 10) } },
      })
    }
  })

  test.each([
    [29, 'silent'],
    [30, 'counts'],
  ])('of %i s is %s where a new pod is known only after 30 s', async (seconds, kind) => {
    const endpoints = endpointsSchema.parse({ main: { url: 'http://p', ownQueries: true } })
    const { clock, ear, queries } = stage({}, { endpoints })
    await clock.advance(60_000)
    expect(await ear.hear([60_000 - seconds * 1000], never)).toMatchObject([{ kind }])
    expect(queries).toHaveLength(2)
  })

  test('that is too short does not hide what is wrong with the endpoint', async () => {
    const endpoints = endpointsSchema.parse({ main: { url: 'http://p', ownQueries: true } })
    const ask: Ask = async () => ({ kind: 'silent', reason: 'Timeout', message: 'slow' })
    const { clock, ear } = stage({}, { endpoints, createAsk: () => ask })
    await clock.advance(60_000)
    expect(await ear.hear([58_000], never)).toMatchObject([{ reason: 'Timeout' }])
  })

  test('is not longer because asking takes time', async () => {
    let nowMs = 60_000
    const clock = new VirtualClock()
    const { ear, queries } = stage({}, { clock: Object.assign(clock, { monotonicMs: () => (nowMs += 0.1) }) })
    await ear.hear([30_000], never)
    expect(queries[0]).toContain('[30s]')
  })

  test('each time asked about has its own answer', async () => {
    const { clock, ear } = stage()
    await clock.advance(100_000)
    const readings = await ear.hear([0, 70_000], never)
    expect(readings).toMatchObject([
      { counts: { service: { requests: 100 } } },
      { counts: { service: { requests: 30 } } },
    ])
  })
})

describe('the subject', () => {
  test('is the namespace, the Service and the Deployment', async () => {
    const queries = { requests: 'x{a="$namespace",b="$service",c="$workload"}[$range]', errors: 'y{a="5.."}[$range]' }
    const { clock, ear, queries: sent } = stage({ preset: undefined, queries })
    await clock.advance(10_000)
    await ear.hear([0], never)
    expect(sent).toEqual(['x{a="shop",b="checkout",c="checkout.v2"}[10s]', 'y{a="5.."}[10s]'])
  })

  test('needs a Service only where the query is about one', async () => {
    const about = stage({ preset: 'ingress-nginx' }, { service: undefined })
    await about.clock.advance(10_000)
    expect(await about.ear.hear([0], never)).toMatchObject([
      { kind: 'silent', reason: 'NotConfigured', message: expect.stringContaining('no Service selects the pods') },
    ])
    expect(about.queries).toEqual([])
    const other = stage({ preset: 'linkerd' }, { service: undefined })
    await other.clock.advance(10_000)
    expect(await other.ear.hear([0], never)).toMatchObject([{ kind: 'counts' }])
  })

  test('an endpoint that nobody named is not configured', async () => {
    const { clock, ear } = stage({ endpoint: 'other' })
    await clock.advance(10_000)
    expect(await ear.hear([0], never)).toMatchObject([{ reason: 'NotConfigured' }])
  })
})

describe('the Secret', () => {
  test('is not read where none is named', async () => {
    const { clock, ear, server, headers } = stage()
    await clock.advance(10_000)
    await ear.hear([0], never)
    expect([server.gets, headers[0]]).toEqual([0, undefined])
  })

  test('is read at most every 30 s', async () => {
    const { clock, ear, server, headers } = stage({ secret: 'prometheus' })
    server.secret = { data: { token: secret } }
    await clock.advance(10_000)
    for (let tick = 0; tick < 15; tick++) {
      await ear.hear([0], never)
      await clock.advance(2000)
    }
    expect([server.gets, headers[0]]).toEqual([1, 'Bearer hunter2'])
    server.secret = { data: { token: Buffer.from('other').toString('base64') } }
    await ear.hear([0], never)
    expect([server.gets, headers.at(-1)]).toEqual([2, 'Bearer other'])
  })

  test.each(['NotFound', 'Forbidden'] as const)('%s: it is not there, which is told without asking', async (code) => {
    const { clock, ear, server, queries } = stage({ secret: 'prometheus' })
    server.secret = new KubeError(code, 'no')
    await clock.advance(10_000)
    expect(await ear.hear([0, 1], never)).toMatchObject([
      { reason: 'NotConfigured', message: 'the Secret that the policy names is not there' },
      { reason: 'NotConfigured' },
    ])
    expect(queries).toEqual([])
  })

  test('an API server that is down leaves the one that was read; without one nothing is sent', async () => {
    const { clock, ear, server, headers, queries } = stage({ secret: 'prometheus' })
    server.secret = new KubeError('Unavailable', 'down')
    await clock.advance(10_000)
    expect(await ear.hear([0], never)).toMatchObject([{ kind: 'silent', reason: 'Unreachable' }])
    expect(queries).toEqual([])
    server.secret = { data: { token: secret } }
    await ear.hear([0], never)
    server.secret = new KubeError('Unavailable', 'down')
    await clock.advance(40_000)
    await ear.hear([0], never)
    expect([server.gets, headers.at(-1)]).toEqual([3, 'Bearer hunter2'])
  })

  test('is in no reading', async () => {
    for (const token of [secret, Buffer.from('hunter2\r\nx').toString('base64')]) {
      const { clock, ear, server } = stage({ secret: 'prometheus' })
      server.secret = { data: { token } }
      await clock.advance(10_000)
      expect(JSON.stringify(await ear.hear([0], never))).not.toContain('hunter2')
    }
  })
})
