import type { ContractTerms } from './contract.ts'

/** One drain's budget. All offsets are milliseconds after drain start, and none is below the one before it. */
export interface DrainPlan {
  /** When the listener may be closed at the earliest, if nothing arrives any more. */
  minDelayMs: number
  /** D: when the listener is closed, unless something still arrives. */
  delayMs: number
  /** When the listener is closed whatever still arrives. */
  maxDelayMs: number
  /** When whatever is left is cut off: grace period - safety. */
  deadlineMs: number
  /** When hooks are abandoned: half the safety after the deadline, so that they get a moment even after a forced end. */
  hooksUntilMs: number
  /** When a process that is still there is stuck: half of what is left before kubelet kills it. */
  stuckAtMs: number
}

const defaultTerms = { delaySeconds: 15, graceSeconds: 30 }

const longestSafetyMs = 2000
const leastRequestMs = 1000

/**
 * The first source that states a term wins; then the defaults: delay 15 s, grace 30 s, minimum D, maximum 2 D, but at
 * most half of what D leaves to requests.
 *
 * The deadline is 2 s before the end of the grace period (half of it when the grace is below 4 s), because kubelet
 * kills at its end. At least 1 s of it is kept for requests: longer delays are shortened. D is a promise of whoever
 * knows the routing: a minimum above it or a maximum below it cannot change it, only itself.
 *
 * @param warn is told why a term in force is not the term that was asked for
 */
export function planDrain(sources: readonly ContractTerms[], warn: (message: string) => void): DrainPlan {
  const terms: ContractTerms & typeof defaultTerms = Object.assign({}, defaultTerms, ...sources.toReversed())
  const graceMs = terms.graceSeconds * 1000
  const safetyMs = Math.min(longestSafetyMs, graceMs / 2)
  const deadlineMs = graceMs - safetyMs
  const latestMs = Math.max(0, deadlineMs - leastRequestMs)

  const fitting = (what: string, seconds: number): number => {
    const fits = Math.min(seconds * 1000, latestMs)
    if (fits < seconds * 1000) {
      warn(
        `the ${what} of ${seconds} s does not fit into the grace period of ${terms.graceSeconds} s ` +
          `(deadline ${deadlineMs / 1000} s, at least 1 s of it for requests): shortened to ${fits / 1000} s`,
      )
    }
    return fits
  }
  const delayMs = fitting('drain delay', terms.delaySeconds)
  const { minDelaySeconds, maxDelaySeconds } = terms
  if (minDelaySeconds !== undefined && minDelaySeconds > terms.delaySeconds)
    warn(
      `the minimum of ${minDelaySeconds} s is above the drain delay of ${terms.delaySeconds} s: it is never shortened`,
    )
  if (maxDelaySeconds !== undefined && maxDelaySeconds < terms.delaySeconds)
    warn(
      `the maximum of ${maxDelaySeconds} s is below the drain delay of ${terms.delaySeconds} s: it is never prolonged`,
    )
  const minDelayMs = Math.min(delayMs, (minDelaySeconds ?? Infinity) * 1000)
  const statedMaxMs = maxDelaySeconds === undefined ? undefined : fitting('maximum drain delay', maxDelaySeconds)
  const maxDelayMs = Math.max(delayMs, statedMaxMs ?? Math.min(2 * delayMs, (delayMs + latestMs) / 2))
  return {
    minDelayMs,
    delayMs,
    maxDelayMs,
    deadlineMs,
    hooksUntilMs: deadlineMs + safetyMs / 2,
    stuckAtMs: deadlineMs + safetyMs * 0.75,
  }
}
