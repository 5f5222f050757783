import type { Counts } from './reading.ts'

/**
 * A sequential test of a rate of errors that may be looked at after every request, for as long as anybody likes.
 *
 * For a rate p and another rate q, each request multiplies a stake by q/p when it fails and by (1-q)/(1-p) when it does
 * not. With q > p, the stake is expected not to grow while every request fails with a probability of at most p, whatever
 * happened before it: it is a nonnegative supermartingale. So is a mixture of such stakes over several q (Wald 1945,
 * Robbins 1970). By Ville's inequality (1939) the probability that it ever reaches 1/alpha is at most alpha: evidence of
 * that size against "at most p" is wrong that seldom, no matter when and how often one looks. With q < p, the same holds
 * against "at least p". (Such a stake is called an e-process: Ramdas, Grünwald, Vovk, Shafer 2023, "Game-theoretic
 * statistics and safe anytime-valid inference".)
 *
 * The mixture is over fixed ratios q/p of equal weight, so that it depends on the counts alone, needs no special
 * function, and moves with p in one direction only: its inversion is an interval (interval.ts).
 */
export type Evidence = (counts: Counts) => number

/** From a quarter above the limit to a total outage at a limit of 0.04 %. */
const ratiosAbove = Array.from({ length: 20 }, (_, rung) => 1.25 * 1.5 ** rung)
const ratiosBelow = [0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.01]

/** The natural logarithm of the evidence against "each request fails with a probability of at most `rate`". */
export function evidenceAbove(rate: number): Evidence {
  return evidenceAgainst(rate, ratiosAbove)
}

/** The natural logarithm of the evidence against "each request fails with a probability of at least `rate`". */
export function evidenceBelow(rate: number): Evidence {
  return evidenceAgainst(rate, ratiosBelow)
}

function evidenceAgainst(rate: number, ratios: readonly number[]): Evidence {
  // A ratio that would give a probability of 1 or more stakes nothing: its weight is lost, which is on the safe side.
  const stakes = ratios
    .filter((ratio) => ratio * rate < 1)
    .map((ratio) => ({
      failed: Math.log(ratio),
      succeeded: Math.log1p(-ratio * rate) - Math.log1p(-rate),
    }))
  const share = -Math.log(ratios.length)
  return ({ requests, errors }) => {
    const logs: number[] = []
    for (const { failed, succeeded } of stakes) logs.push(errors * failed + (requests - errors) * succeeded)
    return share + logOfSum(logs)
  }
}

/** ln of the sum of e^log, without overflow. */
function logOfSum(logs: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY
  for (const log of logs) if (log > most) most = log
  if (most === Number.NEGATIVE_INFINITY) return most
  let sum = 0
  // What is too small to be seen in the sum costs no exponential.
  for (const log of logs) if (log > most - 40) sum += Math.exp(log - most)
  return most + Math.log(sum)
}

/**
 * The evidence when the fault may have begun with any step of the rollout, as one that shows under load only: half of
 * the stake is on the whole rollout, half on the steps (1/2, 1/6, 1/12 ... of it), each from its own beginning. What is
 * for steps that have not begun stays as it is. A mixture as well, so that nothing has to be paid for looking again.
 * `steps` are the counts that had been reached when each step began.
 */
export function sinceAnyStep(evidence: Evidence, steps: readonly Counts[]): Evidence {
  const notBegun = -Math.log(2 * (steps.length + 1))
  return (counts) =>
    logOfSum([
      evidence(counts) - Math.log(2),
      ...steps.map((begun, index) => {
        const since = { requests: counts.requests - begun.requests, errors: counts.errors - begun.errors }
        return evidence(since) - Math.log(2 * (index + 1) * (index + 2))
      }),
      notBegun,
    ])
}

/**
 * The evidence when up to `burst` requests in a row fail together (a pod that dies, a connection that breaks): each
 * stake is taken to the power of 1/burst, which is what the counts divided by it give. By Hölder's inequality the
 * product over such a burst is expected not to grow however its requests depend on each other. It holds for looks at
 * the end of bursts; and it costs `burst` times the requests until a verdict.
 */
export function inBursts(evidence: Evidence, burst: number): Evidence {
  return burst === 1
    ? evidence
    : ({ requests, errors }) => evidence({ requests: requests / burst, errors: errors / burst })
}
