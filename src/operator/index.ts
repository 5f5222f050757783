/**
 * Who acts: the operator. One reconcile is gather (facts from caches) -> decide (plain data) -> apply (API calls).
 * `decide` is pure and shared with whoever wants to see a decision without carrying it out.
 */
export { type Decision, decide } from './decide.ts'
export { type TargetDecision } from './decide-target.ts'
export { Operator, type OperatorOptions } from './operator.ts'
