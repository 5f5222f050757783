import type { ConvergenceEnd } from '../report/report.ts'

/** All offsets are milliseconds after drain start; minDelayMs <= delayMs <= maxDelayMs. */
export interface ConvergenceTerms {
  minDelayMs: number
  /** D */
  delayMs: number
  maxDelayMs: number
  /** The silence that says that routing has let go; Infinity when none can. */
  quietMs: number
}

/** Close now, or look again at a moment before which nothing can have changed for the better. */
export type ConvergenceStep = { closes: Exclude<ConvergenceEnd, 'cutOff'> } | { lookAgainMs: number }

/** A shorter silence is never taken as one: routing tables are updated node by node, in bursts. */
const shortestQuietMs = 1000
/**
 * With a longer one, the operator takes a drain as uninformative; nor is anything prolonged to wait for it: where a
 * silence proves nothing, only what has just arrived, within the shortest one, prolongs D.
 */
const longestQuietMs = 5000
/** Traffic that was watched for less tells no rate. */
const shortestWindowMs = 1000

/**
 * How long nothing may arrive before that means that routing has let go, with a chance of e^-3 (5 %) to be wrong:
 * `window x (e^(3/n) - 1)` for n connections in the window before drain start. This is 3 / rate for many connections,
 * more for few since their rate is uncertain, and Infinity for none: then silence says nothing.
 *
 * The operator computes the same from the report (src/propagation/sample.ts) and takes a drain that closes sooner as
 * one in which propagation was longer than it could see. The report's times are whole milliseconds, hence the one more.
 */
export function quietPeriodMs(before: { windowMs: number; newConnections: number }): number {
  const windowMs = Math.round(before.windowMs)
  if (windowMs < shortestWindowMs || before.newConnections === 0) return Infinity
  return Math.max(shortestQuietMs, Math.ceil(windowMs * Math.expm1(3 / before.newConnections)) + 1)
}

/**
 * Whether the listener closes now. It stays open for D. Once a minimum is over, a quiet period ends that early; at D,
 * arrivals that are younger than a quiet period prolong it, because a close would refuse the ones that follow, until
 * they have ceased or the maximum is there. A peer that never ceases cannot hold it longer.
 *
 * Only new connections that brought work count as arrivals. They are what routing still sends, and what a close of the
 * listener would refuse. A request on an old connection tells nothing of routing, since nothing in Kubernetes cuts
 * established connections, and a close of the listener does not touch it; its response says `Connection: close`, so
 * that its client comes back as a new connection if routing still leads it here.
 *
 * @param lastArrivalMs when the last of them arrived; null when none did
 */
export function converge(terms: ConvergenceTerms, lastArrivalMs: number | null, nowMs: number): ConvergenceStep {
  const { minDelayMs, delayMs, maxDelayMs, quietMs } = terms
  if (nowMs < delayMs) {
    const quietAtMs = Math.max(minDelayMs, (lastArrivalMs ?? 0) + quietMs)
    return nowMs >= quietAtMs ? { closes: 'quiet' } : { lookAgainMs: Math.min(quietAtMs, delayMs) }
  }
  const ceasedAtMs = lastArrivalMs === null ? 0 : lastArrivalMs + (quietMs > longestQuietMs ? shortestQuietMs : quietMs)
  if (ceasedAtMs <= delayMs) return { closes: 'delay' }
  if (nowMs >= ceasedAtMs) return { closes: 'quiet' }
  return nowMs >= maxDelayMs ? { closes: 'maximum' } : { lookAgainMs: Math.min(ceasedAtMs, maxDelayMs) }
}
