import { judgedOrigins, shareOf } from './attribution.ts'
import { type CountsByOrigin, noCounts, sumOf } from './counts.ts'
import type { Counts, Origin } from './reading.ts'
import { type Evidence, evidenceAbove, evidenceBelow, inBursts, sinceAnyStep } from './sequential.ts'
import type { Limit, Terms } from './verdict-terms.ts'

/** Evidence, and how much of it decides: both as natural logarithms. */
export interface Weight {
  readonly counts: Counts
  readonly evidence: number
  readonly enough: number
}

export interface Weighing {
  readonly kind: 'Healthy' | 'Breached' | 'Inconclusive'
  /** Of all judged origins together. */
  readonly counts: Counts
  /** Against "at most the limit", for each judged origin. */
  readonly breach: readonly (Weight & { readonly origin: Origin })[]
  /** Against "at least the unhealthy rate", of what a rollout brings: the new version, where it is told apart. */
  readonly health: Weight & { readonly origin: Origin }
}

export type Weigh = (counts: CountsByOrigin, steps?: readonly CountsByOrigin[]) => Weighing

/**
 * Decides on accumulated counts. `steps` are those that had been reached when each step of the rollout began; give them
 * in every look at a rollout or in none. Breached goes before Healthy: many good requests do not outweigh a bad step.
 */
export function weigherOf(terms: Terms, limit: Limit): Weigh {
  const above = inBursts(evidenceAbove(limit.rate), terms.burst)
  const below = inBursts(evidenceBelow(limit.unhealthyRate), terms.burst)
  return (counts, steps) => {
    const origins = judgedOrigins(counts)
    const breach = origins.map((origin) => {
      const own = counts[origin] ?? noCounts
      return {
        origin,
        counts: own,
        evidence: stepped(above, origin, steps)(own),
        enough: -Math.log(limit.alpha * shareOf(origin)),
      }
    })
    const total = sumOf(breach.map((weight) => weight.counts))
    const subject = origins.includes('newVersion') ? 'newVersion' : 'service'
    const own = subject === 'newVersion' ? (counts.newVersion ?? noCounts) : total
    const health = { origin: subject, counts: own, evidence: below(own), enough: -Math.log(terms.beta) } as const
    const breached = total.requests >= terms.minRequests && breach.some((weight) => weight.evidence >= weight.enough)
    const healthy = own.requests >= terms.minRequests && health.evidence >= health.enough
    return { kind: breached ? 'Breached' : healthy ? 'Healthy' : 'Inconclusive', counts: total, breach, health }
  }
}

function stepped(evidence: Evidence, origin: Origin, steps: readonly CountsByOrigin[] | undefined): Evidence {
  if (steps === undefined) return evidence
  return sinceAnyStep(
    evidence,
    steps.map((step) => step[origin] ?? noCounts),
  )
}

/** How many requests would decide, at the least: all without an error for Healthy, all failed for Breached. */
export function stillNeeded(
  weigh: Weigh,
  counts: CountsByOrigin,
  steps?: readonly CountsByOrigin[],
): { readonly healthy: number; readonly breached: number } {
  const { breach, health } = weigh(counts, steps)
  const after = (origin: Origin, requests: number, errors: number) =>
    weigh({ ...counts, [origin]: sumOf([counts[origin] ?? noCounts, { requests, errors }]) }, steps).kind
  const good = breach.some((weight) => weight.origin === health.origin) ? health.origin : breach[0]?.origin
  return {
    healthy: fewest((more) => after(good ?? 'service', more, 0) === 'Healthy'),
    breached: Math.min(...breach.map(({ origin }) => fewest((more) => after(origin, more, more) === 'Breached'))),
  }
}

/** The least number that is enough, where every larger one is as well. */
function fewest(enough: (count: number) => boolean): number {
  let high = 1
  while (!enough(high)) {
    if (high > 1e12) return Number.POSITIVE_INFINITY
    high *= 2
  }
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
