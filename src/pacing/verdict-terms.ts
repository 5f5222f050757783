import { upperBound } from './interval.ts'
import type { Counts } from './reading.ts'

/** What a verdict is measured against, and how often it may be wrong. */
export interface Terms {
  /** The highest rate of errors that is allowed, above 0 and at most 0.4. */
  readonly objective: number
  /** How often a rollout that keeps the limit may be Breached, over all looks. */
  readonly alpha: number
  /** How often a rollout that fails `factor` x the limit or more may be Healthy, over all looks. */
  readonly beta: number
  /** Healthy is below `factor` x the limit. Nearer to 1 takes more requests, by the square. */
  readonly factor: number
  /** No verdict on less. The test would not need it; a first user does. */
  readonly minRequests: number
  /** What a baseline above the objective may be exceeded by, as a rate. */
  readonly tolerance: number
  /** How many requests in a row fail together at the most. 1: each for itself. */
  readonly burst: number
}

export const defaultTerms: Terms = {
  objective: 0.001,
  alpha: 0.01,
  beta: 0.05,
  factor: 2,
  minRequests: 100,
  tolerance: 0,
  burst: 1,
}

/** The rate that a rollout may have, and the error probability that is left for testing it. */
export interface Limit {
  readonly rate: number
  readonly alpha: number
  readonly by: 'objective' | 'baseline'
  /** What a Healthy rate is below. */
  readonly unhealthyRate: number
  /** The baseline, when it is the limit. */
  readonly baseline?: Counts
}

/** The baseline's bound may be wrong in this share of alpha; the rest is for the rollout (Boole's inequality). */
const shareOfBaseline = 1 / 4

/**
 * A baseline excuses errors only when it missed the objective itself, in at least `minRequests`. Then the limit is the
 * highest rate that it can have had, with its share of alpha: what is above that is not the old state of the service.
 * So Breached is above the objective with an error of alpha in any case; and a service that always missed the
 * objective is blamed for its old rate with alpha as well, unless its baseline happened to look better than the
 * objective, or is too small.
 */
export function limitOf(terms: Terms, baseline?: Counts): Limit {
  check(terms)
  const { objective, alpha, minRequests } = terms
  const missed =
    baseline !== undefined && baseline.requests >= minRequests && baseline.errors / baseline.requests > objective
  if (!missed) return { rate: objective, alpha, by: 'objective', unhealthyRate: unhealthy(objective, terms.factor) }
  // A limit of 1 could be neither broken nor kept: the test needs room on both sides.
  const bound = upperBound(baseline, alpha * shareOfBaseline, terms.burst) + terms.tolerance
  const rate = Math.min(0.9, bound)
  return {
    rate,
    alpha: alpha * (1 - shareOfBaseline),
    by: 'baseline',
    unhealthyRate: unhealthy(rate, terms.factor),
    baseline,
  }
}

function unhealthy(rate: number, factor: number): number {
  return Math.min(rate * factor, (1 + rate) / 2)
}

function check(terms: Terms): void {
  const { objective, alpha, beta, factor, minRequests, tolerance, burst } = terms
  const sound =
    objective > 0 &&
    objective <= 0.4 &&
    [alpha, beta].every((probability) => probability > 0 && probability < 0.5) &&
    factor > 1 &&
    minRequests >= 1 &&
    tolerance >= 0 &&
    burst >= 1
  if (!sound) throw new RangeError(`no verdict can be given on these terms: ${JSON.stringify(terms)}`)
}
