import { seededRandom } from '../../../src/cluster/seeded-random.ts'

/** The median of paired ratios, and the interval that holds it with a confidence of 95 %. */
export interface Ratio {
  median: number
  low: number
  high: number
  pairs: number
}

const resamples = 2000

/**
 * Each pair was measured close together, so that what the machine does meanwhile weighs on both. The interval is
 * bootstrapped over the pairs, from a fixed seed.
 */
export function ratioOf(pairs: readonly { own: number; base: number }[]): Ratio {
  const ratios = pairs.map(({ own, base }) => own / base)
  const random = seededRandom(1)
  const medians = Array.from({ length: resamples }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b)
  const quantile = (share: number): number => medians[Math.round(share * (resamples - 1))] ?? Number.NaN
  return { median: median(ratios), low: quantile(0.025), high: quantile(0.975), pairs: pairs.length }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
