import { describe, expect, test } from 'vitest'
import type { Answer, Asked } from '../../src/signals/ask/index.ts'
import {
  createPrometheusSignal,
  credentialsOf,
  endpointsSchema,
  type PrometheusOptions,
} from '../../src/signals/index.ts'
import { valueOf } from '../../src/signals/prometheus/query-answer.ts'
import { silent } from '../../src/signals/signal.ts'

const vector = (...values: string[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1700000000.5, value] })) },
  })
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the answer to a query', () => {
  test.each([
    [vector('12'), 12],
    [vector('0'), 0],
    [vector('1.0099999e+02'), 101],
    [JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '3'] } }), 3],
  ])('%s', (text, value) => expect(valueOf(text, 'it')).toMatchObject({ kind: 'value', value }))

  test.each([
    [vector(), 'NoData', 'it has no such series'],
    [vector('1', '2'), 'Malformed', 'it gave 2 series where one number was asked for'],
    [vector('NaN'), 'Impossible', 'it counted what is not a number (NaN)'],
    [vector('+Inf'), 'Impossible', 'it counted infinitely many'],
    [vector('-Inf'), 'Impossible', 'it counted infinitely many'],
    [vector('-1'), 'Impossible', 'it counted less than none'],
    [vector('-0.1'), 'Impossible', 'it counted less than none'],
    [vector('1e300'), 'Impossible', 'it counted more than can be counted'],
    [vector('secret'), 'Malformed', 'it gave a value that is not a number'],
    [vector(''), 'Malformed', 'it gave a value that is not a number'],
    ['<html>secret', 'Malformed', 'it did not answer as a Prometheus query is answered'],
    ['{"status":"error","error":"secret"}', 'Malformed', 'it did not answer as a Prometheus query is answered'],
    ['null', 'Malformed', 'it did not answer as a Prometheus query is answered'],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      'Malformed',
      'it did not answer as a Prometheus query is answered',
    ],
    [
      vector('1').replace('"data"', '"warnings":["secret"],"data"'),
      'Malformed',
      'it warns that its answer is not the whole one',
    ],
  ])('%s is silent', (text, reason, message) =>
    expect(valueOf(text, 'it')).toEqual({ kind: 'silent', reason, message }),
  )
})

describe('the configuration of endpoints', () => {
  test('a URL is enough', () => {
    expect(endpointsSchema.parse({ main: { url: 'http://prometheus.monitoring:9090' } })).toEqual({
      main: {
        url: 'http://prometheus.monitoring:9090',
        timeoutSeconds: 5,
        lagSeconds: 30,
        addresses: { loopback: false },
        ownQueries: false,
      },
    })
  })

  test.each([
    { url: 'ftp://a' },
    { url: 'file:///etc/passwd' },
    { url: 'http://user:password@a' },
    { url: 'http://a/?query=x' },
    { url: 'http://a/#x' },
    { url: 'a' },
    { url: 'http://a', timeoutSeconds: 0 },
    { url: 'http://a', timeoutSeconds: 61 },
    { url: 'http://a', ca: '/etc/ca.pem' },
    { url: 'http://a', addresses: { ranges: ['10.0.0.0'] } },
    { url: 'http://a', insecureSkipVerify: true },
  ])('refuses %j', (endpoint) => expect(endpointsSchema.safeParse({ main: endpoint }).success).toBe(false))

  test('refuses a name that is none', () => {
    expect(endpointsSchema.safeParse({ 'Main!': { url: 'http://a' } }).success).toBe(false)
  })
})

describe('the credentials in a Secret', () => {
  test.each([
    [{ token: 'abc\n' }, 'Bearer abc'],
    [{ username: 'u', password: 'p:ä' }, `Basic ${base64('u:p:ä')}`],
  ])('%j', (data, authorization) => {
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))
    expect(credentialsOf(encoded)).toEqual({ kind: 'credentials', authorization })
  })

  test.each([
    [{ token: 'a\r\nx-evil: 1' }, 'the token in the Secret cannot stand in a header'],
    [{ token: '' }, 'the token in the Secret cannot stand in a header'],
    [{ username: 'u' }, 'the Secret has neither token nor username and password'],
    [{}, 'the Secret has neither token nor username and password'],
    [{ username: 'a:b', password: 'c' }, 'the username in the Secret contains a colon'],
  ])('%j is silent', (data, message) => {
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))
    expect(credentialsOf(encoded)).toEqual(silent('NotConfigured', message))
  })
})

/** A signal 30 s after its beginning, whose endpoint gives these answers, and what it was asked. */
function stage(answers: Answer[], options: Partial<PrometheusOptions> = {}) {
  const asked: Asked[] = []
  const endpoints = endpointsSchema.parse({
    main: { url: 'http://prometheus.test/base/' },
    own: { url: 'http://own.test', ownQueries: true },
  })
  const signal = createPrometheusSignal({
    endpoints,
    endpoint: 'main',
    queries: 'linkerd',
    subject: { namespace: 'shop', service: 'cart', workload: 'cart' },
    sinceMs: 1000,
    clock: { monotonicMs: () => 30_500, setTimeout: () => ({ cancel: () => {} }) },
    createAsk: () => (question) => {
      asked.push(question)
      return Promise.resolve(answers.shift() ?? silent('Unreachable', 'nothing more'))
    },
    ...options,
  })
  return { signal, asked }
}
const body = (text: string): Answer => ({ kind: 'body', text })

describe('the Prometheus signal', () => {
  test('asks for requests, then for errors at the same moment of the server', async () => {
    const { signal, asked } = stage([body(vector('100')), body(vector('3'))])
    expect(await signal.read()).toEqual({ kind: 'counts', counts: { service: { requests: 100, errors: 3 } } })
    expect(asked.map(({ url }) => [url.origin + url.pathname, Object.fromEntries(url.searchParams)])).toEqual([
      [
        'http://prometheus.test/base/api/v1/query',
        { query: 'sum(increase(response_total{direction="inbound",namespace="shop",deployment="cart"}[30s]))' },
      ],
      [
        'http://prometheus.test/base/api/v1/query',
        {
          query:
            'sum(increase(response_total{direction="inbound",namespace="shop",deployment="cart",classification="failure"}[30s])) or vector(0)',
          time: '1700000000.5',
        },
      ],
    ])
    expect(asked[0]).toMatchObject({ timeoutMs: 5000, limitBytes: 2 ** 20, headers: { accept: 'application/json' } })
    expect(asked[0]?.headers).not.toHaveProperty('authorization')
  })

  test('sends what the Secret says', async () => {
    const { signal, asked } = stage([], { secret: { token: base64('abc') } })
    await signal.read()
    expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer abc' })
  })

  test.each([
    [[silent('Timeout', 'slow')], silent('Timeout', 'slow')],
    [[body(vector('5')), silent('Refused', 'no')], silent('Refused', 'no')],
    [[body(vector())], silent('NoData', 'endpoint main has no such series')],
    [[body(vector('5')), body(vector())], silent('NoData', 'endpoint main has no such series')],
    [[body(vector('5')), body(vector('6'))], silent('Impossible', 'endpoint main counted 6 errors of 5 requests')],
  ])('is silent when an answer is', async (answers, reading) => {
    expect(await stage(answers).signal.read()).toEqual(reading)
  })

  const own = { requests: 'sum(x)', errors: 'sum(y{a="$pod"})' }
  test.each<[Partial<PrometheusOptions>, string]>([
    [{ endpoint: 'other' }, 'the operator has no endpoint of the name that the policy gives'],
    [{ endpoint: 'constructor' }, 'the operator has no endpoint of the name that the policy gives'],
    [{ queries: own }, 'endpoint main takes presets only'],
    [
      { endpoint: 'own', queries: own },
      'there is no variable $pod: the variables are $namespace, $service, $workload and $range',
    ],
    [{ secret: null }, 'the Secret that the policy names is not there'],
    [{ secret: {} }, 'the Secret has neither token nor username and password'],
    [{ subject: { namespace: 'a"b', service: 'c', workload: 'd' } }, '$namespace is not a name of Kubernetes'],
  ])('asks nothing when it cannot: %j', async (options, message) => {
    const { signal, asked } = stage([], options)
    expect(await signal.read()).toEqual(silent('NotConfigured', message))
    expect(asked).toEqual([])
  })
})
