import { describe, expect, it } from 'vitest'
import { boundRank, requiredSamples } from '../../src/propagation/index.ts'

/** The definition, in whole numbers: the smallest k with P(Binomial(n, q) >= k) <= 1 - c, in percent. */
function exactRank(n: number, quantile: number, confidence: number): number | undefined {
  const [inside, outside, allowed] = [BigInt(quantile), BigInt(100 - quantile), BigInt(100 - confidence)]
  const total = 100n ** BigInt(n)
  let term = inside ** BigInt(n)
  let tail = 0n
  let rank: number | undefined
  for (let k = n; k >= 1; k -= 1) {
    tail += term
    if (tail * 100n > allowed * total) break
    rank = k
    term = (term * BigInt(k) * outside) / (BigInt(n - k + 1) * inside)
  }
  return rank
}

describe('the rank of the bound', () => {
  it.each([50, 75, 90, 95, 99])('equals exact arithmetic at quantile 0.%i, n up to 420', (quantile) => {
    for (const confidence of [50, 90, 95, 99]) {
      for (let n = 1; n <= 420; n += n < 130 ? 1 : 29) {
        const exact = exactRank(n, quantile, confidence)
        expect(boundRank(n, quantile / 100, confidence / 100), `n ${n}, confidence ${confidence}`).toBe(exact)
      }
    }
  })

  it.each([
    [5000, 50],
    [5000, 95],
    [5000, 99],
    [4999, 1],
  ])('equals exact arithmetic for n %i at %i %%', (n, quantile) => {
    expect(boundRank(n, quantile / 100, 0.95)).toBe(exactRank(n, quantile, 95))
  })

  it.each<[string, number, number, number | undefined]>([
    ['the largest of 59 at 0.95', 59, 0.95, 59],
    ['nothing of 58 at 0.95', 58, 0.95, undefined],
    ['the largest of 299 at 0.99', 299, 0.99, 299],
    ['nothing of 298 at 0.99', 298, 0.99, undefined],
    ['nothing of nothing', 0, 0.5, undefined],
  ])('is %s', (_, n, quantile, rank) => {
    expect(boundRank(n, quantile, 0.95)).toBe(rank)
  })

  it.each([0, 1, -0.5, 1.5, Number.NaN])('refuses the quantile and the confidence %d', (value) => {
    expect(() => boundRank(59, value, 0.95)).toThrow(RangeError)
    expect(() => requiredSamples(0.95, value)).toThrow(RangeError)
  })
})

describe('how many samples are required', () => {
  it.each([
    [0.95, 0.95, 59],
    [0.99, 0.95, 299],
    [0.9, 0.95, 29],
    [0.5, 0.95, 5],
    [0.999, 0.95, 2995],
    [0.5, 0.4, 1],
  ])('at %d, %d confident: %i', (quantile, confidence, required) => {
    expect(requiredSamples(quantile, confidence)).toBe(required)
  })

  it('is the smallest number, for any number of samples beyond', () => {
    for (const beyond of [0, 1, 2, 5, 20]) {
      const required = requiredSamples(0.95, 0.95, beyond)
      expect(boundRank(required, 0.95, 0.95)).toBe(required - beyond)
      expect(boundRank(required - 1, 0.95, 0.95) ?? Infinity).toBeGreaterThan(required - 1 - beyond)
    }
  })
})
