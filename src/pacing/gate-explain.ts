import type { PaceRules } from './gate-facts.ts'
import { pausedByUser } from './gate-fields.ts'
import type { RolloutPace, Surroundings } from './gate-state.ts'

export type PaceReason =
  | 'AtRest'
  | 'Stepping'
  | 'Holding'
  | 'WaitingForTurn'
  | 'Paused'
  | 'PausedByUser'
  | 'RollingBack'
  | 'Overridden'
  | 'KnownHealthy'

interface Told {
  readonly reason: PaceReason
  readonly message: string
}

/** One sentence for the RolloutHealthy condition. It names no time that goes on, so that it changes with the phase only. */
export function explainPace(rollout: RolloutPace, { facts, rules, turn }: Surroundings): Told {
  if (pausedByUser(facts) && rollout.phase !== 'Passing')
    return { reason: 'PausedByUser', message: 'paused by somebody else: not touched' }
  if (rollout.phase === 'Passing') return rollout.passing === 'KnownHealthy' ? knownHealthy : overridden
  if (rollout.phase === 'RollingBack') return rollingBack
  if (rollout.phase === 'Paused')
    return { reason: 'Paused', message: pausedMessage(rollout, facts.taken.includes('paused')) }
  if (rollout.phase === 'Releasing')
    return { reason: 'Stepping', message: `${pods(rollout.released)} of ${facts.desired} let through` }
  return turn ? { reason: 'Holding', message: holding(rollout, rules) } : waitingForTurn
}

const knownHealthy: Told = {
  reason: 'KnownHealthy',
  message: 'going back to a template that was found healthy: not paced',
}
const overridden: Told = {
  reason: 'Overridden',
  message: 'somebody resumed this rollout: not paced until it is over',
}
const rollingBack: Told = {
  reason: 'RollingBack',
  message: 'the new version is to blame: back to the last healthy template',
}
const waitingForTurn: Told = {
  reason: 'WaitingForTurn',
  message: 'waits for another rollout of its rolloutGroup',
}

function holding({ settledMs, stepPods }: RolloutPace, { minHoldMs, onInconclusive }: PaceRules): string {
  const step = `a step of ${pods(stepPods)}`
  if (settledMs === undefined) return `waits until ${step} is ready`
  const least = minHoldMs === 0 ? '' : ` for ${minHoldMs / 1000} s at least`
  return `watches ${step}${least}; after maxHold without a verdict: ${onInconclusive}`
}

function pausedMessage({ pause }: RolloutPace, taken: boolean): string {
  const cause = pause?.cause === 'inconclusive' ? 'nothing was heard for maxHold' : `requests failed (${pause?.cause})`
  const held = taken ? `${cause}; paused is stated by somebody else, so that minReadySeconds alone holds` : cause
  return pause?.refused === undefined ? held : `${held}; ${pause.refused}`
}

function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}
