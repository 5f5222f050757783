import { isDeepStrictEqual } from 'node:util'
import type { SentWrite } from '../run/chronicle.ts'
import { isLeaseWrite } from '../run/lease-view.ts'
import { type Lived, restWithinMs } from '../run/history.ts'
import { seconds } from './writes.ts'
import { type RawPolicy, writesOf } from './final-state.ts'
import type { Rule } from './rule.ts'

/** Warnings that a process may log while things go wrong around it. */
const expectedWarnings: readonly RegExp[] = [
  /^watch interrupted$/,
  /^lease request failed$/,
  /^event lost$/,
  /^reconcile failed, will be tried again$/,
  /^the API server refused the contract$/,
  /^DrainPolicies cannot be read/,
  /^the version of the API server is unknown$/,
  /^(ReplicaSets|PodDisruptionBudgets) cannot be read/,
]

/** Rules about how a history ends, and what the processes said. */
export const restRules: readonly Rule[] = [
  {
    name: 'rests',
    claim: `everything comes to rest within ${restWithinMs / 60_000} minutes after the last happening`,
    check: ({ restedMs }, reference) => [
      ...(restedMs === undefined ? ['it does not'] : []),
      ...(reference !== undefined && reference.restedMs === undefined
        ? ['it does not, though nothing goes wrong']
        : []),
    ],
  },
  {
    name: 'silent',
    claim:
      'at rest nothing is written, through three relists and a change of leader, but that a version was found healthy by now',
    check: (lived) =>
      lived.chronicle.sent
        .filter(({ atMs, request }) => atMs > (lived.restedMs ?? Infinity) && !isLeaseWrite(request))
        .filter((sent) => !tellsHealth(lived, sent))
        .map(({ atMs, process, request }) => `${seconds(atMs)} ${process}: ${request.verb} ${request.path}`),
  },
  {
    name: 'no-rejection',
    claim: 'no promise is rejected without anybody to hear it, and no process ends by an error',
    check: ({ chronicle }) => chronicle.rejections,
  },
  {
    name: 'log',
    claim: 'nothing is logged as an error, and as a warning only what is expected of the faults',
    check: (lived) =>
      lived.chronicle.logs
        .filter(({ level, msg, type }) => level >= 50 || isBug(type) || !isExpected(lived, msg))
        .map(
          ({ atMs, process, msg, error }) =>
            `${seconds(atMs)} ${process}: ${msg}${error === undefined ? '' : `: ${error}`}`,
        ),
  },
  {
    name: 'calm-log',
    claim: 'where nothing goes wrong, nothing is warned of',
    check: (_, reference) =>
      (reference?.chronicle.logs ?? [])
        .filter(({ level, msg }) => level >= 40 && !(reference !== undefined && isTooMuchToTell(reference, msg)))
        .map(({ atMs, msg, error }) => `${seconds(atMs)} ${msg}: ${error ?? ''}`),
  },
  {
    name: 'calm-writes',
    claim: 'where nothing goes wrong, no write changes nothing',
    check: (_, reference) =>
      (reference === undefined ? [] : writesOf(reference))
        .filter(({ changed, resource }) => !changed && resource.plural !== 'events')
        .map(({ atMs, verb, resource, name }) => `${seconds(atMs)} ${verb} ${resource.plural} ${name}`),
  },
]

/**
 * A new leader hears a version at rest from its own beginning, and may find it healthy where the one before it had heard
 * of errors: its record gains that, and nothing else.
 */
function tellsHealth({ chronicle }: Lived, { atMs, request }: SentWrite): boolean {
  const answered = chronicle.writes.find(
    (write) =>
      write.atMs >= atMs &&
      write.resource.plural === 'drainpolicies' &&
      request.path.endsWith(`/drainpolicies/${write.name}/status`),
  )
  if (answered === undefined || answered.before === undefined) return false
  return isDeepStrictEqual(withoutHealth(answered.before as RawPolicy), withoutHealth(answered.object as RawPolicy))
}

function withoutHealth(policy: RawPolicy): unknown {
  const { targets = [], ...status } = policy.status ?? {}
  const others = targets.map(({ pace, ...target }) => {
    const { state, ...record } = JSON.parse(pace?.record ?? '{}') as { state?: { healthyTemplateId?: string } }
    const { healthyTemplateId: _, ...known } = state ?? {}
    return { ...target, pace: { ...pace, record: { ...record, state: known } } }
  })
  return { ...status, targets: others }
}

function isExpected(lived: Lived, msg: string): boolean {
  return expectedWarnings.some((known) => known.test(msg)) || isTooMuchToTell(lived, msg)
}

/** Minutes with many rollouts, each of which is told: the recorder keeps to its limit for each object. */
function isTooMuchToTell({ plan }: Lived, msg: string): boolean {
  return plan.paced !== undefined && msg === 'event dropped'
}

/** An error that no fault can explain. */
function isBug(type: string | undefined): boolean {
  return type !== undefined && type !== 'KubeError'
}
