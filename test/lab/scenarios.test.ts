import { describe, expect, test } from 'vitest'
import { agentLoads } from '../../src/lab/agent-loads.ts'
import { readLoadSpec } from '../../src/lab/agent/load-spec.ts'
import type { Scenario } from '../../src/lab/scenario.ts'
import { checkScenario, scenarioGroups, scenarios } from '../../src/lab/scenarios/index.ts'

const good = {
  name: 'mine',
  title: 'Mine',
  about: 'It fails.',
  replicas: 3,
  disruption: 'restart',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 100 },
  lag: { default: { kind: 'fixed', ms: 400 } },
  variants: [{ name: 'naive', title: 'naive', server: 'exit-at-once', expect: 'losses' }],
} satisfies Scenario

const [naive] = good.variants
const withLoad = (load: object) => ({ ...good, load: { ...good.load, ...load } })
const withVariant = (variant: object) => ({ ...good, variants: [{ ...naive, ...variant }] })

describe('the scenarios of the lab', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    expect(checkScenario(scenario)).toEqual([])
    // Each failure is shown, and then fixed.
    const expected = scenario.variants.map(({ expect: outcome }) => outcome)
    expect(expected).toContain('losses')
    expect(expected.at(-1)).toBe('none')
    for (const variant of scenario.variants) {
      expect(variant.policy !== undefined).toBe(variant.server === 'drained')
      if (variant.expect === 'none') expect(variant.server).toBe('drained')
    }
    // In a person's words: a few sentences, not a slogan.
    expect(scenario.about.split('. ').length).toBeGreaterThanOrEqual(2)
    const share = { id: 'a', target: { host: 'h', port: 80 }, agents: 2, agent: 0, maxSeconds: 60 }
    for (const load of agentLoads(scenario.load, share)) expect(() => readLoadSpec(load, ['h:80'])).not.toThrow()
  })

  test('have names of their own, and groups of them', () => {
    const names = scenarios.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const group of Object.values(scenarioGroups)) for (const name of group) expect(names).toContain(name)
    expect(Object.keys(scenarioGroups)).toContain('default')
    for (const group of Object.keys(scenarioGroups)) expect(names).not.toContain(group)
  })

  test('speak every protocol, and end pods in every way', () => {
    const protocols = new Set(scenarios.map(({ load }) => load.protocol))
    expect(protocols).toEqual(new Set(['http', 'http2', 'grpc-unary', 'grpc-stream', 'websocket']))
    expect(new Set(scenarios.map(({ disruption }) => disruption))).toEqual(
      new Set(['restart', 'scale-down', 'node-drain']),
    )
  })

  test('are data: they survive JSON', () => {
    expect(JSON.parse(JSON.stringify(scenarios))).toEqual(scenarios)
  })
})

describe('a scenario of somebody’s own', () => {
  test('is fine when it is one', () => {
    expect(checkScenario(good)).toEqual([])
    expect(
      checkScenario(withVariant({ policy: {}, learning: 2, rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } })),
    ).toEqual([])
    const nodes = { 'node-2': { kind: 'exponential', floorMs: 1, meanMs: 10, maxMs: 100 } }
    expect(checkScenario({ ...good, lag: { ...good.lag, nodes } })).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['no object', [], 'a scenario is an object with the fields name, title, about, load, variants and others'],
    [
      'a field too many',
      { ...good, speed: 1 },
      'speed: there is no such field; there are name, title, about, replicas, disruption, disruptions, load, lag, variants',
    ],
    ['a field too few', { ...good, replicas: undefined }, 'replicas: it is missing: write a whole number from 1 to 50'],
    [
      'a name',
      { ...good, name: 'My Rollout' },
      'name: write a DNS label: lower case letters, digits and -, at most 63, not "My Rollout"',
    ],
    ['an empty title', { ...good, title: ' ' }, 'title: write a title, not " "'],
    ['half a replica', { ...good, replicas: 1.5 }, 'replicas: write a whole number from 1 to 50, not 1.5'],
    [
      'a disruption',
      { ...good, disruption: 'earthquake' },
      'disruption: write one of restart, scale-down, node-drain, not "earthquake"',
    ],
    ['no load', { ...good, load: 100 }, 'load: write the load, such as {protocol: http, ratePerSecond: 100}, not 100'],
    [
      'a protocol',
      withLoad({ protocol: 'smtp' }),
      'load.protocol: write one of http, http2, grpc-unary, grpc-stream, websocket, not "smtp"',
    ],
    ['a rate', withLoad({ ratePerSecond: 'fast' }), 'load.ratePerSecond: write a number from 0.1 to 2000, not "fast"'],
    [
      'a rate of null',
      withLoad({ ratePerSecond: null }),
      'load.ratePerSecond: write a number from 0.1 to 2000, not null',
    ],
    [
      'retries',
      withLoad({ retries: { attempts: 3 } }),
      'load.retries.backoffMs: it is missing: write a number from 0 to 60000',
    ],
    [
      'a field of retries',
      withLoad({ retries: { attempts: 3, backoffMs: 1, jitter: true } }),
      'load.retries.jitter: there is no such field; there are attempts, backoffMs, budgetRatio',
    ],
    [
      'modes of HTTP/2',
      withLoad({ protocol: 'http2', connections: 'both' }),
      'load.connections: http2 keeps its connections: leave it out',
    ],
    ['streams of HTTP', withLoad({ streamSeconds: 3 }), 'load.streamSeconds: http has no streams: leave it out'],
    [
      'concurrency of streams',
      withLoad({ protocol: 'websocket', serverConcurrency: 3 }),
      'load.serverConcurrency: it bounds requests, and websocket has none: leave it out',
    ],
    ['no lag', { ...good, lag: {} }, 'lag.default: it is missing: write a lag, such as {kind: fixed, ms: 400}'],
    ['a lag', { ...good, lag: { default: 400 } }, 'lag.default: write a lag, such as {kind: fixed, ms: 400}, not 400'],
    [
      'a kind of lag',
      { ...good, lag: { default: { kind: 'normal' } } },
      'lag.default.kind: write one of fixed, uniform, exponential, not "normal"',
    ],
    [
      'a lag of a node',
      { ...good, lag: { ...good.lag, nodes: { b: { kind: 'fixed', ms: -1 } } } },
      'lag.nodes.b.ms: write a number from 0 to 60000, not -1',
    ],
    [
      'a lag backwards',
      { ...good, lag: { default: { kind: 'uniform', fromMs: 9, toMs: 1 } } },
      'lag: fromMs is above toMs: write a smaller one',
    ],
    ['no variants', { ...good, variants: [] }, 'variants: write a list of one or more variants, not []'],
    ['a variant', { ...good, variants: ['naive'] }, 'variants[0]: write a variant, not "naive"'],
    [
      'the same name twice',
      { ...good, variants: [naive, naive] },
      'variants[1].name: naive is taken by another variant',
    ],
    [
      'a server',
      withVariant({ server: 'nginx' }),
      'variants[0].server: write one of exit-at-once, close-at-once, drained, not "nginx"',
    ],
    [
      'a sleep of all the grace',
      withVariant({ preStopSleepSeconds: 30 }),
      'variants[0].preStopSleepSeconds: it must be below the grace period of 30 s',
    ],
    [
      'a rollout that cannot begin',
      withVariant({ rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } }),
      'variants[0].rollingUpdate: maxSurge and maxUnavailable are both 0: no rollout could begin',
    ],
    [
      'a surge',
      withVariant({ rollingUpdate: { maxSurge: 'half', maxUnavailable: 0 } }),
      'variants[0].rollingUpdate.maxSurge: write a whole number, or a share such as 50%, not "half"',
    ],
    [
      'learning for nobody',
      withVariant({ learning: 3 }),
      'variants[0].learning: nothing learns without a policy: leave it out, or write a policy',
    ],
    [
      'a target',
      withVariant({ policy: { targetRef: { name: 'shop' } } }),
      'variants[0].policy.targetRef: leave it out: the policy is for the workload of the rehearsal',
    ],
    [
      'a policy',
      withVariant({ policy: { propagation: { initial: 'soon' } } }),
      'variants[0].policy.propagation.initial: write a duration: a number and a unit, such as 15s, 1m30s or 500ms',
    ],
    [
      'a field of a policy',
      withVariant({ policy: { propagationn: {} } }),
      'variants[0].policy: Unrecognized key: "propagationn"',
    ],
  ])('%s', (_what, scenario, problem) => {
    expect(checkScenario(scenario)).toEqual([problem])
  })

  test('is told everything at once', () => {
    expect(checkScenario({ ...withLoad({ protocol: 'smtp', workMs: -1 }), name: '' })).toHaveLength(3)
  })
})
