import type { Attribution } from './attribution.ts'
import { type Interval, intervalOf } from './interval.ts'
import type { Counts, Origin, Silence } from './reading.ts'
import type { Limit, Terms } from './verdict-terms.ts'
import type { Weighing } from './weigh.ts'

/** One sentence of why, with every figure that it rests on. */
export function becauseWeighed(
  weighing: Weighing,
  attribution: readonly Attribution[],
  terms: Terms,
  limit: Limit,
  needed?: { readonly healthy: number; readonly breached: number },
): string {
  const { health } = weighing
  const healthInterval = intervalOf(health.counts, terms.alpha, terms.beta, terms.burst)
  if (weighing.kind === 'Breached') {
    const blamed = attribution.filter((origin) => origin.blamed)
    const each = blamed.map(
      ({ origin, counts, interval, evidence, enough }) =>
        `${failed(origin, counts, interval)}, evidence ${figure(evidence)} of ${figure(enough)}`,
    )
    return `${each.join('; ')}: above the limit of ${limitWords(limit, terms)}`
  }
  if (needed === undefined) {
    const evidence = `evidence ${figure(Math.exp(health.evidence))} of ${figure(Math.exp(health.enough))}`
    return (
      `${failed(health.origin, health.counts, healthInterval)}, ${evidence}: ` +
      `below ${percent(limit.unhealthyRate)}, ${unhealthyWords(limit, terms)}; the limit is ${limitWords(limit, terms)}`
    )
  }
  const few =
    weighing.counts.requests < terms.minRequests
      ? `${weighing.counts.requests} requests of at least ${terms.minRequests}`
      : `neither above the limit of ${limitWords(limit, terms)} nor below ${percent(limit.unhealthyRate)}`
  return (
    `${failed(health.origin, health.counts, healthInterval)}: ${few}; it takes at least ` +
    `${needed.healthy} more without an error for Healthy, or ${needed.breached} that all fail for Breached`
  )
}

export function becauseSilent(reason: Silence, message: string): string {
  return `no data (${reason}): ${message}`
}

function failed(origin: Origin, counts: Counts, { lower, upper }: Interval): string {
  if (counts.requests === 0) return `${origin} had no requests`
  const rate = percent(counts.errors / counts.requests)
  const between = `between ${percent(lower)} and ${percent(upper)}`
  return `${origin} failed ${counts.errors} of ${counts.requests} requests (${rate}, ${between})`
}

function limitWords({ rate, baseline }: Limit, { objective, tolerance }: Terms): string {
  if (baseline === undefined) return `${percent(rate)} (the objective)`
  const added = tolerance > 0 ? `, with a tolerance of ${percent(tolerance)}` : ''
  return (
    `${percent(rate)} (the most that the baseline of ${baseline.errors} in ${baseline.requests} can have been${added}; ` +
    `the objective is ${percent(objective)})`
  )
}

function unhealthyWords(limit: Limit, { factor }: Terms): string {
  return limit.rate * factor === limit.unhealthyRate ? `${factor} x the limit` : 'halfway from the limit to all'
}

function percent(rate: number): string {
  return `${Number((100 * rate).toPrecision(3))} %`
}

function figure(evidence: number): string {
  return evidence >= 1e6 ? evidence.toExponential(1) : String(Number(evidence.toPrecision(3)))
}
