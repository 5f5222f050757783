/**
 * What we compute of a rollout: from counts of requests to a verdict (Healthy, Breached or Inconclusive), with stated
 * error probabilities, and from verdicts to the next step. Pure.
 */
export { type Counts, type Origin, origins, type Reading, type Silence, silences } from './reading.ts'
export { type Attribution, type Cure, cures } from './attribution.ts'
export { type Interval, intervalOf } from './interval.ts'
export { type Doubt, type Judge, judgeOf, type Verdict } from './verdict.ts'
export { defaultTerms, type Limit, limitOf, type Terms } from './verdict-terms.ts'
export { type Weigh, type Weighing, weigherOf } from './weigh.ts'
export { byOrigin, type CountsByOrigin, increaseOf, noCounts, sumOf } from './counts.ts'
export {
  type Epoch,
  type EpochMemory,
  type HeardOfEpoch,
  isHealthyAtRest,
  type Judged,
  judgeEpoch,
  observeFromMs,
} from './epoch.ts'
export { type CrashCounts, withCrashes } from './crashes.ts'
export { answerBreach, type Breach, type BreachAnswer, resumeCommand } from './breach.ts'
export { gate, type GateDecision, type GateInput, rolls } from './gate.ts'
export type { PaceReason } from './gate-explain.ts'
export {
  type PaceClaims,
  type PacedDeployment,
  paceDefaults,
  type PaceField,
  type PaceFields,
  type PaceRules,
  paceRuleDefaults,
  type PaceVerdict,
} from './gate-facts.ts'
export type { Pause, PaceState, RolloutPace } from './gate-state.ts'
export { decodeRecord, encodeRecord, type PaceRecord } from './gate-record.ts'
export { type GroupMember, groupRuleDefaults, type GroupRules, groupTurns } from './group.ts'
export { grownStep, resolveBounds, shrunkStep, splitStep, type StepBounds, stepLimit, type Strategy } from './step.ts'
