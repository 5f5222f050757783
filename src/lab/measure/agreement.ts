import type { PodTruth } from './ground-truth.ts'
import { quantile } from './quantiles.ts'

/** The operator's figure for one deleted pod. */
export interface PropagationSample {
  readonly pod: string
  readonly propagationMs: number
}

/** A sample agrees with a truth when it is within the larger of these. */
const AGREEING_MS = 100
const AGREEING_SHARE = 0.1

/** How the operator's figures compare with the ground truth, over the pods whose truth is known. */
export interface Agreement {
  /** Pods with a known truth. */
  readonly known: number
  /** Pods with a known truth and a sample. */
  readonly compared: number
  /** Compared pods whose sample is within max(100 ms, 10 % of the truth). */
  readonly agreeing: number
  /** agreeing / compared; null when nothing could be compared. */
  readonly share: number | null
  /** The compared pod that is furthest off; positive when the sample says longer than the truth. */
  readonly worst: { readonly pod: string; readonly differenceMs: number } | null
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
  const compared = known.flatMap(({ pod, propagationMs }) => {
    const sampleMs = sampleOf.get(pod)
    return sampleMs === undefined ? [] : [{ pod, propagationMs, differenceMs: sampleMs - propagationMs }]
  })
  const agreeing = compared.filter(
    ({ propagationMs, differenceMs }) =>
      Math.abs(differenceMs) <= Math.max(AGREEING_MS, propagationMs * AGREEING_SHARE),
  )
  const worst = compared.toSorted((a, b) => Math.abs(b.differenceMs) - Math.abs(a.differenceMs))[0]
  const truthQuantileMs = quantile(
    known.map(({ propagationMs }) => propagationMs),
    q,
  )
  return {
    known: known.length,
    compared: compared.length,
    agreeing: agreeing.length,
    share: compared.length === 0 ? null : agreeing.length / compared.length,
    worst: worst === undefined ? null : { pod: worst.pod, differenceMs: worst.differenceMs },
    truthQuantileMs,
    boundCovers: truthQuantileMs === null ? null : boundMs >= truthQuantileMs,
  }
}
