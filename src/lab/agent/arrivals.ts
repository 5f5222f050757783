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

/** A small seeded generator (mulberry32), so that a Poisson schedule can be had again. Uniform on [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
