import { isDeepStrictEqual } from 'node:util'
import { fencepostsOf } from '../../../src/cluster/controllers/deployment/rolling-update.ts'
import type { Deployment } from '../../../src/cluster/controllers/shared/objects.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import type { Lived } from '../run/history.ts'
import { isRolledOut, type RawDeployment, type RawTemplate } from '../world/raw.ts'
import { deploymentsOf, holderOf, isOperators, type RawPolicy } from './final-state.ts'
import { isPace, type PaceMoment, paceMoments, paceNames, paceValues, oursOf, type PaceValues } from './pace-book.ts'
import type { Rule } from './rule.ts'
import { seconds } from './writes.ts'

/** How long a hold outlives its operator, on top of maxHold. */
const leaseSeconds = 120
/** How long a write of a status may be on its way, its process having been frozen meanwhile, or its answer slow. */
const lateMs = 60_000
/** The wall clock of a history begins here. */
const wallStartMs = Date.UTC(2026, 0, 1)

/** Rules about the pace of rollouts. */
export const pacingRules: readonly Rule[] = [
  {
    name: 'paused-with-cause',
    claim:
      'we pause nothing without a cause and a deadline that are in status already, renew no deadline that has passed, and at rest nothing is paused by us',
    check: (lived) => [...causeless(lived), ...renewedTooLate(lived), ...stillPaused(lived)],
  },
  {
    name: 'user-values',
    claim: 'what we give back is what its owner had, and without a rollout nothing of the pace is ours',
    check: (lived) => [...givenBackWrongly(lived), ...notGivenBack(lived)],
  },
  {
    name: 'not-touched',
    claim: 'what somebody states of the pace, or pauses, is never replaced',
    check: ({ chronicle }) =>
      chronicle.broken.filter(({ field }) => isPace(field)).map(({ atMs, text }) => `${seconds(atMs)} ${text}`),
  },
  {
    name: 'bounds',
    claim: "no step is larger than its owner's strategy, and no hold longer than maxHold and a lease",
    check: (lived) => paceMoments(lived).flatMap((moment) => beyond(lived, moment)),
  },
  {
    name: 'rollback-only-known',
    claim: 'a template that we write ran before, the policy says Rollback, and the owner of the Deployment allows it',
    check: (lived) => rollbacksOf(lived).flatMap((write) => wrongRollback(lived, write)),
  },
  {
    name: 'never-stuck',
    claim:
      'an operator that is dead for good leaves rollouts that end by time alone, or by the line that resumes a pause',
    check: (_, __, abandoned) =>
      abandoned === undefined || abandoned.restedMs !== undefined
        ? []
        : deploymentsOf(abandoned)
            .filter((deployment) => !isRolledOut(deployment))
            .map(({ metadata, spec }) => `${metadata.name}: ${JSON.stringify({ ...spec, template: undefined })}`),
  },
]

/** Writes of the operator that put a template back. */
export function rollbacksOf({ chronicle }: Lived): SeenWrite[] {
  return chronicle.writes.filter(
    (write) => isOperators(write) && write.resource.plural === 'deployments' && write.verb === 'patch',
  )
}

/** How often our manager claimed, paused, gave everything back, and how often a template was put back. */
export function paceCounts(lived: Lived): Record<'claims' | 'pauses' | 'rollbacks' | 'releases', number> {
  const moments = paceMoments(lived).filter(({ write }) => isOperators(write))
  return {
    claims: moments.filter(({ ours }) => ours.size > 0).length,
    pauses: moments.filter(({ ours, oursBefore }) => ours.has('paused') && !oursBefore.has('paused')).length,
    releases: moments.filter(({ ours, oursBefore }) => ours.size === 0 && oursBefore.size > 0).length,
    rollbacks: rollbacksOf(lived).length,
  }
}

interface Recorded {
  state?: { rollout?: { pause?: { cause?: string; untilMs?: number } } }
}

/** Pauses of ours for which status had no cause. */
function causeless(lived: Lived): string[] {
  return paceMoments(lived).flatMap(({ write, deployment, ours, oursBefore }) => {
    if (!isOperators(write) || !ours.has('paused') || oursBefore.has('paused')) return []
    const { uid, name } = deployment.metadata
    const records = policiesAt(lived, write).flatMap(({ status }) =>
      (status?.targets ?? []).flatMap((target) => (target.uid === uid ? [target.pace?.record ?? '{}'] : [])),
    )
    const pauses = records.flatMap((text) => (JSON.parse(text) as Recorded).state?.rollout?.pause ?? [])
    const told = `${seconds(write.atMs)} ${name}`
    if (pauses.every(({ cause }) => cause === undefined)) return [`${told}: paused, and status has no cause`]
    const isOver = pauses.every(({ untilMs = 0 }) => untilMs < wallStartMs + write.atMs)
    return isOver && !isClockWrong(lived) && !isDelayed(lived)
      ? [`${told}: paused by a record whose deadline has passed`]
      : []
  })
}

/** Deadlines that had passed, and were put off all the same: whoever was away has to judge anew. */
function renewedTooLate(lived: Lived): string[] {
  if (isClockWrong(lived)) return []
  return lived.chronicle.writes.flatMap((write) => {
    if (!isOperators(write) || write.resource.plural !== 'drainpolicies') return []
    const before = pausesOf(write.before as RawPolicy | undefined)
    return [...pausesOf(write.object as RawPolicy)].flatMap(([name, untilMs]) => {
      const deadlineMs = before.get(name) ?? untilMs
      const isLate = untilMs > deadlineMs && wallStartMs + write.atMs > deadlineMs + lateMs
      return isLate ? [`${seconds(write.atMs)} ${name}: a pause whose deadline has passed was renewed`] : []
    })
  })
}

/** Until when each target is paused, by its record. */
function pausesOf(policy: RawPolicy | undefined): Map<string, number> {
  const targets = policy?.status?.targets ?? []
  return new Map(
    targets.flatMap(({ name, pace }): [string, number][] => {
      const untilMs = (JSON.parse(pace?.record ?? '{}') as Recorded).state?.rollout?.pause?.untilMs
      return untilMs === undefined ? [] : [[name, untilMs]]
    }),
  )
}

function isClockWrong({ plan }: Lived): boolean {
  return plan.happenings.some(({ kind }) => kind === 'wallJump')
}

/** A write may have been under way, or its process frozen, for longer than a deadline. */
function isDelayed({ plan }: Lived): boolean {
  return plan.happenings.some(({ kind }) => kind === 'freeze' || kind === 'freezeAtWrite' || kind === 'requests')
}

function stillPaused(lived: Lived): string[] {
  if (lived.restedMs === undefined) return []
  return deploymentsOf(lived)
    .filter((deployment) => oursOf(deployment).has('paused'))
    .map(({ metadata }) => `${metadata.name}: paused by us, at rest`)
}

function givenBackWrongly(lived: Lived): string[] {
  return paceMoments(lived).flatMap(({ write, deployment, ours, oursBefore, live, own }) => {
    if (!isOperators(write)) return []
    return [...oursBefore]
      .filter((name) => !ours.has(name) && live[name] !== own[name])
      .map(
        (name) => `${seconds(write.atMs)} ${deployment.metadata.name}: ${name} is ${live[name]}, and was ${own[name]}`,
      )
  })
}

function notGivenBack(lived: Lived): string[] {
  if (lived.restedMs === undefined) return []
  const own = new Map(paceMoments(lived).map((moment) => [moment.deployment.metadata.uid, moment.own]))
  return deploymentsOf(lived).flatMap((deployment) => {
    const { name, uid } = deployment.metadata
    const ours = [...oursOf(deployment)].map((field) => `${name}: ${field} is still ours`)
    return [...ours, ...differences(name, paceValues(deployment), own.get(uid))]
  })
}

function differences(name: string, live: PaceValues, own: PaceValues = live): string[] {
  return paceNames
    .filter((field) => live[field] !== own[field])
    .map((field) => `${name}: ${field} is ${live[field]}, and its owner has ${own[field]}`)
}

function beyond(lived: Lived, { write, deployment, ours, live, own }: PaceMoment): string[] {
  if (!isOperators(write) || ours.size === 0) return []
  const is = fencepostsOf(deployment as unknown as Deployment)
  const { maxSurge, maxUnavailable } = own
  const most = fencepostsOf({
    ...deployment,
    spec: { ...deployment.spec, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
  } as unknown as Deployment)
  const longest = Number(own.minReadySeconds) + longestHoldSeconds(lived) + leaseSeconds
  return [
    ...(is.maxSurge > most.maxSurge ? [`maxSurge is ${is.maxSurge} of ${most.maxSurge}`] : []),
    ...(is.maxUnavailable > most.maxUnavailable
      ? [`maxUnavailable is ${is.maxUnavailable} of ${most.maxUnavailable}`]
      : []),
    ...(Number(live.minReadySeconds) > longest ? [`minReadySeconds is ${live.minReadySeconds}`] : []),
  ].map((what) => `${seconds(write.atMs)} ${deployment.metadata.name}: ${what}`)
}

/** The largest maxHold of the history's policies. */
function longestHoldSeconds({ plan }: Lived): number {
  const holds = plan.happenings.flatMap((happening) =>
    happening.kind === 'applyPolicy' ? [(happening.spec['pacing'] as { maxHold?: string } | undefined)?.maxHold] : [],
  )
  return Math.max(0, ...holds.map((hold) => (hold === undefined ? 0 : Number.parseFloat(hold))))
}

function wrongRollback(lived: Lived, write: SeenWrite): string[] {
  const deployment = write.object as RawDeployment
  const { name, uid, annotations = {} } = deployment.metadata
  const holder = holderOf(policiesAt(lived, write), deployment)
  const ran = lived.chronicle.writes.some(
    ({ resource, object, atMs }) =>
      resource.plural === 'deployments' &&
      object.metadata.uid === uid &&
      atMs < write.atMs &&
      isRolledOut(object as RawDeployment) &&
      isDeepStrictEqual(versionOf(object as RawDeployment), versionOf(deployment)),
  )
  return [
    ...(ran ? [] : ['a template that never ran']),
    ...(holder?.spec.pacing?.onBreach === 'Rollback' || wasChanged(lived)
      ? []
      : [`and the policy says ${holder?.spec.pacing?.onBreach}`]),
    ...(annotations['drainkeeper.dev/rollback'] === 'allowed' ? [] : ['and nobody allowed it']),
  ].map((what) => `${seconds(write.atMs)} ${name}: ${what}`)
}

/** A policy that was changed while the write was under way. */
function wasChanged({ plan }: Lived): boolean {
  return plan.happenings.filter(({ kind }) => kind === 'applyPolicy' || kind === 'deletePolicy').length > 1
}

/** What makes a template another version: everything but what a contract writes. */
function versionOf({ spec }: RawDeployment): unknown {
  const { metadata, spec: podSpec }: RawTemplate = spec.template
  const containers = podSpec.containers.map(({ name, image }) => ({ name, image }))
  return { annotations: metadata?.annotations ?? {}, containers }
}

/** The policies as they were stored when a write was. */
function policiesAt({ chronicle }: Lived, until: SeenWrite): RawPolicy[] {
  const found = new Map<string, RawPolicy>()
  for (const write of chronicle.writes) {
    if (write === until) break
    if (write.resource.plural !== 'drainpolicies') continue
    if (write.removed) found.delete(write.name)
    else found.set(write.name, write.object as RawPolicy)
  }
  return [...found.values()]
}
