import type { Counts } from './reading.ts'
import { evidenceAbove, evidenceBelow, inBursts } from './sequential.ts'

/** Where the rate is. `confidence` holds for all looks together, not for each (a confidence sequence). */
export interface Interval {
  readonly lower: number
  readonly upper: number
  readonly confidence: number
}

const least = 1e-12
const most = 1 - 1e-9

/**
 * All rates that the test has not refuted: those below `lower` are at an error of `alpha`, those above `upper` at one of
 * `beta`. It agrees with the test by construction. It never gets narrower than about an eighth of the rate to
 * either side, since no ratio nearer to 1 is staked on (sequential.ts). Where the rate changes, it is of no moment's
 * rate: then `lower` is below the highest of them, and `upper` above the lowest.
 */
export function intervalOf(counts: Counts, alpha: number, beta: number, burst: number): Interval {
  return {
    lower: lowerBound(counts, alpha, burst),
    upper: upperBound(counts, beta, burst),
    confidence: 1 - alpha - beta,
  }
}

function lowerBound(counts: Counts, alpha: number, burst: number): number {
  const refuted = (rate: number) => inBursts(evidenceAbove(rate), burst)(counts) >= -Math.log(alpha)
  return refuted(least) ? turningPoint((rate) => refuted(rate)) : 0
}

/** The least rate that the counts refute with an error of at most `beta`; 1 when there is none. */
export function upperBound(counts: Counts, beta: number, burst: number): number {
  const refuted = (rate: number) => inBursts(evidenceBelow(rate), burst)(counts) >= -Math.log(beta)
  return refuted(most) ? turningPoint((rate) => !refuted(rate)) : 1
}

/** Where a statement stops being true: it holds for small rates and for no larger one. Bisection of the logarithm. */
function turningPoint(holds: (rate: number) => boolean): number {
  let low = Math.log(least)
  let high = Math.log(most)
  for (let halving = 0; halving < 50; halving += 1) {
    const middle = (low + high) / 2
    if (holds(Math.exp(middle))) low = middle
    else high = middle
  }
  return Math.exp((low + high) / 2)
}
