/**
 * The rank k (1-based) of the order statistic that is a one-sided upper confidence bound of a quantile, whatever the
 * distribution: the smallest k with P(Binomial(n, quantile) <= k - 1) >= confidence. `undefined` when n is too small.
 * Source: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2; Hahn and Meeker, Statistical Intervals,
 * section 5.2. For discrete distributions the bound only gets safer.
 *
 * @throws RangeError when quantile or confidence is not between 0 and 1, exclusive
 */
export function boundRank(n: number, quantile: number, confidence: number): number | undefined {
  if (!isFraction(quantile) || !isFraction(confidence)) {
    throw new RangeError(`quantile ${quantile} and confidence ${confidence} have to be between 0 and 1, exclusive`)
  }
  // Walks down from k = n while the upper tail P(Binomial >= k) stays within 1 - confidence. The tail is summed from
  // its smallest term, and terms are kept as logarithms: q^n underflows long before the sum does.
  const odds = Math.log1p(-quantile) - Math.log(quantile)
  let logTerm = n * Math.log(quantile)
  let tail = 0
  let k = n + 1
  while (k > 1) {
    tail += Math.exp(logTerm)
    if (tail > 1 - confidence + rounding) break
    k -= 1
    logTerm += Math.log(k) - Math.log(n - k + 1) + odds
  }
  return k > n ? undefined : k
}

/** What `1 - confidence` itself loses in binary; without it a tail of exactly 0.05 would be refused. */
const rounding = 1e-12

/**
 * How many samples a bound needs when `beyond` of them are larger than can be told: the smallest n whose
 * {@link boundRank} is at most n - beyond. Without any: ceil(ln(1 - confidence) / ln(quantile)), which is 59 for
 * 0.95 at 0.95 and 299 for 0.99 at 0.95.
 */
export function requiredSamples(quantile: number, confidence: number, beyond = 0): number {
  const enough = (n: number): boolean => {
    const rank = boundRank(n, quantile, confidence)
    return rank !== undefined && rank <= n - beyond
  }
  // n grows by doubling, then the interval (low, high] is halved: n - rank never falls as n grows.
  let high = beyond + 1
  while (!enough(high)) high *= 2
  let low = Math.floor(high / 2)
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2)
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}

function isFraction(value: number): boolean {
  return value > 0 && value < 1
}
