/**
 * The quantile by nearest rank: the smallest value that at least a share `q` of the values do not exceed. Null without
 * values. `sorted` must ascend.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number | null {
  const rank = Math.ceil(q * sorted.length)
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? null
}

/** As {@link quantileOfSorted}, for values in any order. */
export function quantile(values: readonly number[], q: number): number | null {
  return quantileOfSorted(Float64Array.from(values).sort(), q)
}
