import { type Pacing, parseDuration } from '../../api/index.ts'
import { defaultTerms, paceRuleDefaults, type PaceRules, type Terms } from '../../pacing/index.ts'

/** What a policy says of verdicts, as the room pacing takes it. */
export function termsOf({ objective: { errorRate, minRequests, burst } }: Pacing): Terms {
  return { ...defaultTerms, objective: errorRate, minRequests, burst }
}

/** What a policy says of the gate. */
export function rulesOf(pacing: Pacing): PaceRules {
  return {
    ...paceRuleDefaults,
    initialPods: pacing.initialStep,
    onBreach: pacing.onBreach,
    onInconclusive: pacing.onInconclusive,
    minHoldMs: parseDuration(pacing.minHold) * 1000,
    maxHoldMs: parseDuration(pacing.maxHold) * 1000,
    rollbackOverGitOps: pacing.rollbackOverGitOps,
    drainRaiseMaxSeconds: Math.ceil(parseDuration(pacing.maxDrainRaise)),
  }
}
