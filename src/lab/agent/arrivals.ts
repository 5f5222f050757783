/** How the requests of an open-loop schedule are spaced. */
export type Spacing = 'fixed' | 'poisson'

/**
 * The schedule as a function that gives one arrival after another, in milliseconds from the start. It depends on the
 * rate alone, never on answers: that is what makes the load open-loop.
 * @param random uniform on [0, 1); used by `poisson` only, whose gaps are exponential with mean 1 / rate.
 */
export function arrivalsOf(spacing: Spacing, ratePerSecond: number, random: () => number): () => number {
  const gapMs = 1000 / ratePerSecond
  if (spacing === 'fixed') {
    let count = 0
    return () => gapMs * count++
  }
  let atMs = 0
  return () => {
    atMs += -Math.log(1 - random()) * gapMs
    return atMs
  }
}
