import { formatCount, formatMs } from '../terminal/format.ts'
import type { MeasuredPropagation, PodTimeline, VariantResult } from '../result.ts'
import type { Scenario } from '../scenario.ts'

/** Kubernetes' own, where a pod template says nothing. */
const defaultGraceSeconds = 30
/** What people set by hand when they do not know: the low end of the usual advice. */
const folkloreSeconds = 15
const killedBySigterm = 143
/** How long nodes are taken to send to a deleted pod where nobody measured it. */
const usualRoutingMs = 2000

/** What the figures of one variant say that its owner should do, each in a sentence with the figures. Empty: nothing. */
export function recommendationsOf(scenario: Scenario, result: VariantResult): string[] {
  return [
    ...aboutTheSleep(result),
    ...aboutTheEnd(result),
    ...aboutTheGrace(scenario, result),
    ...aboutTheRetries(scenario, result),
    ...aboutTheContract(result),
  ]
}

/** The sleep that somebody guessed, against the time that routing takes. */
function aboutTheSleep({ variant, propagation, total }: VariantResult): string[] {
  const { preStopSleepSeconds: sleep } = variant
  if (sleep === undefined) return []
  const short = propagation.filter(({ cutShort }) => cutShort > 0)
  if (short.length > 0) return short.map((measured) => tooShort(sleep, measured))
  const slowest = propagation.toSorted((a, b) => b.maxMs - a.maxMs).find(({ samples }) => samples > 0)
  if (slowest === undefined) return []
  const spareMs = sleep * 1000 - slowest.maxMs
  const figures = `${slowest.node} took up to ${formatMs(slowest.maxMs)} to let go of a pod`
  if (spareMs < 0) {
    return [`The preStop sleep of ${sleep} s is ${formatMs(-spareMs)} too short: ${figures}.`]
  }
  const enough = Math.max(1, Math.ceil((slowest.maxMs * 1.5) / 1000))
  const shorter = sleep - enough
  const sentences =
    shorter > 0
      ? [`The preStop sleep of ${sleep} s could be ${enough} s: ${figures}. Each pod waits ${shorter} s for nothing.`]
      : []
  if (total.lost > 0) {
    sentences.push(
      `The sleep was long enough for routing (${figures}), and ${formatCount(total.lost)} requests were lost all the same: ` +
        'the server cuts off what it is working on, or connections that clients keep, when the sleep is over.',
    )
  }
  return sentences
}

function tooShort(sleep: number, { node, cutShort, samples, setMs }: MeasuredPropagation): string {
  const pods = counted(cutShort, 'pod', 'pods')
  const takes = setMs === null ? '' : `; it takes ${formatMs(setMs.p50Ms)} at the median`
  return (
    `The preStop sleep of ${sleep} s is too short for ${node}: ${pods} of ${formatCount(cutShort + samples)} had ended ` +
    `when it may still have sent to them${takes}.`
  )
}

/** Servers that end while they are still routed to. */
function aboutTheEnd({ pods, requests, total, variant, propagation }: VariantResult): string[] {
  const deleted = pods.filter(({ deletedMs }) => deletedMs !== null)
  const atOnce = deleted.filter(({ exitCode }) => exitCode === killedBySigterm)
  const sentences: string[] = []
  if (atOnce.length > 0 && variant.server !== 'drained') {
    sentences.push(
      `${formatCount(atOnce.length)} of ${formatCount(deleted.length)} pods ended at SIGTERM itself (exit code 143): ` +
        'the server has no handler for it, so whatever it was working on was cut off.',
    )
  }
  const routedMs = Math.max(0, ...propagation.map(({ maxMs }) => maxMs)) || usualRoutingMs
  const late = requests.filter(([startMs, , kind]) => kind !== null && wasRoutedTo(deleted, startMs, routedMs)).length
  if (late > 0) {
    sentences.push(
      `${formatCount(late)} of ${formatCount(total.lost)} lost requests began within ${formatMs(routedMs)} of a pod's ` +
        'deletion, while nodes may still send to it. A pod has to go on serving for that long: a drain delay (D) of at least P.',
    )
  }
  return sentences
}

function wasRoutedTo(deleted: readonly PodTimeline[], atMs: number, routedMs: number): boolean {
  return deleted.some(({ deletedMs }) => deletedMs !== null && atMs >= deletedMs && atMs <= deletedMs + routedMs)
}

/** The grace period against what has to fit into it. */
function aboutTheGrace(scenario: Scenario, { variant, pods, contract, propagation }: VariantResult): string[] {
  const grace = contract?.terminationGracePeriodSeconds ?? variant.terminationGracePeriodSeconds ?? defaultGraceSeconds
  const dead = pods.filter(({ ending }) => ending === 'killed at grace')
  const { workMs = 0, streamSeconds = 0, protocol } = scenario.load
  const streams = protocol === 'grpc-stream' || protocol === 'websocket'
  const workSeconds = streams ? streamSeconds : workMs / 1000
  const slowestMs = Math.max(0, ...propagation.map(({ maxMs }) => maxMs))
  const needed = Math.ceil(slowestMs / 1000 + (variant.preStopSleepSeconds ?? 0) + workSeconds + 1)
  if (dead.length > 0) {
    return [
      `${counted(dead.length, 'pod was', 'pods were')} killed when the grace period of ${grace} s was over (exit code 137): ` +
        `a request here takes up to ${workSeconds} s, so at least ${Math.max(needed, grace + 1)} s are needed.`,
    ]
  }
  if (contract === null && needed > grace) {
    return [
      `The grace period of ${grace} s is shorter than ${needed} s: propagation, sleep and the longest work together.`,
    ]
  }
  return []
}

/** What clients made of the failures. */
function aboutTheRetries({ load }: Scenario, { total, perSecond }: VariantResult): string[] {
  if (load.retries === undefined || total.retries === 0 || total.requests === 0) return []
  const factor = (total.requests + total.retries) / total.requests
  const worst = Math.max(factor, ...perSecond.map(({ requests, attempts = requests }) => attempts / (requests || 1)))
  const peak = worst - factor < 0.05 ? '' : `, and ${worst.toFixed(2)} times in the worst second`
  const sentence = `Clients repeated ${formatCount(total.retries)} attempts: the servers saw ${factor.toFixed(2)} times the load${peak}.`
  return worst > 1.1 && load.retries.budgetRatio === undefined
    ? [`${sentence} Give the retries a budget, such as a tenth of the requests.`]
    : [sentence]
}

/** What drainkeeper put into force, against what people guess. */
function aboutTheContract({ contract, total, propagation }: VariantResult): string[] {
  if (contract === null) return []
  const { drainDelaySeconds: delay } = contract
  const slowestMs = Math.max(0, ...propagation.map(({ maxMs }) => maxMs))
  if (total.lost > 0) {
    return [
      `${formatCount(total.lost)} requests were lost under the contract (D ${delay} s): see the timeline of their pods.`,
    ]
  }
  if (delay >= folkloreSeconds || slowestMs === 0) return []
  return [
    `A drain delay of ${delay} s was enough: routing took up to ${formatMs(slowestMs)}. ` +
      `The usual advice of ${folkloreSeconds} s would hold each pod ${folkloreSeconds - delay} s longer.`,
  ]
}

const counted = (count: number, one: string, many: string): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`
