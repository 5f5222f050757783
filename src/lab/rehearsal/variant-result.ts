import {
  type AgentRun,
  type Interval,
  mergeRuns,
  requestOutcome,
  splitByIntervals,
  lossKind,
} from '../measure/index.ts'
import type { RequestRecord } from '../record.ts'
import type { Counts, RequestDot, SecondCounts, VariantResult } from '../result.ts'
import type { Scenario, Variant } from '../scenario.ts'
import type { Dataplane } from '../stage/index.ts'
import { podTimeline } from './pod-timeline.ts'
import { propagationOf } from './propagation.ts'
import { recommendationsOf } from './recommendations.ts'
import type { VariantEvidence } from './run-variant.ts'

const mostDots = 2000

/** Evidence to figures. */
export function variantResult(
  scenario: Scenario,
  variant: Variant,
  evidence: VariantEvidence,
  dataplane: Dataplane | null,
): VariantResult {
  const { counted, learning, policy } = evidence
  const { records, unrecorded } = mergeRuns(counted.loads)
  const startMs = records[0]?.scheduledMs ?? counted.startMs
  const first = counted.disruptions[0]?.startMs ?? counted.endMs
  const last = counted.disruptions.at(-1)?.endMs ?? counted.endMs
  const within = (fromMs: number, untilMs: number) =>
    splitByIntervals(records, [{ startMs: fromMs, endMs: untilMs }]).inside
  const pods = evidence.pods
    // Pods that were gone before this load began are of the learning, or of the first rollout of the contract.
    .filter(({ goneMs }) => goneMs === null || goneMs > startMs)
    .map((pod) => podTimeline(pod, startMs))
  const podIndexes = new Map(pods.map(({ name }, index) => [name, index]))
  const relative = ({ startMs: from, endMs: to }: Interval) => ({ startMs: from - startMs, endMs: to - startMs })
  const contract = policy?.targets?.[0]?.contract ?? null
  const result: VariantResult = {
    variant,
    maxSendDelayMs: requestOutcome(records).maxSendDelayMs,
    total: countsOf(records, unrecorded),
    before: countsOf(within(Number.NEGATIVE_INFINITY, first)),
    during: countsOf(within(first, last)),
    after: countsOf(within(last, Number.POSITIVE_INFINITY)),
    seconds: (counted.endMs - counted.startMs) / 1000,
    learning:
      learning === null ? null : { disruptions: learning.disruptions.length, counts: countsOfRuns(learning.loads) },
    disruptions: counted.disruptions.map(relative),
    pods,
    requests: dotsOf(records, startMs, podIndexes),
    perSecond: perSecondOf(records, startMs),
    propagation: propagationOf(variant, evidence, dataplane),
    contract,
    recommendations: [],
  }
  return { ...result, recommendations: recommendationsOf(scenario, result) }
}

function countsOfRuns(runs: readonly AgentRun[]): Counts {
  const { records, unrecorded } = mergeRuns(runs)
  return countsOf(records, unrecorded)
}

function countsOf(records: readonly RequestRecord[], unrecorded = 0): Counts {
  const { maxSendDelayMs: _, ...counts } = requestOutcome(records, unrecorded)
  return {
    ...counts,
    retries: records.reduce((sum, { attempts }) => sum + attempts - 1, 0),
    moved: records.filter((record) => record.moves > 0 && lossKind(record) === null).length,
  }
}

/** Every lost request, and of the others as many as fit, evenly over the schedule. */
function dotsOf(
  records: readonly RequestRecord[],
  startMs: number,
  podIndexes: ReadonlyMap<string, number>,
): RequestDot[] {
  const answered = records.reduce((count, record) => count + (lossKind(record) === null ? 1 : 0), 0)
  const every = Math.max(1, Math.ceil(answered / mostDots))
  let seen = 0
  return records.flatMap((record): RequestDot[] => {
    const kind = lossKind(record)
    if (kind === null && seen++ % every !== 0) return []
    const { scheduledMs, doneMs, pod } = record
    const tenths = (ms: number): number => Math.round(ms * 10) / 10
    return [[tenths(scheduledMs - startMs), tenths(doneMs - scheduledMs), kind, podIndexes.get(pod ?? '') ?? -1]]
  })
}

function perSecondOf(records: readonly RequestRecord[], startMs: number): SecondCounts[] {
  const seconds: { requests: number; lost: number; attempts: number }[] = []
  for (const record of records) {
    const index = Math.max(0, Math.floor((record.scheduledMs - startMs) / 1000))
    while (seconds.length <= index) seconds.push({ requests: 0, lost: 0, attempts: 0 })
    const second = seconds[index]
    if (second === undefined) continue
    second.requests++
    second.attempts += record.attempts
    if (lossKind(record) !== null) second.lost++
  }
  return seconds
}
