/** Milliseconds as people write seconds: at most two decimals, rounded up, `0.52 s`. */
export function seconds(ms: number): string {
  return `${hundredthsUp(ms) / 100} s`
}

/** Whole hundredths of a second, rounded up. */
export function hundredthsUp(ms: number): number {
  return Math.ceil(ms / 10)
}
