import {
  type Condition,
  type ConditionType,
  type DrainPolicySpec,
  type DrainPolicyStatus,
  formatSeconds,
  type PaceStatus,
  type Pacing,
  type Reason,
} from '../api/index.ts'
import { requiredSamples } from '../propagation/index.ts'
import { decideTarget, type TargetContext, type TargetDecision } from './decide-target.ts'
import { type Facts, isReadable, type ReadablePolicy, type TargetFacts } from './gather.ts'
import type { PaceDecision } from './pace/decide-pace.ts'
import type { PolicyFacts } from './projections.ts'

/** What to do about one policy: plain data, to be printed, tested, or carried out. */
export interface Decision {
  targets: readonly TargetDecision[]
  status: DrainPolicyStatus
}

export type DecisionContext = Pick<TargetContext, 'serverVersion'> & {
  /** Wall time, ISO 8601: the transition time of conditions that change now. */
  now: string
  /** Fields that somebody keeps putting back, by Deployment, besides those that status tells of already. */
  reverted?: (deploymentUid: string) => TargetContext['reverted']
  /** Whether a raise waits, since we wrote that Deployment's template a moment ago. */
  raiseWaits?: (deploymentUid: string) => boolean
  /** The pace of a Deployment's rollouts. */
  pace?: (pacing: Pacing, target: TargetFacts, known: PaceStatus | undefined, drainRaiseInForce: number) => PaceDecision
}

type Verdict = { ok: boolean | undefined; reason: Reason; message: string; act?: boolean }

/** Facts in, decision out. */
export function decide(facts: Facts, context: DecisionContext): Decision {
  const { policy } = facts
  if (!isReadable(policy)) return broken(facts, context, policy.unreadable)
  const contradiction = contradictionOf(policy.spec)
  if (contradiction !== undefined) return broken(facts, context, contradiction)

  const isChanged = isNewSpec(policy)
  const targets = facts.targets.map((target) => {
    const { uid, name } = target.deployment.view
    const known = policy.status.targets?.find((each) => each.name === name)
    const same = known?.uid === uid ? known : undefined
    const reverted = (isChanged ? undefined : same?.putBack) ?? context.reverted?.(uid)
    const paced = policy.spec.mode === 'Enforce' && target.rival === undefined ? policy.spec.pacing : undefined
    const knownPace = isChanged ? withoutRaise(same?.pace) : same?.pace
    const pace = paced && context.pace?.(paced, target, knownPace, same?.contract?.drainRaiseSeconds ?? 0)
    return decideTarget(target, {
      spec: policy.spec,
      known,
      ...(context.serverVersion === undefined ? {} : { serverVersion: context.serverVersion }),
      ...(reverted === undefined ? {} : { reverted }),
      raiseWaits: context.raiseWaits?.(uid) === true,
      ...(pace === undefined ? {} : { pace }),
    })
  })
  const ready = readyOf(policy.spec, targets)
  return {
    targets,
    status: {
      observedGeneration: policy.generation,
      summary: summaryOf(policy.spec, targets),
      conditions: conditions(facts, context.now, {
        Ready: ready,
        PropagationMeasured: measuredOf(targets),
        ContractDelivered: deliveredOf(targets),
        ...rolloutHealthyOf(targets),
        ...(ready.act === true ? { Stalled: { ...ready, ok: true } } : {}),
      }),
      // The order of a list map is the order of its writer: by name, always.
      ...(targets.length === 0 ? {} : { targets: targets.map(({ status }) => status) }),
    },
  }
}

/** Somebody has changed the policy since it was last looked at: what was given up is tried again. */
export function isNewSpec({ generation, status }: PolicyFacts): boolean {
  return generation !== status.observedGeneration
}

/** A drain raise lasts until somebody looks after the policy. */
function withoutRaise(pace: PaceStatus | undefined): PaceStatus | undefined {
  if (pace === undefined) return undefined
  const { drainRaiseSeconds: _, ...rest } = pace
  return rest
}

/** The policy paces the rollouts of its Deployments. */
export function isPacing({ spec }: ReadablePolicy): boolean {
  return spec.mode === 'Enforce' && spec.pacing !== undefined && contradictionOf(spec) === undefined
}

/** A policy that cannot work changes nothing, and paces nothing; what was measured stays in its status. */
function broken({ policy }: Facts, { now }: DecisionContext, message: string): Decision {
  const verdict: Verdict = { ok: false, reason: 'InvalidSpec', message }
  const { summary: known, targets, ...rest } = policy.status
  const { rollout: _, ...summary } = known ?? { target: '' }
  return {
    targets: [],
    status: {
      ...rest,
      ...(known === undefined ? {} : { summary }),
      ...(targets === undefined ? {} : { targets: targets.map(({ pace: _pace, ...target }) => target) }),
      observedGeneration: policy.generation,
      conditions: conditions({ policy, targets: [] }, now, { Ready: verdict, Stalled: { ...verdict, ok: true } }),
    },
  }
}

/** What the API server's rules cannot see: they have no logarithm. */
function contradictionOf({ propagation }: DrainPolicySpec): string | undefined {
  const { quantile, confidence, window } = propagation
  const needed = requiredSamples(quantile, confidence)
  if (needed <= window) return undefined
  const asked = `a quantile of ${quantile} at a confidence of ${confidence} takes ${needed} drains`
  return `spec.propagation: ${asked}, and window keeps ${window}: ${needed > 1000 ? 'write a lower quantile' : `write window: ${needed}, or a lower quantile`}`
}

function readyOf(spec: DrainPolicySpec, targets: readonly TargetDecision[]): Verdict {
  if (targets.length === 0) return { ok: false, reason: 'TargetNotFound', message: notFound(spec) }
  const obstacles = targets.flatMap((target) => target.obstacles)
  const first = obstacles.find(({ act }) => act) ?? obstacles[0]
  if (first !== undefined) {
    const message = obstacles.map((obstacle) => obstacle.message).join('; ')
    return { ok: false, reason: first.reason, message, act: first.act }
  }
  if (spec.mode === 'Observe') {
    return { ok: true, reason: 'Observing', message: 'mode is Observe: measured and computed, nothing written' }
  }
  const waiting = targets.filter(({ delivered }) => !delivered.ok)
  if (waiting.length > 0)
    return { ok: false, reason: 'Delivering', message: `being written: ${waiting.map(({ name }) => name).join(', ')}` }
  return { ok: true, reason: 'Reconciled', message: sentenceOf(targets) }
}

function notFound({ targetRef, selector }: DrainPolicySpec): string {
  if (targetRef !== undefined)
    return `there is no Deployment ${targetRef.name} in this namespace: correct targetRef.name, or create it`
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  return `no Deployment in this namespace has the labels ${labels.join(',')}: correct selector.matchLabels, or label the Deployment`
}

function sentenceOf(targets: readonly TargetDecision[]): string {
  return targets
    .map(({ name, status }) => `${name}: ${status.contract?.because ?? ''}`)
    .join('; ')
    .slice(0, 4096)
}

function measuredOf(targets: readonly TargetDecision[]): Verdict {
  if (targets.length === 0) return { ok: undefined, reason: 'TargetNotFound', message: 'there is nothing to measure' }
  const measuring = targets.filter(({ estimate }) => estimate.state === 'Measuring')
  const message = targets.map(({ name, estimate, status }) => {
    const { samples, needed } = estimate
    const ignored = status.propagation?.uninformative ?? 0
    const said = ignored > 0 ? `, ${ignored} more said nothing` : ''
    return estimate.state === 'Measured'
      ? `${name}: P is at most ${formatSeconds(estimate.boundMs / 1000)} for ${estimate.quantile * 100} % of pods (${estimate.confidence * 100} % confident, ${samples} drains${said})`
      : `${name}: ${samples} of ${samples + needed} drains seen${said}; ${formatSeconds(estimate.boundMs / 1000)} is assumed`
  })
  return {
    ok: measuring.length === 0,
    reason: measuring.length === 0 ? 'Measured' : 'Measuring',
    message: message.join('; '),
  }
}

function deliveredOf(targets: readonly TargetDecision[]): Verdict {
  if (targets.length === 0) return { ok: false, reason: 'TargetNotFound', message: 'there is nothing to deliver to' }
  const waiting = targets.find(({ delivered }) => !delivered.ok)
  const told = waiting ?? targets.find(({ delivered }) => delivered.reason === 'LoweringDeferred') ?? targets[0]
  const message = targets.map(({ name, delivered }) => `${name}: ${delivered.message}`).join('; ')
  return { ok: waiting === undefined, reason: told?.delivered.reason ?? 'Reconciled', message }
}

/** The pace of all paced targets; the one that needs somebody is told first. */
function rolloutHealthyOf(targets: readonly TargetDecision[]): { RolloutHealthy?: Verdict } {
  const paced = targets.flatMap(({ name, pace }) => (pace === undefined ? [] : [{ name, ...pace }]))
  if (paced.length === 0) return {}
  const failing = paced.find(({ status }) => isFailing(status))
  const rolling = paced.find((each) => each.rolling)
  const refused = paced.find((each) => each.refused)
  const told = failing ?? rolling ?? paced[0]
  const message = paced.map(({ name, status }) =>
    [`${name}: ${status.message}`, status.because].filter((part) => part !== undefined).join('; '),
  )
  const ok = failing !== undefined ? false : rolling !== undefined || refused !== undefined ? undefined : true
  const reason = refused === undefined ? (told?.status.phase ?? 'AtRest') : 'Refused'
  return { RolloutHealthy: { ok, reason, message: message.join('; ') } }
}

function isFailing({ phase, verdict }: PaceStatus): boolean {
  return phase === 'Paused' || phase === 'RollingBack' || verdict === 'Breached'
}

function paceSummary(targets: readonly TargetDecision[]): string | undefined {
  const paced = targets.flatMap(({ pace }) => pace?.status ?? [])
  const told = paced.find(isFailing) ?? paced.find(({ phase }) => phase !== 'AtRest') ?? paced[0]
  if (told === undefined) return undefined
  return told.verdict === undefined ? told.phase : `${told.phase} (${told.verdict})`
}

function summaryOf(
  { targetRef }: DrainPolicySpec,
  targets: readonly TargetDecision[],
): NonNullable<DrainPolicyStatus['summary']> {
  const target = targetRef?.name ?? (targets.length === 1 ? (targets[0]?.name ?? '') : `${targets.length} Deployments`)
  if (targets.length === 0) return { target }
  const rollout = paceSummary(targets)
  const most = (figure: (target: TargetDecision) => number): number => Math.max(...targets.map(figure))
  const sum = (figure: (target: TargetDecision) => number): number =>
    targets.reduce((total, each) => total + figure(each), 0)
  return {
    target,
    propagation: formatSeconds(most(({ figures }) => figures.propagationSeconds)),
    drainDelay: formatSeconds(most(({ figures }) => figures.drainDelaySeconds)),
    gracePeriod: formatSeconds(most(({ figures }) => figures.gracePeriodSeconds)),
    pods: `${sum(({ figures }) => figures.podsOnContract)}/${sum(({ figures }) => figures.pods)}`,
    ...(rollout === undefined ? {} : { rollout }),
  }
}

/** The conditions, with the time of their last transition kept where the status stays the same. */
function conditions({ policy }: Facts, now: string, verdicts: Partial<Record<ConditionType, Verdict>>): Condition[] {
  return Object.entries(verdicts).map(([type, { ok, reason, message }]) => {
    const status = ok === undefined ? 'Unknown' : ok ? 'True' : 'False'
    const known = policy.status.conditions?.find((condition) => condition.type === type)
    return {
      type,
      status,
      observedGeneration: policy.generation,
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : now,
      reason,
      message: message.slice(0, 8192),
    }
  })
}
