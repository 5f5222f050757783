import type { Counts, CountsByOrigin, Origin } from '../../../src/pacing/index.ts'
import { Seeded } from '../../simulation/time/seeded.ts'
import { fixedThreshold, type Rule, type RuleOf } from './rules.ts'
import { drawBatch, drawErrors, looksPerStep, type Scenario, steps } from './scenario.ts'

export interface Measured {
  readonly rollouts: number
  readonly breached: number
  readonly falseAlarms: Share
  readonly misses: Share
  /** Bad, and neither Healthy nor Breached at the end. */
  readonly undecided: number
  /** Breached, with the faulty origin and no other blamed. */
  readonly blamedRight: number
  /** Requests of the faulty origin from the first faulty one to Breached. */
  readonly delay: { readonly median: number; readonly p95: number } | undefined
}

/** A measured share, with Wilson's interval of 99 %. */
export interface Share {
  readonly rate: number
  readonly lower: number
  readonly upper: number
}

export interface Row {
  readonly scenario: string
  readonly promise: Scenario['promise']
  readonly stated: number
  readonly judge: Measured
  readonly threshold: Measured
  /** False when the measured share is above the stated one, with a confidence of 99.5 %. */
  readonly kept: boolean
}

export function measure(scenario: Scenario, rollouts: number, seed: number, judge: RuleOf): Row {
  const judged: Outcome[] = []
  const fixed: Outcome[] = []
  const random = new Seeded(seed, scenario.name)
  for (let index = 0; index < rollouts; index += 1) {
    const [own, other] = roll(scenario, random, [judge, fixedThreshold])
    if (own !== undefined) judged.push(own)
    if (other !== undefined) fixed.push(other)
  }
  const measured = summary(scenario, judged)
  const { alpha, beta } = scenario.terms
  const stated = scenario.promise === 'miss' ? beta : alpha
  const share = scenario.promise === 'miss' ? measured.misses : measured.falseAlarms
  const kept = scenario.promise === 'shown' || share.lower <= stated
  const { name, promise } = scenario
  return { scenario: name, promise, stated, judge: measured, threshold: summary(scenario, fixed), kept }
}

interface Outcome {
  rule: Rule
  breached: boolean
  /** Said at any look before Breached, once the fault was there. */
  healthy: boolean
  healthyAtEnd: boolean
  blamed: readonly Origin[]
  delay: number
}

/** One rollout, seen by several rules. It goes on after Breached until all have said it, or to its end. */
function roll(scenario: Scenario, random: Seeded, rules: readonly RuleOf[]): Outcome[] {
  const baseline = drawBaseline(scenario, random)
  const outcomes: Outcome[] = rules.map((rule) => ({
    rule: rule(scenario, baseline),
    breached: false,
    healthy: false,
    healthyAtEnd: false,
    blamed: [],
    delay: 0,
  }))
  let counts: CountsByOrigin = {}
  let exposed = 0
  const begun: CountsByOrigin[] = []
  for (let look = 0; look < steps * looksPerStep; look += 1) {
    const step = Math.floor(look / looksPerStep)
    if (look % looksPerStep === 0) begun.push(counts)
    const fresh = drawBatch(scenario, step, random)
    counts = plus(counts, fresh)
    const faulty = scenario.fault !== undefined && step >= scenario.fault.fromStep
    if (faulty) exposed += fresh[scenario.fault.origin]?.requests ?? 0
    for (const outcome of outcomes) if (!outcome.breached) hear(outcome, counts, begun, exposed, faulty)
    if (outcomes.every(({ breached }) => breached)) break
  }
  return outcomes
}

function hear(outcome: Outcome, counts: CountsByOrigin, begun: CountsByOrigin[], exposed: number, faulty: boolean) {
  const { kind, blamed } = outcome.rule(counts, begun)
  if (kind === 'Breached') Object.assign(outcome, { breached: true, blamed, delay: exposed })
  if (kind === 'Healthy' && faulty) outcome.healthy = true
  if (kind !== 'Inconclusive') outcome.healthyAtEnd = kind === 'Healthy'
}

function drawBaseline({ baseline }: Scenario, random: Seeded): Counts | undefined {
  if (baseline === undefined) return undefined
  return { requests: baseline.requests, errors: drawErrors(baseline.requests, baseline.rate, random) }
}

function plus(counts: CountsByOrigin, fresh: CountsByOrigin): CountsByOrigin {
  return Object.fromEntries(
    (Object.entries(fresh) as [Origin, Counts][]).map(([origin, { requests, errors }]) => {
      const own = counts[origin]
      return [origin, { requests: requests + (own?.requests ?? 0), errors: errors + (own?.errors ?? 0) }]
    }),
  )
}

function summary({ fault }: Scenario, outcomes: readonly Outcome[]): Measured {
  const rollouts = outcomes.length
  const breached = outcomes.filter((outcome) => outcome.breached)
  // A fault that comes late makes no earlier verdict wrong, nor that of all counts together at once: missed is then
  // what is never found. A fault from the start is missed as soon as Healthy is said. A draining one is none of the
  // new version's, on which Healthy rests: missed when never found as well.
  const fromStart = fault?.fromStep === 0 && fault.origin !== 'draining'
  const missed = outcomes.filter((outcome) => (fromStart ? outcome.healthy : !outcome.breached))
  const undecided = outcomes.filter((outcome) => !outcome.breached && !outcome.healthyAtEnd)
  const alarms = outcomes.filter((outcome) => outcome.breached && (fault === undefined || outcome.delay === 0))
  const right = breached.filter(({ blamed }) => blamed.length === 1 && blamed[0] === fault?.origin)
  const delays = breached.map(({ delay }) => delay).toSorted((one, other) => one - other)
  const at = (quantile: number) => delays[Math.ceil(quantile * delays.length) - 1] ?? 0
  return {
    rollouts,
    breached: breached.length,
    falseAlarms: shareOf(alarms.length, rollouts),
    misses: shareOf(fault === undefined ? 0 : missed.length, rollouts),
    undecided: fault === undefined ? 0 : undecided.length,
    blamedRight: right.length,
    delay: fault === undefined || delays.length === 0 ? undefined : { median: at(0.5), p95: at(0.95) },
  }
}

function shareOf(count: number, of: number): Share {
  const z = 2.576
  const rate = count / of
  const scale = 1 + (z * z) / of
  const middle = (rate + (z * z) / (2 * of)) / scale
  const reach = (z / scale) * Math.sqrt((rate * (1 - rate)) / of + (z * z) / (4 * of * of))
  return { rate, lower: Math.max(0, middle - reach), upper: Math.min(1, middle + reach) }
}
