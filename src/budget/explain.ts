import type { Estimate } from '../propagation/index.ts'
import type { BudgetInput, ContractSeconds, SecondsRange } from './budget.ts'
import { seconds } from './seconds.ts'

interface Figures extends ContractSeconds {
  propagationSeconds: number
  requestTimeSeconds: number
  safetyMarginSeconds: number
}

/**
 * The sentence behind the figures: each summand with where it comes from, the sum, and the grace period with the rule
 * that made it differ from the sum, so that a person can check it by hand.
 */
export function explain(input: BudgetInput, figures: Figures, delayNeedMs: number, sumMs: number): string {
  const { bounds, estimate, requestTime } = input
  const { drainDelaySeconds, gracePeriodSeconds } = figures
  const { drainRaiseSeconds = 0 } = input
  const measured = estimate.state === 'Measured' ? '1.5 x P' : 'P'
  const formula = drainRaiseSeconds === 0 ? measured : `${measured} + ${drainRaiseSeconds} s for what drains lost`
  const delayRule = ruleOf(drainDelaySeconds, delayNeedMs, bounds.drainDelay, 'bounds.drainDelay', formula)
  const graceRule = ruleOf(gracePeriodSeconds, sumMs, bounds.gracePeriod, 'bounds.gracePeriod', 'the sum')
  return [
    `P ${figures.propagationSeconds} s (${propagationRule(estimate)})`,
    ` + D ${drainDelaySeconds} s (${delayRule})`,
    ` + W ${figures.requestTimeSeconds} s (${requestTime.because})`,
    ` + S ${figures.safetyMarginSeconds} s = ${seconds(sumMs)}`,
    `; grace ${gracePeriodSeconds} s (${graceRule})`,
  ].join('')
}

function propagationRule(estimate: Estimate): string {
  const { samples, needed, largestMs } = estimate
  if (estimate.state === 'Measured') {
    return `p${percent(estimate.quantile)}, ${percent(estimate.confidence)} % confident, ${samples} drains`
  }
  const missing = `not measured yet: ${samples} of ${samples + needed} drains needed`
  if (estimate.basis === 'initial') return `${missing}; initial`
  return `${missing}; from the largest seen, ${estimate.beyond > 0 ? 'at least ' : ''}${seconds(largestMs ?? 0)}`
}

function ruleOf(value: number, needMs: number, range: SecondsRange, bound: string, formula: string): string {
  const roundedUp = Math.ceil(needMs / 1000)
  if (value < roundedUp) return value < range.max ? 'has to be below the grace period' : `not above ${bound}.max`
  if (value === roundedUp) return `${formula}, rounded up`
  if (value === range.min) return `never below ${bound}.min`
  return `${formula} is ${seconds(needMs)}; up to a third more is kept against noise`
}

function percent(fraction: number): number {
  return Number((fraction * 100).toFixed(4))
}
