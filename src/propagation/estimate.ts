import { boundRank, requiredSamples } from './order-statistics.ts'
import type { WindowEntry } from './window.ts'

export interface EstimateOptions {
  /** The quantile to bound, in (0, 1). @default 0.95 (59 drains suffice; 0.99 needs 299) */
  quantile: number
  /** The chance that the bound is not below the true quantile, in (0, 1). @default 0.95 */
  confidence: number
  /** The bound to assume while there is none, in milliseconds. */
  initialMs: number
  /** How many entries the window keeps. @default 200 */
  window: number
}

export interface Estimate {
  /** Measured: the bound holds with the stated confidence. Measuring: the bound is an assumption. */
  state: 'Measured' | 'Measuring'
  /** The upper bound in force, in milliseconds. */
  boundMs: number
  /** Where the bound comes from: an order statistic, the assumed initial value, or the largest figure seen, scaled. */
  basis: 'orderStatistic' | 'initial' | 'largestSeen'
  /** The largest figure in the window, in milliseconds; absent when it is empty. */
  largestMs?: number
  /** How many informative drains are in the window, those beyond included. */
  samples: number
  /** How many of them are beyond: larger than could be seen. */
  beyond: number
  /** How many more informative drains, none of them beyond, give a bound; 0 when Measured. */
  needed: number
  quantile: number
  confidence: number
  /** Empirical quantiles, in milliseconds; absent while n is below 1 / (1 - q), or when one falls on one beyond. */
  p50Ms?: number
  p95Ms?: number
  p99Ms?: number
}

export const estimateDefaults = { quantile: 0.95, confidence: 0.95, initialMs: 15_000, window: 200 } as const

/** While nothing is proven, assume so much more than the largest figure seen; and than one that was only a minimum. */
const factorOfLargest = 1.5
const factorOfBeyond = 2

/**
 * The upper confidence bound of a quantile of what the window holds: non-parametric, by order statistics. Entries
 * beyond sort last, as infinity: if the bound falls on one there is no bound, and the larger of `initialMs` and a
 * multiple of the largest figure seen stands in.
 */
export function estimate(entries: readonly WindowEntry[], options: EstimateOptions): Estimate {
  const { quantile, confidence, initialMs, window } = options
  const kept = entries.slice(Math.max(0, entries.length - window))
  const sorted = kept.map(({ ms, beyond }) => (beyond ? Infinity : ms)).sort((left, right) => left - right)
  const rank = boundRank(sorted.length, quantile, confidence)
  const bound = rank === undefined ? Infinity : (sorted[rank - 1] ?? Infinity)
  const counts = { samples: kept.length, beyond: sorted.filter((ms) => ms === Infinity).length }
  const figures = { ...counts, quantile, confidence, ...largestOf(kept), ...empirical(sorted) }
  if (bound < Infinity) return { state: 'Measured', boundMs: bound, basis: 'orderStatistic', needed: 0, ...figures }

  const assumed = Math.max(0, ...kept.map(({ ms, beyond }) => ms * (beyond ? factorOfBeyond : factorOfLargest)))
  return {
    state: 'Measuring',
    boundMs: Math.max(initialMs, assumed),
    basis: assumed > initialMs ? 'largestSeen' : 'initial',
    needed: stillNeeded(kept, options),
    ...figures,
  }
}

/** Counts the drains until a bound exists, as entries beyond slide out of the window. */
function stillNeeded(kept: readonly WindowEntry[], { quantile, confidence, window }: EstimateOptions): number {
  let beyond = kept.filter((entry) => entry.beyond).length
  let required = requiredSamples(quantile, confidence, beyond)
  for (let added = 1; added <= window; added += 1) {
    if (kept[kept.length + added - window - 1]?.beyond === true) {
      beyond -= 1
      required = requiredSamples(quantile, confidence, beyond)
    }
    if (Math.min(window, kept.length + added) >= required) return added
  }
  // The window is too small for this quantile and confidence: say what would be needed, whatever its size.
  return Math.max(1, requiredSamples(quantile, confidence) - kept.length)
}

function largestOf(entries: readonly WindowEntry[]): { largestMs?: number } {
  return entries.length === 0 ? {} : { largestMs: Math.max(...entries.map(({ ms }) => ms)) }
}

function empirical(sorted: readonly number[]): Pick<Estimate, 'p50Ms' | 'p95Ms' | 'p99Ms'> {
  const [p50Ms, p95Ms, p99Ms] = [50, 95, 99].map((percent) => {
    // In whole percents: 0.99 * 100 is 99.00000000000001 in binary, and would pick the next rank.
    const tooFew = sorted.length * (100 - percent) < 100
    const value = tooFew ? Infinity : (sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Infinity)
    return value < Infinity ? value : undefined
  })
  return {
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
  }
}
