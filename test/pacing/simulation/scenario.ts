import { type CountsByOrigin, defaultTerms, type Origin, type Terms } from '../../../src/pacing/index.ts'
import type { Seeded } from '../../simulation/time/seeded.ts'

/** A kind of rollout: who fails how often, and what a verdict owes it. */
export interface Scenario {
  readonly name: string
  /** What may happen in a stated share of the rollouts only. `shown`: no promise covers this one. */
  readonly promise: 'falseAlarm' | 'miss' | 'shown'
  readonly terms: Terms
  /** Failing share by origin, in each step. */
  readonly rates: (step: number) => Readonly<Partial<Record<Origin, number>>>
  /** Requests and failing share before the rollout. */
  readonly baseline?: { readonly requests: number; readonly rate: number }
  /** Who is to be blamed, and from which step on. */
  readonly fault?: { readonly origin: Origin; readonly fromStep: number }
  /** So many requests fail together. */
  readonly burst?: number
  /** Whether the judge is told when the steps began. */
  readonly told: boolean
}

export const steps = 5
export const looksPerStep = 30
/** All origins together. The judge looks after each batch. */
export const batch = 100

const { objective } = defaultTerms
const quiet = 0.0002
const apart = (newVersion: number, others = quiet) => ({ newVersion, draining: others, background: others })

export const scenarios: readonly Scenario[] = [
  {
    name: 'good, exactly at the objective, service as a whole',
    promise: 'falseAlarm',
    terms: defaultTerms,
    rates: () => ({ service: objective }),
    told: false,
  },
  {
    name: 'good, exactly at the objective, by origin and step',
    promise: 'falseAlarm',
    terms: defaultTerms,
    rates: () => apart(objective, objective),
    told: true,
  },
  {
    name: 'good, background of 0.5 % before and during',
    promise: 'falseAlarm',
    terms: defaultTerms,
    rates: () => apart(0.005, 0.005),
    baseline: { requests: 20_000, rate: 0.005 },
    told: false,
  },
  {
    name: 'bad, new version fails 5 %',
    promise: 'miss',
    terms: defaultTerms,
    rates: () => apart(0.05),
    fault: { origin: 'newVersion', fromStep: 0 },
    told: true,
  },
  {
    name: 'bad, new version fails 2 x the objective',
    promise: 'miss',
    terms: defaultTerms,
    rates: () => apart(2 * objective),
    fault: { origin: 'newVersion', fromStep: 0 },
    told: true,
  },
  {
    name: 'bad, service fails 2 x the objective',
    promise: 'miss',
    terms: defaultTerms,
    rates: () => ({ service: 2 * objective }),
    fault: { origin: 'service', fromStep: 0 },
    told: false,
  },
  {
    name: 'bad under load only: 5 % from step 4 of 5 on',
    promise: 'miss',
    terms: defaultTerms,
    rates: (step) => apart(step < 3 ? quiet : 0.05),
    fault: { origin: 'newVersion', fromStep: 3 },
    told: true,
  },
  {
    name: 'draining pods fail 10 %',
    promise: 'miss',
    terms: defaultTerms,
    rates: () => ({ ...apart(quiet), draining: 0.1 }),
    fault: { origin: 'draining', fromStep: 0 },
    told: true,
  },
  {
    name: 'good, in bursts of 10, burst: 1 (not promised)',
    promise: 'shown',
    terms: defaultTerms,
    rates: () => ({ service: objective }),
    burst: 10,
    told: false,
  },
  {
    name: 'good, in bursts of 10, burst: 10',
    promise: 'falseAlarm',
    terms: { ...defaultTerms, burst: 10 },
    rates: () => ({ service: objective }),
    burst: 10,
    told: false,
  },
]

/** How many of a batch go to each origin: the new version's share grows with the steps. */
function requestsOf(origin: Origin, step: number): number {
  const newVersion = (batch * (step + 1)) / steps - (step + 1 === steps ? 5 : 0)
  if (origin === 'service') return batch
  if (origin === 'newVersion') return newVersion
  return origin === 'draining' ? 5 : batch - newVersion - 5
}

export function drawBatch(scenario: Scenario, step: number, random: Seeded): CountsByOrigin {
  const rates = Object.entries(scenario.rates(step)) as [Origin, number][]
  return Object.fromEntries(
    rates.map(([origin, rate]) => {
      const requests = requestsOf(origin, step)
      const burst = scenario.burst ?? 1
      return [origin, { requests, errors: burst * drawErrors(requests / burst, rate, random) }]
    }),
  )
}

/** A binomial number, by the gaps between failures. */
export function drawErrors(requests: number, rate: number, random: Seeded): number {
  if (rate === 0) return 0
  const scale = Math.log1p(-rate)
  let errors = 0
  for (let at = gap(); at < requests; at += 1 + gap()) errors += 1
  return errors

  function gap(): number {
    return Math.floor(Math.log(1 - random.next()) / scale)
  }
}
