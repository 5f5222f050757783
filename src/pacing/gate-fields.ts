import {
  type PaceClaims,
  type PacedDeployment,
  paceDefaults,
  type PaceField,
  type PaceFields,
  type PaceRules,
} from './gate-facts.ts'
import type { RolloutPace } from './gate-state.ts'
import { resolveBounds, splitStep, type StepBounds } from './step.ts'

const largestSeconds = 2_147_483_647

/**
 * The user's values. What is not ours is read from the Deployment. What is ours was the API's default before, since
 * nothing else is ever taken over: the record is not needed to be right, only to be quick.
 */
export function ownValues({ live, ours }: PacedDeployment, known?: RolloutPace['own']): RolloutPace['own'] {
  const own = <Field extends keyof RolloutPace['own']>(field: Field): RolloutPace['own'][Field] =>
    ours.includes(field) ? (known ?? paceDefaults)[field] : live[field]
  return {
    minReadySeconds: own('minReadySeconds'),
    progressDeadlineSeconds: own('progressDeadlineSeconds'),
    maxSurge: own('maxSurge'),
    maxUnavailable: own('maxUnavailable'),
  }
}

export function boundsOf(own: RolloutPace['own'], { desired }: PacedDeployment): StepBounds {
  return resolveBounds(own, desired)
}

/** The strategy of the present step, in pods. */
export function strategyOf({ own, stepPods }: RolloutPace, facts: PacedDeployment): StepBounds {
  const fixed = { surge: facts.taken.includes('maxSurge'), unavailable: facts.taken.includes('maxUnavailable') }
  return splitStep(stepPods, boundsOf(own, facts), fixed, spareOf(facts))
}

/** What the budgets allow beyond the surge: they count its pods as healthy, and all of them go with the step. */
function spareOf({ disruptionsAllowed, total, desired }: PacedDeployment): number | undefined {
  if (disruptionsAllowed === undefined) return undefined
  return Math.max(0, disruptionsAllowed - Math.max(0, total - desired))
}

/** Ready pods of the new template that were not let through yet, the oldest first. */
export function heldSinceMs({ released }: RolloutPace, { readySinceMs }: PacedDeployment): number[] {
  return readySinceMs.toSorted((a, b) => a - b).slice(released)
}

export function ageSeconds(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - sinceMs) / 1000))
}

/**
 * A hold: no pod of this step becomes available for a lease, nor, should the operator be gone, later than a lease. It is
 * renewed when half of that is left, so that a hold costs a write a minute or so. It never outgrows maxHold and a lease.
 */
export function holdSeconds(rollout: RolloutPace, facts: PacedDeployment, rules: PaceRules, nowMs: number): number {
  const leaseSeconds = Math.ceil(rules.leaseMs / 1000)
  const mostSeconds = largestHoldSeconds(rollout.own, rules)
  const oldest = heldSinceMs(rollout, facts)[0]
  const age = oldest === undefined ? 0 : ageSeconds(oldest, nowMs)
  const valid = rollout.minReadySeconds >= Math.min(mostSeconds, age + Math.ceil(leaseSeconds / 2))
  const held = rollout.minReadySeconds >= rollout.own.minReadySeconds + Math.ceil(leaseSeconds / 2)
  if (valid && held && rollout.minReadySeconds <= mostSeconds) return rollout.minReadySeconds
  return Math.min(mostSeconds, Math.max(age, rollout.own.minReadySeconds) + leaseSeconds)
}

/**
 * A time that counts towards nothing begins anew, but not at every look: each would be another record, another write,
 * and with that another look.
 */
export function heldAnew(
  { heldSinceMs: beforeMs }: RolloutPace,
  { leaseMs, maxHoldMs }: PaceRules,
  nowMs: number,
): number {
  return nowMs - beforeMs < Math.max(5000, Math.min(leaseMs, maxHoldMs) / 8) ? beforeMs : nowMs
}

/** The longest hold there can be: what a dead operator leaves, for each step. */
export function largestHoldSeconds({ minReadySeconds }: RolloutPace['own'], rules: PaceRules): number {
  return Math.min(largestSeconds - 1, minReadySeconds + Math.ceil((rules.maxHoldMs + rules.leaseMs) / 1000))
}

/**
 * The fields that should be in force. Only what is free is claimed, and only where it differs from the user's value, so
 * that an empty claim gives everything back.
 */
export function claimsOf(rollout: RolloutPace, facts: PacedDeployment): PaceClaims {
  if (rollout.phase === 'Passing') return {}
  const free = (field: PaceField): boolean => !facts.taken.includes(field)
  const { own } = rollout
  const bounds = boundsOf(own, facts)
  const { surge, unavailable } = strategyOf(rollout, facts)
  const claims: { -readonly [Field in PaceField]?: PaceFields[Field] } = {}
  if (free('maxSurge') && surge !== bounds.surge) claims.maxSurge = surge
  if (free('maxUnavailable') && unavailable !== bounds.unavailable) claims.maxUnavailable = unavailable
  if (free('minReadySeconds')) Object.assign(claims, readyClaims(rollout, free('progressDeadlineSeconds')))
  if (rollout.phase === 'Paused' && free('paused')) claims.paused = true
  return claims
}

/**
 * The API demands a progress deadline above minReadySeconds. Ours leaves the user's own time for progress on top, also of the
 * time that a step was held when it is let through: else that would be what misses the deadline.
 */
function readyClaims({ own, minReadySeconds, stillSeconds = 0 }: RolloutPace, deadlineFree: boolean): PaceClaims {
  const { progressDeadlineSeconds } = own
  const seconds = deadlineFree ? minReadySeconds : Math.min(minReadySeconds, progressDeadlineSeconds - 1)
  if (seconds <= own.minReadySeconds) return {}
  if (!deadlineFree || progressDeadlineSeconds === largestSeconds) return { minReadySeconds: seconds }
  return {
    minReadySeconds: seconds,
    progressDeadlineSeconds: Math.min(largestSeconds, Math.max(seconds, stillSeconds) + progressDeadlineSeconds),
  }
}

/** Somebody else's `paused`: not ours to end, and no time of ours to count. */
export function pausedByUser({ live, ours, taken }: PacedDeployment): boolean {
  return live.paused && (!ours.includes('paused') || taken.includes('paused'))
}
