import { byOrigin, type CountsByOrigin, increaseOf, noCounts } from './counts.ts'
import type { PaceVerdict } from './gate-facts.ts'
import type { Counts, Origin, Reading } from './reading.ts'
import { type Judge, judgeOf, type Verdict } from './verdict.ts'
import type { Terms } from './verdict-terms.ts'

/**
 * What the gate asks to have heard. Wall times; nothing is heard of what is over. Absent: no rollout. Then a baseline is
 * kept, and a template that is healthy in its first minutes at rest is found so.
 */
export interface Epoch {
  /** Errors count from here on. */
  readonly blameFromMs: number
  /** The step's pods were ready: only what was heard since can find it healthy. Absent: what was heard since the former. */
  readonly settledMs?: number
  /** Requests and errors before the rollout began. */
  readonly baseline?: Counts
}

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

/** From when on a step can be found healthy. */
export function observeFromMs({ blameFromMs, settledMs = blameFromMs }: Epoch): number {
  return Math.max(blameFromMs, settledMs)
}

/**
 * One look at a rollout. Breached goes before Healthy, and stays for the epoch; one of the background for as long as its
 * counts say so, and not where the new version is healthy all the same: then it is the cure of what it replaces. Whoever
 * is blamed may change to one who goes before, never back.
 */
export function judgeEpoch(known: EpochMemory | undefined, epoch: Epoch, heard: HeardOfEpoch, terms: Terms): Judged {
  const { blameFromMs, settledMs, baseline } = epoch
  const judge = judgeOf(terms, baseline)
  const before: EpochMemory = known?.blameFromMs === blameFromMs ? known : { blameFromMs, steps: [] }
  const steps = settledMs === undefined ? before.steps : withStep(before.steps, settledMs, heard)
  const whole = judge(heard.sinceBlame, fitted(steps, heard.sinceBlame))
  const breach = heard.sinceBlame.kind === 'silent' ? before.breach : breachOf(before.breach, whole)
  const memory = { blameFromMs, steps, ...(breach === undefined ? {} : { breach }) }
  const sinceMs = observeFromMs(epoch)
  if (breach === undefined || breach.blame === 'background') {
    const healthy = healthOf(judge, breach === undefined ? heard : ofNewVersion(heard), steps, terms)
    if (healthy !== undefined) return { memory, pace: { outcome: 'Healthy', sinceMs }, verdict: healthy }
  }
  if (breach !== undefined) {
    const pace: PaceVerdict = { outcome: 'Breached', blame: breach.blame, sinceMs: blameFromMs }
    return { memory, pace, verdict: breach.verdict }
  }
  return { memory, pace: { outcome: 'Inconclusive', sinceMs }, verdict: toldOf(judge(heard.sinceObserved), whole) }
}

/** The verdict that finds the present step healthy: over all steps, or of this one alone. */
function healthOf(
  judge: Judge,
  { sinceBlame, sinceObserved }: HeardOfEpoch,
  steps: EpochMemory['steps'],
  terms: Terms,
): Verdict | undefined {
  const whole = judge(sinceBlame, fitted(steps, sinceBlame))
  if (whole.kind === 'Healthy' && confirms(sinceObserved, terms, whole)) return whole
  const step = judge(sinceObserved)
  return step.kind === 'Healthy' ? step : undefined
}

/** What is told apart of what fails. */
function ofNewVersion({ sinceBlame, sinceObserved }: HeardOfEpoch): HeardOfEpoch {
  const alone = (reading: Reading): Reading =>
    reading.kind === 'silent'
      ? reading
      : { kind: 'counts', counts: { newVersion: reading.counts.newVersion ?? noCounts } }
  return { sinceBlame: alone(sinceBlame), sinceObserved: alone(sinceObserved) }
}

/**
 * The version was found healthy over all its steps: this one has only to be no exception. Each step with a proof of its
 * own would take as many requests again, and a rollout as many times longer. Where nobody can tell whose requests they are,
 * those of all steps are mostly the old pods' own: there, each step is proven.
 */
function confirms(step: Reading, { minRequests }: Terms, { limit }: Verdict): boolean {
  if (step.kind === 'silent') return false
  const own = step.counts.newVersion
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

/**
 * A version that fails may take the others with it. Pods that fail anyway do so while they drain as well: a longer drain
 * would only be more of it, and other pods for the contract.
 */
const byCure: readonly Origin[] = ['newVersion', 'service', 'background', 'draining']

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
