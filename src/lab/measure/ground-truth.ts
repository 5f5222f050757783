import type { RequestRecord } from '../record.ts'
import { type AgentRun, onControllerClock } from './merge.ts'

/** A pod's deletion as the controller saw it, on the controller's clock. */
export interface Deletion {
  readonly pod: string
  readonly deletedMs: number
  /** When the pod stopped accepting, or ended; null when nobody knows. A truth that reaches it is only a lower bound. */
  readonly endedMs: number | null
}

/**
 * How far a truth can be trusted.
 * - `known`: the last new connection is within `resolutionMs` of the moment routing ended.
 * - `unprobed`: too few answers of this pod before its deletion, or probing ended too early: nothing is known.
 * - `cut-short`: the pod itself ended first; routing went on for at least this long.
 */
export type TruthVerdict = 'known' | 'unprobed' | 'cut-short'

/** When one node stopped routing new connections to one deleted pod. */
export interface NodeTruth {
  readonly node: string
  readonly verdict: TruthVerdict
  /** The start of the last connection that the pod answered, after its deletion; 0 when that was before. */
  readonly propagationMs: number
  /**
   * When the last of the answers had come, after its deletion. The pod saw the last connection between the two: on a busy
   * machine it accepts what routing gave it only when it has a processor.
   */
  readonly answeredMs: number
  /** Routing may have ended this much later than the last answer says, and not more with 95 % confidence. */
  readonly resolutionMs: number
  /** Probes that failed between the deletion and the pod's end or, without one, the end of probing. */
  readonly failedProbes: number
}

/** The truth of one pod: the slowest node's. */
export interface PodTruth {
  readonly pod: string
  readonly deletedMs: number
  readonly nodes: readonly NodeTruth[]
  /** The worst of the nodes: `unprobed` over `cut-short` over `known`. */
  readonly verdict: TruthVerdict
  readonly propagationMs: number
  readonly answeredMs: number
  readonly resolutionMs: number
}

/** How long before a deletion the pod's share of the probes is looked at. */
const LOOKBACK_MS = 10_000
/** Fewer answers than this in the lookback say nothing about the pod's share. */
const MIN_ANSWERS = 10
/** A pod that is routed to is missed for longer than `ln(20)` mean gaps with a probability of 5 %. */
const MISSED_GAPS = Math.log(20)

/**
 * The ground truth of endpoint propagation: for each deleted pod and each node that probed, the start of the last new
 * connection that reached the pod, minus its deletion.
 *
 * Each probe reaches one of the pods at random, so a pod is seen only now and then. Its mean gap before the deletion
 * gives the resolution: with exponential gaps, a pod that is still routed to stays unseen for longer than ln(20) mean
 * gaps once in twenty times. A stall of the probes themselves widens it.
 */
export function groundTruth(runs: readonly AgentRun[], deletions: readonly Deletion[]): PodTruth[] {
  const nodes = runs.map((run) => ({ node: run.node, probes: new Probes(onControllerClock(run)) }))
  return deletions.map((deletion) => {
    const truths = nodes.map(({ node, probes }) => nodeTruth(node, probes, deletion))
    const verdicts = truths.map(({ verdict }) => verdict)
    return {
      pod: deletion.pod,
      deletedMs: deletion.deletedMs,
      nodes: truths,
      verdict:
        truths.length === 0 || verdicts.includes('unprobed')
          ? 'unprobed'
          : verdicts.includes('cut-short')
            ? 'cut-short'
            : 'known',
      propagationMs: Math.max(0, ...truths.map(({ propagationMs }) => propagationMs)),
      answeredMs: Math.max(0, ...truths.map(({ answeredMs }) => answeredMs)),
      resolutionMs: Math.max(0, ...truths.map(({ resolutionMs }) => resolutionMs)),
    }
  })
}

/** A node's probes by start, with the answers of each pod. */
class Probes {
  readonly startsMs: number[] = []
  readonly failuresMs: number[] = []
  readonly answersMs = new Map<string, number[]>()
  /** When the last answer of each pod was complete. */
  readonly answeredMs = new Map<string, number>()

  constructor(records: readonly RequestRecord[]) {
    const sent = records.flatMap(({ sentMs, doneMs, pod }) => (sentMs === null ? [] : [{ sentMs, doneMs, pod }]))
    sent.sort((a, b) => a.sentMs - b.sentMs)
    for (const { sentMs, doneMs, pod } of sent) {
      this.startsMs.push(sentMs)
      if (pod === null) {
        this.failuresMs.push(sentMs)
        continue
      }
      this.answeredMs.set(pod, Math.max(doneMs, this.answeredMs.get(pod) ?? 0))
      const answers = this.answersMs.get(pod)
      if (answers === undefined) this.answersMs.set(pod, [sentMs])
      else answers.push(sentMs)
    }
  }
}

function nodeTruth(node: string, probes: Probes, { pod, deletedMs, endedMs }: Deletion): NodeTruth {
  const answersMs = probes.answersMs.get(pod) ?? []
  const before = answersMs.filter((atMs) => atMs >= deletedMs - LOOKBACK_MS && atMs < deletedMs)
  const failedProbes = probes.failuresMs.filter((atMs) => atMs >= deletedMs && atMs <= (endedMs ?? Infinity)).length
  const lastAnswerMs = answersMs.at(-1) ?? Number.NEGATIVE_INFINITY
  const propagationMs = Math.max(0, lastAnswerMs - deletedMs)
  const answeredMs = Math.max(propagationMs, (probes.answeredMs.get(pod) ?? 0) - deletedMs)
  const firstMs = before[0]
  if (firstMs === undefined || before.length < MIN_ANSWERS) {
    return {
      node,
      verdict: 'unprobed',
      propagationMs,
      answeredMs,
      resolutionMs: Number.POSITIVE_INFINITY,
      failedProbes,
    }
  }
  const meanGapMs = (deletedMs - firstMs) / before.length
  const seenUntilMs = Math.max(deletedMs, lastAnswerMs)
  const stallMs = longestGap(probes.startsMs, seenUntilMs, seenUntilMs + meanGapMs * MISSED_GAPS)
  const resolutionMs = meanGapMs * MISSED_GAPS + stallMs
  const probedLongEnough = (probes.startsMs.at(-1) ?? 0) >= seenUntilMs + resolutionMs
  const cutShort = endedMs !== null && seenUntilMs + resolutionMs >= endedMs
  const verdict = cutShort ? 'cut-short' : probedLongEnough ? 'known' : 'unprobed'
  return { node, verdict, propagationMs, answeredMs, resolutionMs, failedProbes }
}

/** The longest time without a start that overlaps the span. */
function longestGap(startsMs: readonly number[], fromMs: number, untilMs: number): number {
  let longestMs = 0
  for (let index = 1; index < startsMs.length; index++) {
    const previousMs = startsMs[index - 1] ?? 0
    const startMs = startsMs[index] ?? 0
    if (startMs > fromMs && previousMs < untilMs) longestMs = Math.max(longestMs, startMs - previousMs)
  }
  return longestMs
}
