import { specSchema } from '../../api/index.ts'
import {
  connectionModes,
  disruptions,
  expectations,
  type LoadShape,
  protocols,
  type Scenario,
  serverPrograms,
  type Variant,
} from '../scenario.ts'
import { fields, isFields, listOf, mapOf, number, oneOf, type Shape, text, value, whole } from './shape.ts'

const label = value(
  'a DNS label: lower case letters, digits and -, at most 63',
  (found) => typeof found === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(found),
)

const milliseconds = number(0, 60_000)

const lag: Shape = {
  words: 'a lag, such as {kind: fixed, ms: 400}',
  problems(found, at) {
    const kind = isFields(found) ? found['kind'] : undefined
    const shape = typeof kind === 'string' && Object.hasOwn(lagKinds, kind) ? lagKinds[kind] : undefined
    if (shape !== undefined) return shape.problems(found, at)
    if (isFields(found)) return oneOf(Object.keys(lagKinds)).problems(kind ?? null, `${at}.kind`)
    return value(this.words, () => false).problems(found, at)
  },
}

const lagKinds: Readonly<Record<string, Shape>> = {
  fixed: fields('a lag', { kind: oneOf(['fixed']), ms: milliseconds }),
  uniform: fields('a lag', { kind: oneOf(['uniform']), fromMs: milliseconds, toMs: milliseconds }),
  exponential: fields('a lag', {
    kind: oneOf(['exponential']),
    floorMs: milliseconds,
    meanMs: milliseconds,
    maxMs: milliseconds,
  }),
}

const share = value(
  'a whole number, or a share such as 50%',
  (found) => (typeof found === 'string' && /^\d{1,3}%$/.test(found)) || (Number.isInteger(found) && Number(found) >= 0),
)

/** As the API checks a DrainPolicy; which Deployment it is for is the rehearsal's to say. */
const policy: Shape = {
  words: 'the spec of a DrainPolicy without its target, such as {}',
  problems(found, at) {
    if (!isFields(found)) return value(this.words, () => false).problems(found, at)
    const target = ['targetRef', 'selector'].filter((name) => Object.hasOwn(found, name))
    if (target.length > 0) return [`${at}.${target[0]}: leave it out: the policy is for the workload of the rehearsal`]
    const read = specSchema.safeParse({ ...found, targetRef: { name: 'rehearsed' } })
    return (read.error?.issues ?? []).map(({ path, message }) => `${[at, ...path].join('.')}: ${message}`)
  },
}

const load = fields(
  'the load, such as {protocol: http, ratePerSecond: 100}',
  { protocol: oneOf(protocols), ratePerSecond: number(0.1, 2000) },
  {
    connections: oneOf(connectionModes),
    maxConnections: whole(1, 256),
    workMs: milliseconds,
    streamSeconds: number(0.1, 600),
    timeoutMs: number(1, 60_000),
    retries: fields(
      'what clients do, such as {attempts: 3, backoffMs: 50}',
      { attempts: whole(1, 10), backoffMs: milliseconds },
      { budgetRatio: number(0, 10) },
    ),
    serverConcurrency: whole(1, 1_000_000),
  },
)

const variant = fields(
  'a variant',
  { name: label, title: text('a title', 80), server: oneOf(serverPrograms), expect: oneOf(expectations) },
  {
    preStopSleepSeconds: whole(0, 3600),
    terminationGracePeriodSeconds: whole(0, 3600),
    rollingUpdate: fields('such as {maxSurge: 1, maxUnavailable: 0}', { maxSurge: share, maxUnavailable: share }),
    policy,
    learning: whole(0, 100),
  },
)

const scenario = fields('a scenario', {
  name: label,
  title: text('a title', 120),
  about: text('what fails, why, and what cures it', 2000),
  replicas: whole(1, 50),
  disruption: oneOf(disruptions),
  disruptions: whole(1, 100),
  load,
  lag: fields('the lag, such as {default: {kind: fixed, ms: 400}}', { default: lag }, { nodes: mapOf('lags', lag) }),
  variants: listOf('a list of one or more variants', variant),
})

/** Everything that is wrong with a value that should be a {@link Scenario}, in sentences; empty when it is one. */
export function checkScenario(found: unknown): string[] {
  if (!isFields(found)) return ['a scenario is an object with the fields name, title, about, load, variants and others']
  const problems = scenario.problems(found, '')
  // What fields say together is only looked at where each of them is what it should be.
  return problems.length > 0 ? problems : together(found as unknown as Scenario)
}

function together({ load, lag, variants, disruption, replicas }: Scenario): string[] {
  return [
    ...(disruption === 'scale-down' && replicas < 2 ? ['replicas: a scale-down to half needs 2 or more'] : []),
    ...loadTogether(load),
    ...[lag.default, ...Object.values(lag.nodes ?? {})].flatMap((each) =>
      each.kind === 'uniform' && each.fromMs > each.toMs ? ['lag: fromMs is above toMs: write a smaller one'] : [],
    ),
    ...variants.flatMap((each, index) => variantTogether(each, `variants[${index}]`)),
    ...variants.flatMap(({ name }, index) =>
      variants.findIndex((other) => other.name === name) < index
        ? [`variants[${index}].name: ${name} is taken by another variant`]
        : [],
    ),
  ]
}

function loadTogether({ protocol, connections, streamSeconds, serverConcurrency }: LoadShape): string[] {
  const streams = protocol === 'grpc-stream' || protocol === 'websocket'
  return [
    ...(connections !== undefined && protocol !== 'http'
      ? [`load.connections: ${protocol} keeps its connections: leave it out`]
      : []),
    ...(streamSeconds !== undefined && !streams
      ? [`load.streamSeconds: ${protocol} has no streams: leave it out`]
      : []),
    ...(serverConcurrency !== undefined && streams
      ? [`load.serverConcurrency: it bounds requests, and ${protocol} has none: leave it out`]
      : []),
  ]
}

/** What Kubernetes would refuse anyway, and what would mean nothing. */
function variantTogether(variant: Variant, at: string): string[] {
  const { preStopSleepSeconds = 0, terminationGracePeriodSeconds = 30, rollingUpdate, policy, learning } = variant
  const none = (count: number | string) => count === 0 || count === '0%'
  return [
    ...(preStopSleepSeconds >= terminationGracePeriodSeconds && preStopSleepSeconds > 0
      ? [`${at}.preStopSleepSeconds: it must be below the grace period of ${terminationGracePeriodSeconds} s`]
      : []),
    ...(rollingUpdate !== undefined && none(rollingUpdate.maxSurge) && none(rollingUpdate.maxUnavailable)
      ? [`${at}.rollingUpdate: maxSurge and maxUnavailable are both 0: no rollout could begin`]
      : []),
    ...(learning !== undefined && learning > 0 && policy === undefined
      ? [`${at}.learning: nothing learns without a policy: leave it out, or write a policy`]
      : []),
  ]
}
