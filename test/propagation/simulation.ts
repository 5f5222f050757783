/** A distribution by its inverse: quantile(u) for u uniform in [0, 1) is a draw, quantile(0.95) the true quantile. */
export type Quantile = (u: number) => number

/** Milliseconds, as propagation times may be. */
export const distributions: Readonly<Record<string, Quantile>> = {
  constant: () => 500,
  uniform: (u) => 100 + 900 * u,
  exponential: (u) => -300 * Math.log1p(-u),
  lognormal: (u) => 300 * Math.exp(0.6 * normalQuantile(u)),
  bimodal: (u) => (u < 0.93 ? 100 + 50 * u : 1500 + 500 * u),
  heavyTail: (u) => 100 * (1 - u) ** (-1 / 1.5),
}

/** Acklam's approximation, relative error below 1.2e-9. */
function normalQuantile(u: number): number {
  const clamped = Math.min(Math.max(u, 1e-12), 1 - 1e-12)
  if (clamped > 0.5) return -normalQuantile(1 - clamped)
  if (clamped < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(clamped))
    const top = [
      -7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
      2.938163982698783,
    ]
    const bottom = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
    return polynomial(top, q) / polynomial(bottom, q)
  }
  const q = clamped - 0.5
  const top = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ]
  const bottom = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
  return (polynomial(top, q * q) * q) / polynomial(bottom, q * q)
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
}

/**
 * The fewest hits that `rounds` trials of the stated chance still make plausible: fewer come with a chance below
 * 1e-6. Hoeffding's inequality is not sharp enough here, so this sums the binomial distribution.
 */
export function fewestPlausible(rounds: number, chance: number): number {
  let logTerm = rounds * Math.log1p(-chance)
  let below = 0
  let hits = 0
  while (below + Math.exp(logTerm) < 1e-6) {
    below += Math.exp(logTerm)
    logTerm += Math.log(((rounds - hits) * chance) / ((hits + 1) * (1 - chance)))
    hits += 1
  }
  return hits
}
