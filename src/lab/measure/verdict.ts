import type { LabRun } from './run.ts'

/** What a run has to show to count as a proof. */
export interface Expectations {
  readonly minRequests: number
  readonly minRatePerSecond: number
  readonly minRestarts: number
  readonly maxLost: number
}

/** One thing that was asked, and what was found. */
export interface Check {
  readonly passed: boolean
  readonly sentence: string
}

/** Passed when every check has; the sentence says it in one line. */
export interface Verdict {
  readonly passed: boolean
  readonly sentence: string
  readonly checks: readonly Check[]
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Judges one run; a baseline that lost requests is mentioned, because it is what the figure is worth. */
export function judge(run: LabRun, expectations: Expectations, baseline: LabRun | null = null): Verdict {
  const { total, restarts } = run
  const rate = run.ratePerSecond ?? 0
  const { minRequests, minRatePerSecond, minRestarts, maxLost } = expectations
  const checks: Check[] = [
    atMost('lost', total.lost, maxLost),
    atLeast('requests', total.requests, minRequests),
    atLeast('requests per second', rate, minRatePerSecond),
    atLeast('rolling restarts', restarts, minRestarts),
  ]
  const lost = (of: LabRun) => `lost ${whole.format(of.total.lost)} of ${whole.format(of.total.requests)} requests`
  const times = `${whole.format(restarts)} rolling ${restarts === 1 ? 'restart' : 'restarts'}`
  const beside = baseline === null ? '' : `; ${baseline.name} ${lost(baseline)}`
  return {
    passed: checks.every(({ passed }) => passed),
    sentence: `${run.name} ${lost(run)} in ${times}${beside}`,
    checks,
  }
}

const atLeast = (what: string, found: number, least: number): Check => ({
  passed: found >= least,
  sentence: `${what}: ${whole.format(Math.floor(found))}, at least ${whole.format(least)} asked for`,
})

const atMost = (what: string, found: number, most: number): Check => ({
  passed: found <= most,
  sentence: `${what}: ${whole.format(found)}, at most ${whole.format(most)} allowed`,
})
