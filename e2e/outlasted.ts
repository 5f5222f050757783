import type { PodTruth } from '../src/lab/index.ts'

/**
 * How many pods served until the end of a drain delay and were still sent connections then, as the probes saw it. Before P
 * is measured the delay is a guess: where a machine stands still, routing may outlast it, and what comes later is lost.
 */
export function outlasted(truths: readonly PodTruth[], drainDelaySeconds: number): number {
  return truths.filter(
    ({ verdict, propagationMs, resolutionMs }) =>
      verdict === 'cut-short' && propagationMs + resolutionMs >= drainDelaySeconds * 1000,
  ).length
}
