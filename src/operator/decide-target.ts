import { type DrainPolicySpec, formatSeconds, parseDuration, type Reason, type TargetStatus } from '../api/index.ts'
import { type Budget, computeBudget, type ContractSeconds, requestTime } from '../budget/index.ts'
import {
  DEFAULT_GRACE_SECONDS,
  type PatchRequest,
  type Plan,
  planPatch,
  podOnContract,
  type WrittenContract,
} from '../contract/index.ts'
import { type Estimate, estimate } from '../propagation/index.ts'
import { carriedContract } from './carried-contract.ts'
import type { TargetFacts } from './gather.ts'
import { measurementStatus } from './measurement.ts'
import type { TargetFigures } from './metrics.ts'
import type { PaceDecision } from './pace/decide-pace.ts'
import type { DeploymentFacts } from './projections.ts'
import { type Obstacle, obstaclesOf } from './obstacles.ts'
import { serviceStatuses } from './service-status.ts'

/** What was decided for one Deployment: plain data. */
export interface TargetDecision {
  name: string
  deployment: DeploymentFacts
  status: TargetStatus
  /** What to write; absent when nothing is to be written. */
  patch?: Plan
  /** Whether the template carries the contract, and why (not). */
  delivered: { ok: boolean; reason: Reason; message: string }
  /** A longer contract is to be written, but not yet. */
  paced: boolean
  /** Why the policy does not do all that it was asked to do; the first is the one to tell. */
  obstacles: readonly Obstacle[]
  estimate: Estimate
  figures: TargetFigures
  pace?: PaceDecision
}

export interface TargetContext {
  spec: DrainPolicySpec
  /** The status that the target has now. */
  known: TargetStatus | undefined
  serverVersion?: { major: number; minor: number }
  /** Fields that somebody put back after we wrote them, as often as we are willing to write them. */
  reverted?: PatchRequest['reverted']
  /** We wrote this template a moment ago: a raise that would be a rollout of its own waits. */
  raiseWaits?: boolean
  /** Decided already: the contract only takes its drain raise from it. */
  pace?: PaceDecision
}

/** Decides one target. Every check that can stand in the way is named, and they are asked in this order. */
export function decideTarget(facts: TargetFacts, context: TargetContext): TargetDecision {
  const { spec, known } = context
  const { deployment, measurement } = facts
  const name = deployment.view.name
  const propagation = estimate(measurement.propagation, estimateOptions(spec))
  const enforce = spec.mode === 'Enforce'
  const stated = known?.contract && {
    drainDelaySeconds: known.contract.drainDelaySeconds,
    gracePeriodSeconds: known.contract.terminationGracePeriodSeconds,
  }
  const planFor = (contract: ContractSeconds): Plan =>
    planPatch(deployment.view, patchRequest(facts, context, contract))
  const carried = enforce ? carriedContract(deployment, stated, planFor) : undefined
  const previous = carried ?? stated
  const budget = budgetOf(spec, facts, propagation, previous, drainRaiseOf(context))
  // A shorter contract rides on the next rollout, so that it never costs one of its own.
  const deferred = carried !== undefined && budget.change === 'lower' && !isChangeFree(facts, context)
  const raises = carried !== undefined && budget.change === 'raise' && !isChangeFree(facts, context)
  const halted = raises && isHalted(context)
  const paced = raises && !halted && context.raiseWaits === true
  const contract = deferred || halted || paced ? { ...budget, ...carried } : budget
  const plan = planFor(contract)

  const obstacles = obstaclesOf(facts, budget, enforce ? plan : undefined, context.reverted)
  const blocked = obstacles.some(({ act }) => act)
  const delivered =
    (halted || paced) && !blocked
      ? waitingRaise(budget, halted)
      : deliveryOf(plan, enforce, blocked, deferred ? budget : undefined, obstacles)
  const because = contract !== budget && carried === stated ? (known?.contract?.because ?? '') : budget.because
  const pods = podCounts(facts, plan, contract)
  return {
    name,
    deployment,
    ...(enforce && !blocked && (plan.action === 'Apply' || plan.action === 'Release') ? { patch: plan } : {}),
    delivered,
    paced,
    obstacles,
    estimate: propagation,
    figures: {
      propagationSeconds: propagation.boundMs / 1000,
      propagationSamples: propagation.samples,
      drainDelaySeconds: contract.drainDelaySeconds,
      gracePeriodSeconds: contract.gracePeriodSeconds,
      pods: pods.total,
      podsOnContract: pods.onContract,
    },
    ...(context.pace === undefined ? {} : { pace: context.pace }),
    status: {
      name,
      uid: deployment.view.uid,
      ...containerOf(plan),
      contract: {
        drainDelaySeconds: contract.drainDelaySeconds,
        terminationGracePeriodSeconds: contract.gracePeriodSeconds,
        because,
        ...(budget.drainRaiseSeconds === 0 ? {} : { drainRaiseSeconds: budget.drainRaiseSeconds }),
        ...(blocked || !enforce || plan.fields.length === 0 ? {} : { fields: [...plan.fields] }),
      },
      ...(context.reverted === undefined ? {} : { putBack: [...context.reverted] }),
      pods,
      ...mergedMeasurement(facts, propagation),
      services: serviceStatuses(facts.services, measurement.apiToSliceMs, known?.services),
      rollout: rolloutOf(deployment),
      ...(context.pace === undefined ? {} : { pace: context.pace.status }),
      ...notesOf(plan, deferred ? budget : undefined),
    },
  }
}

/**
 * What draining pods lost asks for a longer drain. Pods carry their hook from their creation: in the middle of a rollout
 * it would replace the new pods once more, and help none that drains. So it is written when the rollout is over.
 */
function drainRaiseOf({ pace, known }: TargetContext): number {
  if (pace === undefined) return 0
  const inForce = known?.contract?.drainRaiseSeconds ?? 0
  return pace.rolling ? inForce : (pace.status.drainRaiseSeconds ?? 0)
}

function estimateOptions(spec: DrainPolicySpec): Parameters<typeof estimate>[1] {
  const { quantile, confidence, window, initial } = spec.propagation
  return { quantile, confidence, window, initialMs: parseDuration(initial) * 1000 }
}

function budgetOf(
  spec: DrainPolicySpec,
  { measurement }: TargetFacts,
  propagation: Estimate,
  previous: ContractSeconds | undefined,
  drainRaiseSeconds: number,
): Budget {
  const { contract } = spec
  const range = (bounds: { min: string; max: string }) => ({
    min: Math.ceil(parseDuration(bounds.min)),
    max: Math.ceil(parseDuration(bounds.max)),
  })
  return computeBudget({
    estimate: propagation,
    requestTime: requestTime({
      source: contract.requestTime.source,
      maxSeconds: parseDuration(contract.requestTime.max),
      longestRequests: measurement.longestRequests,
      options: estimateOptions(spec),
    }),
    safetyMarginSeconds: parseDuration(contract.safetyMargin),
    bounds: { drainDelay: range(contract.bounds.drainDelay), gracePeriod: range(contract.bounds.gracePeriod) },
    drainRaiseSeconds,
    previous,
  })
}

function patchRequest(facts: TargetFacts, context: TargetContext, contract: ContractSeconds): PatchRequest {
  const { spec, known, serverVersion, reverted } = context
  const { container, drain, readiness } = spec.contract
  const written = known?.contract
  return {
    drainDelaySeconds: contract.drainDelaySeconds,
    gracePeriodSeconds: contract.gracePeriodSeconds,
    servicePorts: facts.services.flatMap((service) => service.targetPorts),
    method: drain.method,
    mayLower: isChangeFree(facts, context),
    ...(container === undefined ? {} : { container }),
    ...(readiness === undefined ? {} : { readiness: { ...readiness, port: portOf(readiness.port) } }),
    ...(serverVersion === undefined ? {} : { serverVersion }),
    ...(reverted === undefined ? {} : { reverted }),
    ...(written === undefined ? {} : { ours: [writtenOf(written)] }),
  }
}

/** What of the contract in status was ours. A grace period up to the default is not written: it stood beside our hook. */
function writtenOf({ fields = [], ...contract }: NonNullable<TargetStatus['contract']>): WrittenContract {
  const { drainDelaySeconds, terminationGracePeriodSeconds: gracePeriodSeconds } = contract
  const hook = fields.includes('preStop')
  const grace = fields.includes('gracePeriod') || (hook && gracePeriodSeconds <= DEFAULT_GRACE_SECONDS)
  return { ...(hook && { drainDelaySeconds }), ...(grace && { gracePeriodSeconds }) }
}

function portOf(text: string): string | number {
  return /^[0-9]+$/.test(text) ? Number(text) : text
}

function deliveryOf(
  plan: Plan,
  enforce: boolean,
  blocked: boolean,
  deferred: Budget | undefined,
  obstacles: readonly Obstacle[],
): TargetDecision['delivered'] {
  if (blocked) {
    const first = obstacles.find(({ act }) => act)
    return { ok: false, reason: first?.reason ?? 'ContractBlocked', message: first?.message ?? '' }
  }
  const carried = plan.action === 'None'
  if (!enforce) {
    return { ok: carried, reason: 'Observing', message: observed(plan) }
  }
  if (!carried) return { ok: false, reason: 'Delivering', message: 'the contract is being written to the pod template' }
  if (deferred !== undefined) return { ok: true, reason: 'LoweringDeferred', message: deferral(deferred) }
  return { ok: true, reason: 'Reconciled', message: 'the pod template carries the contract' }
}

function waitingRaise({ drainDelaySeconds, gracePeriodSeconds }: Budget, halted: boolean): TargetDecision['delivered'] {
  const when = halted
    ? 'when the rollout goes on, as it would replace the pods that stopped it'
    : 'in some seconds, with what else is measured until then'
  const message = `a longer contract (D ${drainDelaySeconds} s, G ${gracePeriodSeconds} s) is written ${when}`
  return { ok: false, reason: 'Delivering', message }
}

/** What delivering would do, for somebody who only looks. */
function observed({ action, conflicts }: Plan): string {
  if (action === 'None') return 'the template carries the contract'
  const blocking = conflicts.filter((conflict) => conflict.blocking).map(({ message }) => message)
  if (blocking.length === 0) return 'mode is Observe: the template does not carry the contract'
  return `mode is Observe; with Enforce this would stand in the way: ${blocking.join('; ')}`
}

function deferral({ drainDelaySeconds, gracePeriodSeconds }: Budget): string {
  return `a shorter contract (D ${drainDelaySeconds} s, G ${gracePeriodSeconds} s) waits for the next rollout`
}

/** Pods of more than one template exist, or the controller has not looked yet: pods are being replaced anyway. */
export function isRolling({ rollout }: DeploymentFacts): boolean {
  return !rollout.observed || rollout.updated < rollout.desired || rollout.total > rollout.updated
}

/** Nobody is replaced for it: in a young rollout, or without any pod. One that still ends would move P once more. */
function isChangeFree({ deployment, pods }: TargetFacts, context: TargetContext): boolean {
  const { observed, total } = deployment.rollout
  if (observed && total === 0 && pods.length === 0) return true
  return isRolloutYoung(deployment) && !isHalted(context)
}

/** A rollout is stopped for what its pods did. With other pods of the same version that would be forgotten. */
function isHalted({ pace }: TargetContext): boolean {
  return pace?.status.phase === 'Paused' || pace?.status.phase === 'RollingBack'
}

/**
 * Somebody's rollout has begun, and a pod or two of it exist, or a quarter: to change the template now replaces hardly a
 * pod twice. Later in a rollout, and in one that is stuck, it would be a rollout of its own.
 * Our own rollout brings drains that move P up and down: what follows each of them never ends.
 */
export function isRolloutYoung({ rollout: { observed, total, updated, desired, ours } }: DeploymentFacts): boolean {
  return observed && !ours && total > updated && updated <= Math.max(2, Math.ceil(desired / 4))
}

function rolloutOf(deployment: DeploymentFacts): NonNullable<TargetStatus['rollout']> {
  const { rollout } = deployment
  const phase = rollout.paused ? 'Paused' : isRolling(deployment) ? 'Progressing' : 'Complete'
  return { phase, message: `${rollout.updated} of ${rollout.desired} updated, ${rollout.available} available` }
}

function containerOf({ promises }: Plan): Pick<TargetStatus, 'container' | 'method'> {
  if (promises === undefined) return {}
  const { container, method } = promises
  return { container, ...(method === 'AsStated' ? {} : { method }) }
}

function podCounts(
  { pods }: TargetFacts,
  { promises }: Plan,
  contract: ContractSeconds,
): NonNullable<TargetStatus['pods']> {
  const alive = pods.filter((pod) => pod.deletionTimestamp === undefined)
  const onContract = alive.filter(
    (pod) =>
      promises !== undefined &&
      podOnContract(pod.contract, {
        container: promises.container,
        drainDelaySeconds: contract.drainDelaySeconds,
        gracePeriodSeconds: contract.gracePeriodSeconds,
      }),
  )
  return { total: alive.length, onContract: onContract.length, terminating: pods.length - alive.length }
}

function mergedMeasurement(
  { measurement }: TargetFacts,
  { samples, boundMs, p50Ms, p95Ms, p99Ms }: Estimate,
): Pick<TargetStatus, 'propagation' | 'requestTimeHistory' | 'drains'> {
  const { propagation, ...rest } = measurementStatus(measurement)
  const quantiles = { p50: p50Ms, p95: p95Ms, p99: p99Ms }
  const known = Object.entries(quantiles).flatMap(([key, ms]) =>
    ms === undefined ? [] : [[key, formatSeconds(ms / 1000)]],
  )
  return {
    ...rest,
    propagation: { samples, bound: formatSeconds(boundMs / 1000), ...Object.fromEntries(known), ...propagation },
  }
}

function notesOf({ notes }: Plan, deferred: Budget | undefined): Pick<TargetStatus, 'notes'> {
  const all = [...(deferred === undefined ? [] : [deferral(deferred)]), ...notes.map(({ message }) => message)]
  return all.length === 0 ? {} : { notes: all.slice(0, 16) }
}
