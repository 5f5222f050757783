import type { DrainPolicyStatus, PaceStatus } from '../../../src/api/index.ts'
import type { KubeObject } from '../../../src/kube/index.ts'
import { events } from '../../../src/kube/index.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import type { Lived } from '../run/history.ts'
import { namespace } from '../world/manifest.ts'
import type { RawDeployment } from '../world/raw.ts'
import { templateLacks } from './contract.ts'
import { isFor, isOperators, ownedPaths, policiesOf, type RawPolicy, writesOf } from './final-state.ts'
import type { Rule } from './rule.ts'
import { seconds } from './writes.ts'

/** Rules that count: what an end state cannot show, because it looks the same after one write as after ten. */
export const countRules: readonly Rule[] = [
  {
    name: 'rollouts',
    claim:
      'between two things that somebody did we change a template eight times at most: each new largest P is a raise',
    check: (lived) =>
      [...templateChanges(lived)].flatMap(([name, changes]) =>
        runsBetween(lived, name, changes)
          .filter((run) => run.length > 8)
          .map((run) => `${name}: ${run.length} in a row from ${seconds(run[0]?.atMs ?? 0)}`),
      ),
  },
  {
    name: 'no-flapping',
    claim: 'a contract that we replaced does not come back unless somebody did something',
    check: (lived) =>
      [...templateChanges(lived)].flatMap(([name, changes]) =>
        runsBetween(lived, name, changes).flatMap((run) => {
          const again = run.find(({ contract }, index) => run.slice(0, index).some((one) => one.contract === contract))
          return again === undefined ? [] : [`${name}: ${again.contract} came back at ${seconds(again.atMs)}`]
        }),
      ),
  },
  {
    name: 'patience',
    claim:
      'nothing is given back within half a minute of a policy for it (it may only be renamed, or made again), unless that policy is there and what somebody states keeps its contract',
    check: (lived) => hasty(lived),
  },
  {
    name: 'drains-once',
    claim: 'no pod that ended is counted twice',
    check: (lived) => policiesOf(lived).flatMap((policy) => countedTooOften(lived, policy.metadata, policy.status)),
  },
  {
    name: 'events',
    claim: 'each transition is told by one event, and nothing else is',
    check: (lived) => eventsOf(lived),
  },
  {
    name: 'events-told',
    claim: 'where nothing goes wrong, every transition is told',
    check: (_, reference) => (reference === undefined ? [] : untold(reference)),
  },
]

interface Change {
  atMs: number
  contract: string
}

/** By Deployment, what the operator changed in its template. */
function templateChanges(lived: Lived): Map<string, Change[]> {
  const found = new Map<string, Change[]>()
  for (const { resource, object, before, atMs, changed, verb } of writesOf(lived)) {
    // A rollback is no contract of ours.
    if (resource.plural !== 'deployments' || !changed || before === undefined || verb === 'patch') continue
    const contract = contractOf(object as RawDeployment)
    if (contract === contractOf(before as RawDeployment)) continue
    const key = `${object.metadata.name} (${object.metadata.uid})`
    const known = found.get(key) ?? []
    known.push({ atMs, contract })
    found.set(key, known)
  }
  return found
}

function contractOf({ spec }: RawDeployment): string {
  const { terminationGracePeriodSeconds: grace, containers } = spec.template.spec
  return JSON.stringify([
    grace,
    containers.map(({ lifecycle, readinessProbe }) => [lifecycle ?? {}, readinessProbe ?? {}]),
  ])
}

/** Changes between which nobody but us wrote the Deployment or any policy, and no pod ended badly. */
function runsBetween({ chronicle }: Lived, key: string, changes: readonly Change[]): Change[][] {
  const name = key.split(' ')[0]
  const others = chronicle.writes
    .filter(
      (write) =>
        !isOperators(write) &&
        write.subresource !== 'status' &&
        (write.resource.plural === 'drainpolicies' || (write.resource.plural === 'deployments' && write.name === name)),
    )
    .map(({ atMs }) => atMs)
  const runs: Change[][] = []
  for (const change of changes) {
    const last = runs.at(-1)
    const before = last?.at(-1)
    const alone = before !== undefined && !others.some((atMs) => atMs > before.atMs && atMs <= change.atMs)
    if (last !== undefined && alone) last.push(change)
    else runs.push([change])
  }
  return runs
}

const patienceMs = 29_000

/** Releases of Deployments for which there was a policy shortly before. */
function hasty(lived: Lived): string[] {
  const policies: KnownPolicy[] = []
  const found: string[] = []
  for (const write of lived.chronicle.writes) {
    const { resource, object, before, atMs, removed } = write
    if (resource.plural === 'drainpolicies') {
      const last = policies.findLast(({ policy, to }) => to === Infinity && policy.metadata.uid === object.metadata.uid)
      if (last !== undefined) last.to = atMs
      if (!removed) policies.push({ from: atMs, to: Infinity, policy: object as RawPolicy })
    }
    if (resource.plural !== 'deployments' || !isOperators(write) || before === undefined) continue
    if (write.verb === 'patch') continue
    // `kubectl rollout undo` takes every value: what is left of ours is the name of the container, and no contract.
    const gave = ownedPaths(before).some((path) => !path.endsWith('/.') && !path.endsWith('/f:name'))
    if (!gave || ownedPaths(object).length > 0) continue
    // A policy that was made while the write was under way cannot have been heard of.
    const heardMs = atMs - lived.plan.watchLagMs - lived.plan.travelMs
    const had = policies.find(
      ({ from, to, policy }) => from < heardMs && to > atMs - patienceMs && isFor(policy, object as RawDeployment),
    )
    if (had !== undefined && !isKeptByOthers(lived, write, policies))
      found.push(`${seconds(atMs)} ${object.metadata.name}: policy ${had.policy.metadata.name} was there`)
  }
  return found
}

interface KnownPolicy {
  from: number
  to: number
  policy: RawPolicy
}

/**
 * A policy that is there wants nothing of ours any more, since what somebody states keeps its contract: the hook and the
 * grace period are theirs, and of ours there was the probe of a method that it does not ask for now. It is judged by
 * the figures that it tells next.
 */
function isKeptByOthers({ chronicle }: Lived, { object, atMs }: SeenWrite, policies: readonly KnownPolicy[]): boolean {
  const deployment = object as RawDeployment
  const now = policies.find(({ to, policy }) => to === Infinity && isFor(policy, deployment))?.policy
  if (now === undefined) return false
  const told = chronicle.writes.find(
    (write) => isOperators(write) && write.atMs >= atMs && write.object.metadata.uid === now.metadata.uid,
  )?.object as RawPolicy | undefined
  const contract = told?.status?.targets?.find(({ uid }) => uid === deployment.metadata.uid)?.contract
  if (contract === undefined) return false
  return templateLacks(deployment, contract.drainDelaySeconds, contract.terminationGracePeriodSeconds).length === 0
}

function countedTooOften(
  { chronicle }: Lived,
  { name, creationTimestamp = '' }: KubeObject['metadata'],
  status: DrainPolicyStatus | undefined,
): string[] {
  return (status?.targets ?? []).flatMap((target) => {
    const counted = Object.values(target.drains ?? {}).reduce((sum, count) => sum + count, 0)
    const ended = chronicle.ends.filter(({ pod }) => pod.metadata.labels?.['app'] === target.name).length
    const samples = target.propagation?.history?.split(/[ ,]+/).filter((each) => each !== '').length ?? 0
    const told = `${name}/${target.name} since ${creationTimestamp}`
    return [
      ...(counted > ended ? [`${told}: ${counted} drains of ${ended} pods that ended`] : []),
      ...(samples > ended ? [`${told}: ${samples} samples of ${ended} pods that ended`] : []),
    ]
  })
}

/** As it is stored: in the core group's words. */
interface RawEvent extends KubeObject {
  reason: string
  reportingComponent?: string
  series?: { count: number }
  involvedObject: { kind: string }
}

/** How often each event was told, by reason and kind. */
function told({ server }: Lived): Map<string, number> {
  const counts = new Map<string, number>()
  for (const event of server.objects(events, namespace)) {
    const { reason, series, involvedObject, reportingComponent } = event as RawEvent
    if (reportingComponent !== 'drainkeeper.dev/operator') continue
    const key = `${reason} ${involvedObject.kind}`
    counts.set(key, (counts.get(key) ?? 0) + (series?.count ?? 1))
  }
  return counts
}

/** What there was to tell, by event and kind. */
function toTell(lived: Lived): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (key: string, count = 1): void => void counts.set(key, (counts.get(key) ?? 0) + count)
  for (const write of writesOf(lived)) {
    if (write.resource.plural === 'deployments') {
      add('ContractDelivered Deployment')
      add('ContractDelivered DrainPolicy')
      add('ContractReleased Deployment')
      if (write.verb === 'patch') for (const kind of ['Deployment', 'DrainPolicy']) add(`RolloutRolledBack ${kind}`)
    }
    if (write.resource.plural === 'drainpolicies')
      for (const key of [...transitions(write), ...paceTransitions(write)]) add(key)
  }
  add('DrainNotClean DrainPolicy', lived.chronicle.ends.length)
  return counts
}

function transitions({ before, object }: SeenWrite): string[] {
  const conditionsOf = (policy: KubeObject | undefined): NonNullable<DrainPolicyStatus['conditions']> =>
    (policy as { status?: DrainPolicyStatus } | undefined)?.status?.conditions ?? []
  return conditionsOf(object).flatMap(({ type, status, reason }) => {
    const was = conditionsOf(before).find((each) => each.type === type)
    if (status !== 'True' || (was?.status === status && was.reason === reason)) return []
    if (type === 'PropagationMeasured') return ['PropagationMeasured DrainPolicy']
    if (type !== 'Stalled') return []
    return [reason === 'ContractBlocked' ? 'ContractBlocked DrainPolicy' : 'PolicyBroken DrainPolicy']
  })
}

/** What a status tells anew of its rollouts. */
function paceTransitions({ before, object }: SeenWrite): string[] {
  const pacesOf = (policy: KubeObject | undefined): Map<string, PaceStatus | undefined> =>
    new Map(((policy as RawPolicy | undefined)?.status?.targets ?? []).map(({ name, pace }) => [name, pace]))
  const known = pacesOf(before)
  return [...pacesOf(object)].flatMap(([name, pace]) => {
    const was = known.get(name)
    const reasons = [
      ...(pace?.phase === 'Paused' && was?.phase !== 'Paused' ? ['RolloutPaused'] : []),
      ...(pace?.verdict === 'Breached' && was?.verdict !== 'Breached' ? ['RolloutBreached'] : []),
      ...(pace?.phase !== 'Paused' && was?.phase === 'Paused' ? ['RolloutResumed'] : []),
      ...(pace?.phase === 'AtRest' && was !== undefined && was.phase !== 'AtRest' ? ['RolloutEnded'] : []),
    ]
    return reasons.map((reason) => `${reason} DrainPolicy`)
  })
}

function eventsOf(lived: Lived): string[] {
  const expected = toTell(lived)
  return [...told(lived)].flatMap(([key, count]) => {
    return count <= (expected.get(key) ?? 0)
      ? []
      : [`${key}: ${count} events for ${expected.get(key) ?? 0} transitions`]
  })
}

function untold(lived: Lived): string[] {
  // What the recorder's limit dropped is in the log.
  if (lived.chronicle.logs.some(({ msg }) => msg === 'event dropped')) return []
  const found = told(lived)
  const conditions = ['PropagationMeasured DrainPolicy', 'ContractBlocked DrainPolicy', 'PolicyBroken DrainPolicy']
  return [...toTell(lived)].flatMap(([key, count]) => {
    if (!conditions.includes(key)) return []
    return (found.get(key) ?? 0) === count ? [] : [`${key}: ${found.get(key) ?? 0} events for ${count} transitions`]
  })
}
