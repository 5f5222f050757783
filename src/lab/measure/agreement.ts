import type { PodTruth } from './ground-truth.ts'
import { quantile } from './quantiles.ts'

/** The operator's figure for one deleted pod. */
export interface PropagationSample {
  readonly pod: string
  readonly propagationMs: number
}

/**
 * A sample agrees with a truth when it is within the larger of these of the time from the last connection's start to its
 * answer: the pod saw that connection somewhere in between.
 */
const AGREEING_MS = 100
const AGREEING_SHARE = 0.1

/** An answer that took longer says too little of when the pod saw the connection: nearly every sample would agree. */
const LONGEST_ANSWER_MS = 1000

/** One pod's sample beside its truth, in milliseconds after its deletion. */
export interface Difference {
  readonly pod: string
  readonly sampleMs: number
  /** The last connection's start, and its answer. */
  readonly startedMs: number
  readonly answeredMs: number
  /** How far the sample lies outside of the two; 0 within. */
  readonly differenceMs: number
}

/** How the operator's figures compare with the ground truth, over the pods whose truth is known. */
export interface Agreement {
  /** Pods with a known truth. */
  readonly known: number
  /** Of these, pods with a sample, whose last connection was answered within a second. */
  readonly compared: number
  /** Compared pods whose sample is within max(100 ms, 10 % of the truth) of the last connection's start and answer. */
  readonly agreeing: number
  /** agreeing / compared; null when nothing could be compared. */
  readonly share: number | null
  /** The compared pod that is furthest off; positive when the sample says longer than the truth. */
  readonly worst: Difference | null
  /** All compared pods, the furthest off first. */
  readonly differences: readonly Difference[]
  /** The quantile of the known truths, by nearest rank. */
  readonly truthQuantileMs: number | null
  /** Whether the operator's bound is at least that quantile; null without a known truth. */
  readonly boundCovers: boolean | null
}

/**
 * @param boundMs the operator's upper bound on the quantile of propagation.
 * @param q the quantile that the bound is for.
 */
export function agreement(
  truths: readonly PodTruth[],
  samples: readonly PropagationSample[],
  { boundMs, q }: { readonly boundMs: number; readonly q: number },
): Agreement {
  const sampleOf = new Map(samples.map(({ pod, propagationMs }) => [pod, propagationMs]))
  const known = truths.filter(({ verdict }) => verdict === 'known')
  const sharp = known.filter(({ propagationMs, answeredMs }) => answeredMs - propagationMs <= LONGEST_ANSWER_MS)
  const compared = sharp.flatMap(({ pod, propagationMs, answeredMs }): Difference[] => {
    const sampleMs = sampleOf.get(pod)
    if (sampleMs === undefined) return []
    const differenceMs = Math.min(0, sampleMs - propagationMs) + Math.max(0, sampleMs - answeredMs)
    return [{ pod, sampleMs, startedMs: propagationMs, answeredMs, differenceMs }]
  })
  const agreeing = compared.filter(
    ({ startedMs, differenceMs }) => Math.abs(differenceMs) <= Math.max(AGREEING_MS, startedMs * AGREEING_SHARE),
  )
  const differences = compared.toSorted((a, b) => Math.abs(b.differenceMs) - Math.abs(a.differenceMs))
  const truthQuantileMs = quantile(
    known.map(({ propagationMs }) => propagationMs),
    q,
  )
  return {
    known: known.length,
    compared: compared.length,
    agreeing: agreeing.length,
    share: compared.length === 0 ? null : agreeing.length / compared.length,
    worst: differences[0] ?? null,
    differences,
    truthQuantileMs,
    boundCovers: truthQuantileMs === null ? null : boundMs >= truthQuantileMs,
  }
}
