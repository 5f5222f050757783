import { advance } from './gate-advance.ts'
import { explainPace, type PaceReason } from './gate-explain.ts'
import type { PaceClaims, PacedDeployment, PaceRules, PaceVerdict } from './gate-facts.ts'
import { boundsOf, claimsOf, holdSeconds, ownValues } from './gate-fields.ts'
import type { PaceState, RolloutPace } from './gate-state.ts'
import { boundedStep } from './step.ts'

export interface GateInput {
  readonly facts: PacedDeployment
  /** As status has it; absent the first time, and when it was lost. */
  readonly state?: PaceState | undefined
  readonly verdict: PaceVerdict
  readonly rules: PaceRules
  /** It is this Deployment's turn in its rolloutGroup. @default true */
  readonly turn?: boolean
  /** By how much earlier rollouts have made drains longer: of the contract that is in force. @default 0 */
  readonly drainRaiseInForce?: number
  /** Of the wall clock, since deadlines outlive an operator. */
  readonly nowMs: number
}

/** What the gate wants. The state is to be recorded before the claims are applied, and both before the rollback. */
export interface GateDecision {
  readonly state: PaceState
  readonly claims: PaceClaims
  readonly rollbackTo?: string
  /** How much longer pods should drain for the rest of this rollout. */
  readonly drainRaiseSeconds: number
  /** From when on requests count: the verdict that the gate asks for. */
  readonly observeFromMs: number
  readonly reason: PaceReason
  readonly message: string
  /** The gate wants to be asked again then, at the latest. Absent at rest. */
  readonly wakeMs?: number
}

/**
 * The pace of one Deployment: a function of what is seen, what was recorded, and the time.
 * A rollout is over when no pod of an older template is left; then nothing is claimed, whatever happened before.
 */
export function gate(input: GateInput): GateDecision {
  const { facts, state, rules, verdict, nowMs } = input
  const before = state?.templateId === facts.templateId ? state.rollout : undefined
  const changed = isChanged(facts, state)
  if (!rolls(facts, state)) return rest(input, before)
  const known = state?.healthyTemplateId
  const current =
    before === undefined ? start(facts, known, changed, rules, nowMs) : checked(before, facts, rules, nowMs)
  const { turn = true, drainRaiseInForce = 0 } = input
  const around = { facts, rules, verdict, nowMs, turn, healthyTemplateId: known, drainRaiseInForce }
  const rollout = advance(current, around)
  return {
    state: { templateId: facts.templateId, ...(known === undefined ? {} : { healthyTemplateId: known }), rollout },
    claims: claimsOf(rollout, facts),
    ...(rollout.phase === 'RollingBack' && known !== undefined ? { rollbackTo: known } : {}),
    drainRaiseSeconds: rollout.drainRaiseSeconds,
    observeFromMs: Math.max(rollout.blameFromMs, rollout.settledMs ?? 0),
    ...explainPace(rollout, around),
    wakeMs: nowMs + Math.min(Math.ceil(rules.leaseMs / 4), leastWatchMs(rollout, rules, nowMs)),
  }
}

/** Until the step has been watched for as long as it is at least. */
function leastWatchMs({ settledMs }: RolloutPace, { minHoldMs }: PaceRules, nowMs: number): number {
  const leftMs = settledMs === undefined ? 0 : settledMs + minHoldMs - nowMs
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY
}

/** Whether a Deployment rolls, for its pods, by its record, or because its template is another one. */
export function rolls(facts: PacedDeployment, state: PaceState | undefined): boolean {
  const { observed, total, updated } = facts
  if (observed && total === updated) return false
  return state?.rollout !== undefined || isChanged(facts, state) || (observed && total > updated)
}

function isChanged({ templateId }: PacedDeployment, state: PaceState | undefined): boolean {
  return state !== undefined && state.templateId !== templateId
}

/**
 * A template is healthy when its rollout was found so, when it is found so at rest, or when it ran already as we came.
 * Nothing older is gone back to: what finished unproven is what its owner settled on.
 */
function rest({ facts, state, verdict, nowMs }: GateInput, ended: RolloutPace | undefined): GateDecision {
  const { templateId } = facts
  const adopted = state === undefined && facts.observed
  const finished = ended?.proven === true || ended?.passing === 'KnownHealthy'
  const resting = ended === undefined && state?.templateId === templateId
  const known = state?.healthyTemplateId === templateId || (resting && verdict.outcome === 'Healthy')
  return {
    state: { templateId, ...(adopted || finished || known ? { healthyTemplateId: templateId } : {}) },
    claims: {},
    drainRaiseSeconds: 0,
    observeFromMs: nowMs,
    reason: 'AtRest',
    message: 'no rollout in progress',
  }
}

/** Someone's change of the template. Going back to what was healthy passes: it is the cure, and it is known. */
function start(
  facts: PacedDeployment,
  healthyTemplateId: string | undefined,
  changed: boolean,
  rules: PaceRules,
  nowMs: number,
): RolloutPace {
  const own = ownValues(facts)
  const rollout: RolloutPace = {
    phase: 'Holding',
    revisionId: facts.revisionId,
    own,
    stepPods: boundedStep(rules.initialPods, boundsOf(own, facts)),
    minReadySeconds: own.minReadySeconds,
    released: 0,
    releasedAmong: 0,
    blameFromMs: nowMs,
    heldSinceMs: nowMs,
    proven: false,
    drainRaiseSeconds: 0,
  }
  if (changed && facts.templateId === healthyTemplateId) {
    return { ...rollout, phase: 'Passing', passing: 'KnownHealthy' }
  }
  return { ...rollout, minReadySeconds: holdSeconds(rollout, facts, rules, nowMs) }
}

/** A record, fitted to what is there now: people change values and scale, and clocks go back. */
function checked(recorded: RolloutPace, facts: PacedDeployment, rules: PaceRules, nowMs: number): RolloutPace {
  const rollout = recorded.revisionId === facts.revisionId ? recorded : withOtherPods(recorded, facts, nowMs)
  const own = ownValues(facts, rollout.own)
  const past = (ms: number): number => Math.min(ms, nowMs)
  const { pause, settledMs, rollbackUntilMs } = rollout
  return {
    ...rollout,
    own,
    stepPods: boundedStep(rollout.stepPods, boundsOf(own, facts)),
    minReadySeconds: Math.max(rollout.minReadySeconds, own.minReadySeconds),
    released: Math.min(rollout.released, facts.updated),
    releasedAmong: Math.min(rollout.releasedAmong, facts.updated),
    blameFromMs: past(rollout.blameFromMs),
    heldSinceMs: past(rollout.heldSinceMs),
    ...(settledMs === undefined ? {} : { settledMs: past(settledMs) }),
    ...(rollbackUntilMs === undefined ? {} : { rollbackUntilMs: Math.min(rollbackUntilMs, nowMs + rules.leaseMs) }),
    ...(pause === undefined
      ? {}
      : {
          pause: {
            ...pause,
            untilMs: Math.min(pause.untilMs, nowMs + rules.leaseMs),
            ...(pause.healthySinceMs === undefined ? {} : { healthySinceMs: past(pause.healthySinceMs) }),
          },
        }),
  }
}

/** The same version in other pods: none of them was let through, watched or blamed before. */
function withOtherPods(rollout: RolloutPace, { revisionId }: PacedDeployment, nowMs: number): RolloutPace {
  const { settledMs: _, pause, ...rest } = rollout
  const held = rollout.phase === 'Releasing' || rollout.phase === 'Paused'
  return {
    ...rest,
    ...(held ? { phase: 'Holding' } : {}),
    ...(pause === undefined ? {} : { blameFromMs: nowMs, heldSinceMs: nowMs }),
    revisionId,
    released: 0,
    releasedAmong: 0,
  }
}
