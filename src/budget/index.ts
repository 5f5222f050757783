/**
 * What we compute: the drain contract's figures from what was measured. Pure: G >= P + D + W + S, its bounds, the dead
 * band that keeps noise from changing it, and the sentence that explains it. Durations are numbers, in seconds.
 */
export {
  type Budget,
  type BudgetBounds,
  type BudgetInput,
  budgetDefaults,
  type ContractSeconds,
  computeBudget,
  type SecondsRange,
  type Shortfall,
} from './budget.ts'
export { type RequestTime, type RequestTimeInput, requestTime } from './request-time.ts'
