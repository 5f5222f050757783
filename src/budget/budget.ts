import type { Estimate } from '../propagation/index.ts'
import { explain } from './explain.ts'
import type { RequestTime } from './request-time.ts'
import { hundredthsUp, seconds } from './seconds.ts'

export interface SecondsRange {
  min: number
  max: number
}

export interface BudgetBounds {
  drainDelay: SecondsRange
  gracePeriod: SecondsRange
}

/** The contract in force, whole seconds. */
export interface ContractSeconds {
  drainDelaySeconds: number
  gracePeriodSeconds: number
}

export interface BudgetInput {
  /** P and how sure it is. */
  estimate: Estimate
  /** W. */
  requestTime: Pick<RequestTime, 'seconds' | 'because'>
  /** S. @default 5 */
  safetyMarginSeconds: number
  /** Where `min` is above `max`, `max` wins. @default drainDelay 1..60, gracePeriod 30..600 */
  bounds: BudgetBounds
  /** What is added to D because draining pods lost requests. @default 0 */
  drainRaiseSeconds?: number
  /** What status says is in force; absent the first time. */
  previous?: ContractSeconds | undefined
}

/** The formula cannot be kept within the bounds: the contract cannot promise zero loss. */
export interface Shortfall {
  code: 'DrainDelayMax' | 'GracePeriodMax'
  message: string
}

export interface Budget extends ContractSeconds {
  /** P, in hundredths, rounded up. */
  propagationSeconds: number
  /** W. */
  requestTimeSeconds: number
  /** S. */
  safetyMarginSeconds: number
  drainRaiseSeconds: number
  /** Against `previous`. raise when either figure rises, lower when one falls and none rises. */
  change: 'first' | 'none' | 'raise' | 'lower'
  /** Empty when G >= P + D + W + S holds and D covers P. */
  shortfalls: readonly Shortfall[]
  /** One sentence with every figure, to be checked by hand. */
  because: string
}

/** Grace 30 is Kubernetes' own default: never shortened below that unless somebody says so. */
export const budgetDefaults = {
  bounds: { drainDelay: { min: 1, max: 60 }, gracePeriod: { min: 30, max: 600 } },
  safetyMarginSeconds: 5,
  requestTimeMaxSeconds: 60,
} as const

/** A measured P gets the half on top: it covers the pods beyond the quantile. */
const headroom = 1.5
/** A figure is lowered only as far as the need plus a third (the need is 25 % below it): noise changes nothing. */
const deadBand = 0.25

/**
 * The drain contract's figures: G >= P + D + W + S, with D = 1.5 x P when P is measured and D = P while it is assumed,
 * and more where draining pods lost requests all the same.
 * Both are whole seconds, because preStop.sleep and terminationGracePeriodSeconds are. Up at once; down only out of
 * the dead band. D is always less than G, as the API server demands of preStop.sleep.
 */
export function computeBudget(input: BudgetInput): Budget {
  const { bounds, previous } = input
  // Whole milliseconds from here on: sums are exact, so that rounding up never adds a second for 1e-15.
  const propagationMs = hundredthsUp(input.estimate.boundMs) * 10
  const requestMs = wholeMs(input.requestTime.seconds)
  const marginMs = wholeMs(input.safetyMarginSeconds)

  const { drainRaiseSeconds = 0 } = input
  const measuredMs = input.estimate.state === 'Measured' ? headroom * propagationMs : propagationMs
  const delayNeedMs = measuredMs + drainRaiseSeconds * 1000
  const delay = settle(delayNeedMs, bounds.drainDelay, previous?.drainDelaySeconds)
  const sumMs = propagationMs + delay * 1000 + requestMs + marginMs
  const gracePeriodSeconds = settle(sumMs, bounds.gracePeriod, previous?.gracePeriodSeconds)
  const drainDelaySeconds = Math.max(0, Math.min(delay, gracePeriodSeconds - 1))

  const figures = {
    drainDelaySeconds,
    gracePeriodSeconds,
    propagationSeconds: propagationMs / 1000,
    requestTimeSeconds: requestMs / 1000,
    safetyMarginSeconds: marginMs / 1000,
    drainRaiseSeconds,
  }
  return {
    ...figures,
    change: changeOf(figures, previous),
    shortfalls: shortfallsOf(figures, propagationMs, sumMs),
    because: explain(input, figures, delayNeedMs, sumMs),
  }
}

/** The value in force, moved as little as possible into [need, need + a third], both rounded up and within bounds. */
function settle(needMs: number, range: SecondsRange, previous: number | undefined): number {
  const least = clamp(Math.ceil(needMs / 1000), range)
  const most = clamp(Math.ceil(needMs / (1000 * (1 - deadBand))), range)
  return previous === undefined ? least : Math.min(Math.max(previous, least), most)
}

function clamp(value: number, { min, max }: SecondsRange): number {
  return Math.min(Math.max(value, min), max)
}

function changeOf(now: ContractSeconds, before: ContractSeconds | undefined): Budget['change'] {
  if (before === undefined) return 'first'
  const delayRise = now.drainDelaySeconds - before.drainDelaySeconds
  const graceRise = now.gracePeriodSeconds - before.gracePeriodSeconds
  if (delayRise > 0 || graceRise > 0) return 'raise'
  return delayRise < 0 || graceRise < 0 ? 'lower' : 'none'
}

function shortfallsOf(figures: ContractSeconds, propagationMs: number, sumMs: number): Shortfall[] {
  const { drainDelaySeconds, gracePeriodSeconds } = figures
  const found: Shortfall[] = []
  if (drainDelaySeconds * 1000 < propagationMs) {
    const message = `drain delay ${drainDelaySeconds} s does not cover P ${seconds(propagationMs)}: raise bounds.drainDelay.max`
    found.push({ code: 'DrainDelayMax', message })
  }
  if (gracePeriodSeconds * 1000 < sumMs) {
    const message = `grace period ${gracePeriodSeconds} s is less than P + D + W + S = ${seconds(sumMs)}: raise bounds.gracePeriod.max`
    found.push({ code: 'GracePeriodMax', message })
  }
  return found
}

function wholeMs(value: number): number {
  return Math.ceil(Number((value * 1000).toFixed(6)))
}
