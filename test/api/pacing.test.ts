import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { manifestSchema, specSchema } from '../../src/api/index.ts'
import { policy, wrong } from '../cluster/schema/drain-policy.ts'

const target = { targetRef: { name: 'checkout' } }
const main = { endpoint: 'main', preset: 'ingress-nginx' }
const prometheus = (fields: object): object => ({ source: 'Prometheus', prometheus: { ...main, ...fields } })

const defaults = {
  objective: { errorRate: 0.001, minRequests: 100, burst: 1 },
  source: 'Pods',
  initialStep: 1,
  onBreach: 'Pause',
  onInconclusive: 'Continue',
  minHold: '0s',
  maxHold: '30m',
  rollbackOverGitOps: false,
  maxDrainRaise: '30s',
}

/** What the operator's schema says is wrong, as `field: message`. */
function wrongByZod(pacing: unknown): string[] {
  const { error } = specSchema.safeParse({ ...target, pacing })
  return (error?.issues ?? []).map(({ path, message }) => `spec.${path.join('.')}: ${message}`)
}

/** What the API server says is wrong, and the value where it says so. It fills the policy that it is given. */
function wrongByApiServer(pacing: unknown): string[] {
  return wrong(policy(structuredClone({ ...target, pacing }))).filter((problem) => !problem.startsWith('<nil>: '))
}

describe('spec.pacing', () => {
  test('absent, rollouts are not paced', () => {
    const given = policy({ ...target })
    expect(wrong(given)).toEqual([])
    expect(given.spec).not.toHaveProperty('pacing')
    expect(specSchema.parse(target)).not.toHaveProperty('pacing')
  })

  test('empty, it has every default, and the same from the API server as in the operator', () => {
    const given = policy({ ...target, pacing: {} })
    expect(wrong(given)).toEqual([])
    expect(given.spec['pacing']).toEqual(defaults)
    expect(specSchema.parse({ ...target, pacing: {} }).pacing).toEqual(defaults)
  })

  const accepted: Record<string, object> = {
    'a preset': prometheus({}),
    'queries of its own': {
      source: 'Prometheus',
      prometheus: { endpoint: 'main', queries: { requests: 'sum(a[$range])', errors: 'sum(b[$range])' } },
    },
    'a Service and a Secret': prometheus({ service: 'checkout', secret: 'prometheus-reader' }),
    'the largest share of errors': { objective: { errorRate: 0.4 } },
    'the shortest hold': { maxHold: '1s' },
    'no raise of the drain delay': { maxDrainRaise: '0s' },
    'a group, which has a budget of 1': { rolloutGroup: { name: 'checkout-path' } },
  }
  test.each(Object.entries(accepted))('%s is accepted', (_, pacing) => {
    expect([...wrongByApiServer(pacing), ...wrongByZod(pacing)]).toEqual([])
  })

  test('a group has a budget of 1', () => {
    const given = policy({ ...target, pacing: { rolloutGroup: { name: 'checkout-path' } } })
    expect(wrong(given)).toEqual([])
    expect(given.spec['pacing']).toMatchObject({ rolloutGroup: { name: 'checkout-path', budget: 1 } })
  })

  const share = 'write a share above 0 and at most 0.4, such as 0.001 for one request in a thousand'
  const counts = 'say what counts requests: set either preset, such as ingress-nginx, or queries of your own'
  const which = 'source is Prometheus: say which one, such as prometheus: {endpoint: main, preset: ingress-nginx}'
  const whose = 'prometheus is set, and source is not Prometheus: write source: Prometheus, or leave prometheus out'
  const endpoint =
    'write the name of an endpoint in the ConfigMap drainkeeper-endpoints, such as main: lower case letters, digits and -'
  const objectName = 'write a Kubernetes object name: lower case letters, digits, - and .'
  const duration = 'write a duration: a number and a unit, such as 15s, 1m30s or 500ms'
  const hold = 'maxHold is below 1s: write how long a step may wait for a verdict, such as 30m'
  const promql =
    'write a PromQL query that counts, such as sum(increase(http_requests_total{namespace="$namespace"}[$range]))'

  /** Rules: the same words from the API server and from the operator. */
  const ruled: [string, object, string, string, string?][] = [
    ['no error at all', { objective: { errorRate: 0 } }, 'objective.errorRate', share, '0'],
    ['errors in per cent', { objective: { errorRate: 5 } }, 'objective.errorRate', share, '5'],
    ['half of the requests', { objective: { errorRate: 0.5 } }, 'objective.errorRate', share, '0.5'],
    ['a negative share', { objective: { errorRate: -0.1 } }, 'objective.errorRate', share, '-0.1'],
    ['source Prometheus, and no word which', { source: 'Prometheus' }, '', which],
    ['a Prometheus that is not asked', { prometheus: main }, '', whose],
    ['a Prometheus beside Pods', { source: 'Pods', prometheus: main }, '', whose],
    ['neither preset nor queries', prometheus({ preset: undefined }), 'prometheus', counts],
    ['preset and queries', prometheus({ queries: { requests: 'a', errors: 'b' } }), 'prometheus', counts],
    [
      'an empty query',
      prometheus({ preset: undefined, queries: { requests: '', errors: 'b' } }),
      'prometheus.queries.requests',
      promql,
      '""',
    ],
    [
      'a URL for an endpoint',
      prometheus({ endpoint: 'http://prometheus:9090' }),
      'prometheus.endpoint',
      endpoint,
      '"http://prometheus:9090"',
    ],
    ['an empty endpoint', prometheus({ endpoint: '' }), 'prometheus.endpoint', endpoint, '""'],
    ['a Service in capitals', prometheus({ service: 'Checkout' }), 'prometheus.service', objectName, '"Checkout"'],
    ['a Secret of another namespace', prometheus({ secret: 'a/b' }), 'prometheus.secret', objectName, '"a/b"'],
    ['a hold without a unit', { maxHold: '30' }, 'maxHold', duration, '"30"'],
    ['no hold', { maxHold: '0s' }, '', hold],
    ['a hold of less than a second', { maxHold: '999ms' }, '', hold],
    [
      'a hold that is longer at least than at most',
      { minHold: '31m' },
      '',
      'minHold is above maxHold: a step is never watched for longer than maxHold',
    ],
    ['a raise without a unit', { maxDrainRaise: '' }, 'maxDrainRaise', duration, '""'],
    ['a group in capitals', { rolloutGroup: { name: 'Path' } }, 'rolloutGroup.name', objectName, '"Path"'],
  ]
  test.each(ruled)('%s is refused with words that tell what to write', (_, pacing, path, message, value) => {
    const field = ['spec.pacing', ...(path === '' ? [] : [path])].join('.')
    expect(wrongByZod(pacing)).toEqual([`${field}: ${message}`])
    const stated = value === undefined ? '' : `${value}: `
    expect(wrongByApiServer(JSON.parse(JSON.stringify(pacing)))).toEqual([
      `${field}: Invalid value: ${stated}${message}`,
    ])
  })

  /** What the structure says: the words are the API server's own. */
  const shaped: [string, object, string][] = [
    ['an unknown field', { onError: 'Pause' }, 'onError: unknown'],
    ['a window, which there is not', { objective: { window: '1m' } }, 'objective.window: unknown'],
    ['a token in the policy', prometheus({ token: 'x' }), 'prometheus.token: unknown'],
    [
      'a source that there is not',
      { source: 'Loki' },
      'source: Unsupported value: "Loki": supported values: "Pods", "Prometheus"',
    ],
    [
      'an answer to a breach that there is not',
      { onBreach: 'Stop' },
      'onBreach: Unsupported value: "Stop": supported values: "Pause", "Rollback", "Report"',
    ],
    [
      'an answer to silence that there is not',
      { onInconclusive: 'Rollback' },
      'onInconclusive: Unsupported value: "Rollback": supported values: "Continue", "Pause"',
    ],
    [
      'a preset that there is not',
      prometheus({ preset: 'nginx' }),
      'prometheus.preset: Unsupported value: "nginx": supported values: "ingress-nginx", "istio", "envoy", "linkerd", "traefik", "grpc"',
    ],
    ['a Prometheus without a name', { source: 'Prometheus', prometheus: {} }, 'prometheus.endpoint: Required value'],
    [
      'queries without errors',
      { source: 'Prometheus', prometheus: { endpoint: 'main', queries: { requests: 'a' } } },
      'prometheus.queries.errors: Required value',
    ],
    ['a group without a name', { rolloutGroup: {} }, 'rolloutGroup.name: Required value'],
    [
      'a first step of 0 pods',
      { initialStep: 0 },
      'initialStep: Invalid value: 0: spec.pacing.initialStep in body should be greater than or equal to 1',
    ],
    [
      'a first step in per cent',
      { initialStep: '25%' },
      'initialStep: Invalid value: "string": spec.pacing.initialStep in body must be of type integer: "string"',
    ],
    [
      'a budget of 0',
      { rolloutGroup: { name: 'path', budget: 0 } },
      'rolloutGroup.budget: Invalid value: 0: spec.pacing.rolloutGroup.budget in body should be greater than or equal to 1',
    ],
    [
      'a burst of 0',
      { objective: { burst: 0 } },
      'objective.burst: Invalid value: 0: spec.pacing.objective.burst in body should be greater than or equal to 1',
    ],
    [
      'no requests at all',
      { objective: { minRequests: 0 } },
      'objective.minRequests: Invalid value: 0: spec.pacing.objective.minRequests in body should be greater than or equal to 1',
    ],
  ]
  test.each(shaped)('%s is refused', (_, pacing, expected) => {
    expect(wrongByApiServer(pacing)[0]).toBe(`spec.pacing.${expected}`)
    expect(wrongByZod(pacing)).not.toEqual([])
  })
})

describe('the examples', () => {
  const folder = fileURLToPath(new URL('../../docs/examples/', import.meta.url))
  const policies = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) =>
      parseAllDocuments(readFileSync(folder + name, 'utf8'))
        .map((document) => document.toJS() as { kind?: string })
        .filter(({ kind }) => kind === 'DrainPolicy')
        .map((manifest): [string, object] => [name, manifest]),
    )

  test('of policies are these', () => {
    expect(policies.map(([name]) => name)).toEqual(['pacing-prometheus.yaml', 'pacing.yaml', 'policy.yaml'])
  })

  test.each(policies)('%s is accepted by the API server and by the operator', (_, manifest) => {
    const { error } = manifestSchema.safeParse(manifest)
    expect(error?.issues).toBeUndefined()
    expect(wrong(structuredClone(manifest) as ReturnType<typeof policy>)).toEqual([])
  })
})
