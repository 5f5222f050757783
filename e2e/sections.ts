import { agreement } from '../src/lab/index.ts'
import { contractLine, type BeforeAfter } from './before-after.ts'
import type { Check, Section } from './check.ts'
import { delayAskedFor } from './delay-asked-for.ts'
import { operatorLog, propagationSamples } from './operator-pod.ts'
import { outlasted } from './outlasted.ts'
import type { Testbed } from './testbed.ts'
import type { WorkloadRun } from './workload.ts'

/** What people set by hand when they do not know: the low end of the usual advice, in seconds. */
export const folkloreDelaySeconds = 15

/** On a machine that has a processor for the pods when they need one: P is 1.1 s at most, since kube-proxy syncs each second. */
const expectedDelaySeconds = 3

export const check = (name: string, passed: boolean, detail: string): Check => ({ name, passed, detail })

/** Before and after: the figures that the whole project is about. */
export function lossSection(
  { before, learning, after, final }: BeforeAfter,
  asked: { requests: number; rate: number; restarts: number },
  policy: { quantile: number; confidence: number },
): Section {
  const withPolicy = learning.run.total.requests + after.run.total.requests
  const lostWithPolicy = learning.run.total.lost + after.run.total.lost
  const contract = final.targets?.[0]?.contract
  const delay = contract?.drainDelaySeconds ?? Number.POSITIVE_INFINITY
  const { total, ratePerSecond, restarts } = after.run
  const justified = delayAskedFor([...learning.run.truths, ...after.run.truths], policy)
  const outlasting = outlasted(learning.run.truths, folkloreDelaySeconds)
  const longestDelay = Math.max(expectedDelaySeconds, justified?.drainDelaySeconds ?? 0)
  return {
    name: 'A rollout from losses to zero',
    checks: [
      check(
        'before: a naive Deployment loses requests',
        before.run.total.lost > 0,
        `${before.run.total.lost} of ${before.run.total.requests} lost`,
      ),
      check(
        `after: 0 lost of at least ${asked.requests}`,
        total.lost === 0 && total.requests >= asked.requests,
        `${total.lost} of ${total.requests} lost`,
      ),
      check(`after: at least ${asked.restarts} rolling restarts`, restarts >= asked.restarts, `${restarts}`),
      check(
        `after: at least ${asked.rate} requests a second`,
        (ratePerSecond ?? 0) >= asked.rate,
        `${ratePerSecond?.toFixed(0)} requests/s`,
      ),
      check(
        `while it still learned: 0 lost, unless routing outlasts the ${folkloreDelaySeconds} s that it begins with`,
        learning.run.total.lost === 0 || outlasting > 0,
        `${learning.run.total.lost} of ${learning.run.total.requests} lost; routing outlasted ${folkloreDelaySeconds} s for ${outlasting} of ${learning.run.truths.length} pods`,
      ),
      check(
        `drain delay at most ${expectedDelaySeconds} s, or what the ground truth asks for on a machine that stalls`,
        delay <= longestDelay && longestDelay < folkloreDelaySeconds,
        `${delay} s of at most ${longestDelay} s (last connections were answered within ${
          justified === undefined ? 'nobody knows when' : `${justified.boundMs.toFixed(0)} ms`
        }): ${(folkloreDelaySeconds / delay).toFixed(1)} times shorter than ${folkloreDelaySeconds} s`,
      ),
    ],
    figures: {
      before: figuresOf(before),
      learning: figuresOf(learning),
      after: figuresOf(after),
      withPolicy: { requests: withPolicy, lost: lostWithPolicy },
      justified: justified ?? null,
      contract: { ...contract, because: contractLine(final) },
      folkloreRatio: folkloreDelaySeconds / delay,
    },
  }
}

/** The operator's measurement of P, pod by pod, against the probes' ground truth. */
export async function accuracySection(
  testbed: Testbed,
  { learning, after, final }: BeforeAfter,
  policy: { quantile: number; confidence: number },
): Promise<Section> {
  const log = await operatorLog(testbed)
  const samples = propagationSamples(log)
  const truths = [learning, after].flatMap(({ run }) => run.truths)
  const target = final.targets?.[0]
  const boundMs = Number.parseFloat(target?.propagation?.bound ?? 'NaN') * 1000
  const found = agreement(truths, samples, { boundMs, q: policy.quantile })
  const { differences, ...summary } = found
  // To be told apart by a reader: how much of the agreement rests on the time that an answer took.
  const strictly = differences.filter(
    ({ sampleMs, startedMs }) => Math.abs(sampleMs - startedMs) <= Math.max(100, startedMs * 0.1),
  )
  const uninformative = log.filter(
    ({ msg, sample }) => msg === 'pod drained' && sample?.propagation.kind === 'uninformative',
  )
  return {
    name: 'P against ground truth',
    checks: [
      check('at least 50 pods could be compared', found.compared >= 50, `${found.compared} of ${truths.length} pods`),
      check(
        'samples within 100 ms or 10 % of the truth for at least 95 % of pods',
        (found.share ?? 0) >= 0.95,
        `${((found.share ?? 0) * 100).toFixed(1)} %, worst ${found.worst?.differenceMs.toFixed(0)} ms`,
      ),
      check(
        `the bound covers the truth's quantile ${policy.quantile} (confidence ${policy.confidence})`,
        found.boundCovers === true,
        `bound ${boundMs.toFixed(0)} ms, truth ${found.truthQuantileMs?.toFixed(0)} ms`,
      ),
    ],
    figures: {
      ...summary,
      agreeingWithTheStartAlone: strictly.length,
      furthest: differences.slice(0, 20),
      boundMs,
      pods: truths.length,
      uninformative: uninformative.length,
      samplesInWindow: target?.propagation?.samples,
    },
  }
}

/** One more way for pods to end, under load, with nothing lost. */
export function noLossSection(name: string, workload: WorkloadRun): Section {
  const { run } = workload
  return {
    name,
    checks: [
      check(
        `${name}: 0 lost`,
        run.total.lost === 0 && run.total.requests > 0,
        `${run.total.lost} of ${run.total.requests} lost`,
      ),
    ],
    figures: figuresOf(workload),
  }
}

function figuresOf({ run, processor }: WorkloadRun): Record<string, unknown> {
  const { restarts, seconds, ratePerSecond, total, quiet, rollouts } = run
  return {
    restarts,
    seconds: Math.round(seconds),
    ratePerSecond: ratePerSecond === null ? null : Math.round(ratePerSecond),
    requests: total.requests,
    lost: total.lost,
    lostByKind: total.lostByKind,
    maxSendDelayMs: Math.round(total.maxSendDelayMs),
    quietLatencyMs: quiet.latency,
    rolloutLatencyMs: rollouts.latency,
    processor,
  }
}
