import { type Attribution, cures } from './attribution.ts'
import type { CountsByOrigin } from './counts.ts'
import { type Interval, intervalOf } from './interval.ts'
import type { Counts, Reading, Silence } from './reading.ts'
import { becauseSilent, becauseWeighed } from './verdict-because.ts'
import { type Limit, limitOf, type Terms } from './verdict-terms.ts'
import { stillNeeded, type Weighing, weigherOf } from './weigh.ts'

/** Why there is no verdict: the signal's silence, or the counts. */
export type Doubt = Silence | 'TooFewRequests' | 'Undecided'

interface Judged {
  /** Of all judged origins together. */
  readonly counts: Counts
  readonly interval: Interval
  readonly limit: Limit
  readonly attribution: readonly Attribution[]
  /** One sentence with every figure. */
  readonly because: string
}

export type Verdict = Judged &
  (
    | { readonly kind: 'Healthy' | 'Breached' }
    | {
        readonly kind: 'Inconclusive'
        readonly reason: Doubt
        /** Requests that would decide, at the least: so many without an error, or so many that all fail. */
        readonly needed?: { readonly healthy: number; readonly breached: number }
      }
  )

export type Judge = (reading: Reading, steps?: readonly CountsByOrigin[]) => Verdict

/**
 * The judge of one rollout. A reading has the counts since the rollout began; it may be asked after every request.
 * `baseline` are the counts before the rollout. The judge has no memory: a caller that acts on Breached remembers it,
 * and the error probabilities are those of a verdict that is ever given.
 */
export function judgeOf(terms: Terms, baseline?: Counts): Judge {
  const limit = limitOf(terms, baseline)
  const weigh = weigherOf(terms, limit)
  return (reading, steps) => {
    if (reading.kind === 'silent') return silent(reading.reason, reading.message, terms, limit)
    if (!Object.values(reading.counts).every(isPossible)) {
      return silent('Impossible', 'counts are whole numbers, with no more errors than requests', terms, limit)
    }
    const weighing = weigh(reading.counts, steps)
    const judged = {
      counts: weighing.counts,
      interval: intervalOf(weighing.counts, terms.alpha, terms.beta, terms.burst),
      limit,
      attribution: attributionOf(weighing, terms),
    }
    if (weighing.kind !== 'Inconclusive') {
      return { kind: weighing.kind, ...judged, because: becauseWeighed(weighing, judged.attribution, terms, limit) }
    }
    const needed = stillNeeded(weigh, reading.counts, steps)
    return {
      kind: 'Inconclusive',
      ...judged,
      reason: weighing.counts.requests < terms.minRequests ? 'TooFewRequests' : 'Undecided',
      needed,
      because: becauseWeighed(weighing, judged.attribution, terms, limit, needed),
    }
  }
}

function attributionOf(weighing: Weighing, terms: Terms): Attribution[] {
  return weighing.breach.map(({ origin, counts, evidence, enough }) => ({
    origin,
    counts,
    interval: intervalOf(counts, Math.exp(-enough), terms.beta, terms.burst),
    evidence: Math.exp(evidence),
    enough: Math.exp(enough),
    blamed: weighing.kind === 'Breached' && evidence >= enough,
    cure: cures[origin],
  }))
}

function silent(reason: Silence, message: string, terms: Terms, limit: Limit): Verdict {
  const counts = { requests: 0, errors: 0 }
  return {
    kind: 'Inconclusive',
    reason,
    counts,
    interval: { lower: 0, upper: 1, confidence: 1 - terms.alpha - terms.beta },
    limit,
    attribution: [],
    because: becauseSilent(reason, message),
  }
}

function isPossible({ requests, errors }: Counts): boolean {
  return Number.isSafeInteger(requests) && Number.isSafeInteger(errors) && errors >= 0 && errors <= requests
}
