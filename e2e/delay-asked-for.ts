import { computeBudget, budgetDefaults } from '../src/budget/index.ts'
import type { PodTruth } from '../src/lab/index.ts'
import { estimate, estimateDefaults } from '../src/propagation/index.ts'

/** The operator's figure of a pod may be so much above the truth: the silence that it takes for proof. */
const silenceMs = 100

/** What the ground truth asks for, through the same formulas as the operator's measurements. */
export interface AskedFor {
  /** The bound of when the last connections were answered, in milliseconds. */
  boundMs: number
  /** The longest drain delay that the bound justifies, out of the dead band, in whole seconds. */
  drainDelaySeconds: number
}

/**
 * A pod sees its last connection before it is answered. On a machine that stands still for seconds that is seconds after
 * routing let go, and a drain delay that did not cover it would lose requests.
 *
 * @returns undefined when the truths are too few for a bound
 */
export function delayAskedFor(
  truths: readonly PodTruth[],
  { quantile, confidence }: { quantile: number; confidence: number },
): AskedFor | undefined {
  const entries = truths
    .filter(({ verdict }) => verdict !== 'unprobed')
    .map(({ verdict, answeredMs }) => ({ ms: answeredMs + silenceMs, beyond: verdict === 'cut-short' }))
  const found = estimate(entries, { ...estimateDefaults, quantile, confidence, window: entries.length })
  if (found.state !== 'Measured') return undefined
  const { drainDelaySeconds } = computeBudget({
    estimate: found,
    requestTime: { seconds: 0, because: '' },
    safetyMarginSeconds: 0,
    bounds: budgetDefaults.bounds,
    // Nothing keeps more than the longest delay that was in force, so this is the longest that the dead band lets stay.
    previous: {
      drainDelaySeconds: budgetDefaults.bounds.drainDelay.max,
      gracePeriodSeconds: budgetDefaults.bounds.gracePeriod.max,
    },
  })
  return { boundMs: found.boundMs, drainDelaySeconds }
}
