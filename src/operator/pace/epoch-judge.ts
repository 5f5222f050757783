import type { Pacing } from '../../api/index.ts'
import {
  type Counts,
  type CountsByOrigin,
  defaultTerms,
  judgeOf,
  type Origin,
  type PaceVerdict,
  type Reading,
  type Terms,
  type Verdict,
} from '../../pacing/index.ts'
import { byOrigin, increaseOf, noCounts } from './counts.ts'
import type { Epoch } from './sight.ts'

/** What was heard: since errors count, and since what can find a step healthy. */
export interface HeardOfEpoch {
  readonly sinceBlame: Reading
  readonly sinceObserved: Reading
}

/** What an epoch remembers from one look to the next. Another blameFromMs is another epoch. */
export interface EpochMemory {
  readonly blameFromMs: number
  /** What had been reached when each step was complete. */
  readonly steps: readonly { readonly settledMs: number; readonly counts: CountsByOrigin }[]
  readonly breach?: { readonly blame: Origin; readonly verdict: Verdict }
}

export interface Judged {
  readonly memory: EpochMemory
  readonly pace: PaceVerdict
  readonly verdict: Verdict
}

export function termsOf({ objective: { errorRate, minRequests, burst } }: Pacing): Terms {
  return { ...defaultTerms, objective: errorRate, minRequests, burst }
}

/** From when on a step can be found healthy. */
export function observeFromMs({ blameFromMs, settledMs = blameFromMs }: Epoch): number {
  return Math.max(blameFromMs, settledMs)
}

/**
 * One look at a rollout. Breached goes before Healthy, and stays for the epoch; one of the background for as long as its
 * counts say so. Whoever is blamed may change to one who needs a stronger cure, never back.
 */
export function judgeEpoch(known: EpochMemory | undefined, epoch: Epoch, heard: HeardOfEpoch, terms: Terms): Judged {
  const { blameFromMs, settledMs, baseline } = epoch
  const judge = judgeOf(terms, baseline)
  const before: EpochMemory = known?.blameFromMs === blameFromMs ? known : { blameFromMs, steps: [] }
  const steps = settledMs === undefined ? before.steps : withStep(before.steps, settledMs, heard)
  const whole = judge(heard.sinceBlame, fitted(steps, heard.sinceBlame))
  const breach = heard.sinceBlame.kind === 'silent' ? before.breach : breachOf(before.breach, whole)
  const memory = { blameFromMs, steps, ...(breach === undefined ? {} : { breach }) }
  if (breach !== undefined) {
    const pace: PaceVerdict = { outcome: 'Breached', blame: breach.blame, sinceMs: blameFromMs }
    return { memory, pace, verdict: breach.verdict }
  }
  const step = judge(heard.sinceObserved)
  const sinceMs = observeFromMs(epoch)
  if (whole.kind === 'Healthy' && confirms(heard.sinceObserved, terms, whole)) {
    return { memory, pace: { outcome: 'Healthy', sinceMs }, verdict: whole }
  }
  const outcome = step.kind === 'Healthy' ? 'Healthy' : 'Inconclusive'
  return { memory, pace: { outcome, sinceMs }, verdict: toldOf(step, whole) }
}

/**
 * The version was found healthy over all its steps: this one has only to be no exception. Each step with a proof of its
 * own would take as many requests again, and a rollout as many times longer.
 */
function confirms(step: Reading, { minRequests }: Terms, { limit }: Verdict): boolean {
  if (step.kind === 'silent') return false
  const own = step.counts.newVersion ?? step.counts.service
  return own !== undefined && own.requests >= minRequests && own.errors <= own.requests * limit.unhealthyRate
}

/** A step alone is never Breached: its share of the stake is in the whole, and one more test would cost false alarms. */
function toldOf(step: Verdict, whole: Verdict): Verdict {
  if (step.kind !== 'Breached') return step
  return whole.kind === 'Inconclusive' ? whole : { ...whole, kind: 'Inconclusive', reason: 'Undecided' }
}

/** Whether what runs at rest keeps the objective. All counts since it began, and no others: the same span at each look. */
export function isHealthyAtRest(counts: Counts, terms: Terms): boolean {
  return judgeOf(terms)({ kind: 'counts', counts: { service: counts } }).kind === 'Healthy'
}

/** From the one with the strongest cure to the one without: a version that fails may take the others with it. */
const byCure: readonly Origin[] = ['newVersion', 'service', 'draining', 'background']

function breachOf(before: EpochMemory['breach'], verdict: Verdict): EpochMemory['breach'] {
  // Nothing is done about the background, but to wait until it keeps the objective.
  if (verdict.kind !== 'Breached') return before?.blame === 'background' ? undefined : before
  const blamed = verdict.attribution.filter((origin) => origin.blamed).map(({ origin }) => origin)
  const all = before === undefined ? blamed : [...blamed, before.blame]
  const blame = byCure.find((origin) => all.includes(origin)) ?? 'service'
  // What is told names whoever is blamed.
  return before !== undefined && !blamed.includes(blame) ? before : { blame, verdict }
}

function withStep(
  steps: EpochMemory['steps'],
  settledMs: number,
  { sinceBlame, sinceObserved }: HeardOfEpoch,
): EpochMemory['steps'] {
  if (steps.some((step) => step.settledMs === settledMs)) return steps
  if (sinceBlame.kind === 'silent' || sinceObserved.kind === 'silent') return steps
  return [...steps, { settledMs, counts: increaseOf(sinceObserved.counts, sinceBlame.counts) }]
}

/** A source may go back on what it said: no step began with more than there is now. */
function fitted(steps: EpochMemory['steps'], reading: Reading): CountsByOrigin[] {
  if (reading.kind === 'silent') return []
  return steps.map((step) => {
    const since = increaseOf(step.counts, reading.counts)
    return byOrigin(reading.counts, (now, origin) => {
      const { requests, errors } = since[origin] ?? noCounts
      return { requests: now.requests - requests, errors: now.errors - errors }
    })
  })
}
