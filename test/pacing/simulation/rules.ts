import { type Counts, type CountsByOrigin, limitOf, type Origin, weigherOf } from '../../../src/pacing/index.ts'
import type { Scenario } from './scenario.ts'

export interface Said {
  readonly kind: 'Healthy' | 'Breached' | 'Inconclusive'
  readonly blamed: readonly Origin[]
}
export type Rule = (counts: CountsByOrigin, steps: readonly CountsByOrigin[]) => Said
export type RuleOf = (scenario: Scenario, baseline: Counts | undefined) => Rule

/** The one that is shipped. */
export const sequential: RuleOf = (scenario, baseline) => judgeWith(scenario, baseline, scenario.terms.alpha)

/** Broken: takes twenty times the error that it states. */
export const tooEager: RuleOf = (scenario, baseline) => judgeWith(scenario, baseline, 20 * scenario.terms.alpha)

function judgeWith(scenario: Scenario, baseline: Counts | undefined, alpha: number): Rule {
  const terms = { ...scenario.terms, alpha }
  const weigh = weigherOf(terms, limitOf(terms, baseline))
  return (counts, steps) => {
    const { kind, breach } = weigh(counts, scenario.told ? steps : undefined)
    const blamed = breach.filter(({ evidence, enough }) => evidence >= enough).map(({ origin }) => origin)
    return { kind, blamed: kind === 'Breached' ? blamed : [] }
  }
}

/** Broken: the p-value of a sample that was fixed beforehand, looked at after every batch. */
export const peeking: RuleOf = ({ terms }) => {
  return (counts) => {
    const { requests, errors } = subjectOf(counts)
    const breached = requests >= terms.minRequests && poissonTail(errors, requests * terms.objective) <= terms.alpha
    return { kind: breached ? 'Breached' : 'Inconclusive', blamed: breached ? [originOf(counts)] : [] }
  }
}

const windowRequests = 1000

/** What is usual: after each window of 1,000 requests, the share of errors against the objective. */
export const fixedThreshold: RuleOf = ({ terms }) => {
  let begun: Counts = { requests: 0, errors: 0 }
  return (counts) => {
    const { requests, errors } = subjectOf(counts)
    const window = { requests: requests - begun.requests, errors: errors - begun.errors }
    if (window.requests < windowRequests) return { kind: 'Inconclusive', blamed: [] }
    begun = { requests, errors }
    return window.errors / window.requests > terms.objective
      ? { kind: 'Breached', blamed: [originOf(counts)] }
      : { kind: 'Healthy', blamed: [] }
  }
}

function originOf(counts: CountsByOrigin): Origin {
  return counts.newVersion === undefined ? 'service' : 'newVersion'
}

function subjectOf(counts: CountsByOrigin): Counts {
  return counts[originOf(counts)] ?? { requests: 0, errors: 0 }
}

/** The probability of at least `count` where `mean` are expected. */
function poissonTail(count: number, mean: number): number {
  let term = Math.exp(-mean)
  let below = 0
  for (let index = 0; index < count; index += 1) {
    below += term
    term *= mean / (index + 1)
  }
  return 1 - below
}
