import { formatCount, formatMs } from '../terminal/format.ts'
import type { Check } from '../measure/verdict.ts'
import type { MeasuredPropagation, ScenarioResult, VariantResult } from '../result.ts'
import type { Scenario } from '../scenario.ts'

export interface Objective {
  /** Lost requests that a variant which should lose none may lose. @default 0 */
  readonly maxLost: number
}

/** Fewer than this share of the requests that the load asked for, and the figures are of another load. */
const leastLoadShare = 0.9
/** Arrivals are random: of so many standard deviations a Poisson count falls short once in a thousand times. */
const usualDeviations = 3
/** Whoever loses none of fewer requests than this, while pods ended, has not shown anything. */
const fewestRequests = 20
/** Measured P may differ from what the proxy itself did by the larger of these. */
const agreeingMs = 50
const agreeingShare = 0.1
/** Below this many deletions a median says little. */
const fewestSamples = 8

/** What was asked of one variant, and what was found. */
export function checksOf(scenario: Scenario, result: VariantResult, objective: Objective): Check[] {
  const { variant, total, during, learning, disruptions, pods } = result
  const { title } = variant
  const loss = `${formatCount(total.lost)} of ${formatCount(total.requests)} lost`
  const idle = disruptions.filter(({ startMs, endMs }) =>
    pods.every(({ deletedMs, exitedMs }) => !isWithin(deletedMs ?? exitedMs, startMs, endMs)),
  ).length
  const checks: Check[] = [
    {
      passed: disruptions.length === scenario.disruptions,
      sentence: `${title}: ${disruptions.length} of ${scenario.disruptions} disruptions`,
    },
    ...(idle === 0
      ? []
      : [{ passed: false, sentence: `${title}: ${idle} disruptions ended no pod, and show nothing` }]),
    loadCheck(scenario, result),
    quietCheck(result, objective),
  ]
  if (variant.expect === 'losses') {
    checks.push({ passed: total.lost > 0, sentence: `${title}: ${loss}, and some must be, to show the failure` })
  }
  if (variant.expect === 'none') {
    checks.push({
      passed: during.requests >= fewestRequests,
      sentence: `${title}: ${formatCount(during.requests)} requests while pods ended, and fewer than ${fewestRequests} show nothing`,
    })
    checks.push({
      passed: total.lost <= objective.maxLost,
      sentence: `${title}: ${loss}, at most ${formatCount(objective.maxLost)} allowed`,
    })
  }
  if (variant.expect === 'none' && learning !== null) {
    const { lost, requests } = learning.counts
    checks.push({
      passed: lost <= objective.maxLost,
      sentence: `${title}, while it learned: ${formatCount(lost)} of ${formatCount(requests)} lost`,
    })
  }
  return [...checks, ...result.propagation.flatMap((measured) => lagCheck(title, measured))]
}

const isWithin = (ms: number | null, fromMs: number, toMs: number): boolean => ms !== null && ms >= fromMs && ms <= toMs

function loadCheck(scenario: Scenario, { variant, total, seconds }: VariantResult): Check {
  const asked = scenario.load.ratePerSecond * seconds
  return {
    passed: total.requests >= asked * leastLoadShare - usualDeviations * Math.sqrt(asked),
    sentence: `${variant.title}: ${formatCount(total.requests)} requests, ${formatCount(asked)} asked for`,
  }
}

/** What is lost while nothing happens is not lost to a disruption: it is the machine's, or the lab's own. */
function quietCheck({ variant, disruptions, requests }: VariantResult, { maxLost }: Objective): Check {
  const firstMs = disruptions[0]?.startMs ?? Number.POSITIVE_INFINITY
  const lost = requests.filter(([startMs, tookMs, kind]) => kind !== null && startMs + tookMs < firstMs).length
  return {
    passed: lost <= maxLost,
    sentence: `${variant.title}: ${formatCount(lost)} lost before the first disruption, which cannot be its doing`,
  }
}

/** Where the proxies are ours: P as it was measured from outside is what they did. */
function lagCheck(title: string, { node, samples, p50Ms, setMs }: MeasuredPropagation): Check[] {
  if (setMs === null || samples < fewestSamples) return []
  const allowedMs = Math.max(agreeingMs, setMs.p50Ms * agreeingShare)
  return [
    {
      passed: Math.abs(p50Ms - setMs.p50Ms) <= allowedMs,
      sentence:
        `${title}: P on ${node} measured ${formatMs(p50Ms)} at the median of ${formatCount(samples)} pods, ` +
        `in truth ${formatMs(setMs.p50Ms)}, ${formatMs(allowedMs)} off allowed`,
    },
  ]
}

/** The verdict over all scenarios in one sentence: what was lost before, and after. */
export function verdictOf(scenarios: readonly ScenarioResult[]): { passed: boolean; sentence: string } {
  const of = (expect: string) =>
    scenarios.flatMap(({ variants }) => variants.filter(({ variant }) => variant.expect === expect))
  const before = countsOf(of('losses'))
  const after = countsOf(of('none'))
  const failed = scenarios.filter(({ passed }) => !passed)
  const passed = scenarios.length > 0 && failed.length === 0
  // A variant of somebody's own may be meant to lose nothing without it.
  const who = of('none').every(({ variant }) => variant.policy !== undefined) ? 'drainkeeper' : 'what should lose none'
  const parts = [
    ...(after.variants === 0
      ? []
      : [`${who} lost ${formatCount(after.lost)} of ${formatCount(after.requests)} requests`]),
    ...(before.variants === 0
      ? []
      : [
          `${after.variants === 0 || who !== 'drainkeeper' ? '' : 'without it '}${formatCount(before.lost)} of ${formatCount(before.requests)} were lost`,
        ]),
  ]
  const failing =
    failed.length === 0 ? '' : ` Not as expected: ${failed.map(({ scenario }) => scenario.title).join(', ')}.`
  return { passed, sentence: `${capital(parts.join('; ') || 'nothing was counted')}.${failing}` }
}

function countsOf(results: readonly VariantResult[]): { variants: number; lost: number; requests: number } {
  const sum = (of: (result: VariantResult) => number): number => results.reduce((all, result) => all + of(result), 0)
  return {
    variants: results.length,
    lost: sum(({ total }) => total.lost),
    requests: sum(({ total }) => total.requests),
  }
}

/** The name of the product is not written with a capital, not even first in a sentence. */
const capital = (text: string): string =>
  text.startsWith('drainkeeper') ? text : text.charAt(0).toUpperCase() + text.slice(1)
