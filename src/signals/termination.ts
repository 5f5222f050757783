import type { Counts, Reading } from '../pacing/index.ts'
import { silent } from './signal.ts'

/** How a pod's drain ended, and what is known of what it cost. The outcomes are those of the room `propagation`. */
export interface PodEnd {
  readonly outcome: 'clean' | 'forced' | 'killed' | 'hookFailed' | 'outOfMemory' | 'unknown'
  /** From the drain report: what the deadline, or a second signal, cut off. */
  readonly forced?: { readonly connections: number; readonly requests: number }
  /** Requests being served, as the last scrape before the end said. */
  readonly inFlight?: number
  /** Of the requests that were cut off those that another signal has already counted: the Pods signal's `forced`. */
  readonly countedForced?: number
}

/**
 * What a pod's end adds to the errors of draining; undefined when the end is no evidence of anything. It counts what was
 * harmed and nothing else: as many requests as errors, since those that went well are for other signals to count.
 * - forced: whichever is more of the requests and the connections that were cut off. A connection carries many requests
 *   or, like a WebSocket, none that is under way.
 * - killed at grace, outOfMemory: the requests that were being served, and never less than one
 * - hookFailed: one. The drain began late; what that cost is not known.
 */
export function harmOf(end: PodEnd): Counts | undefined {
  const errors = errorsOf(end)
  return errors === undefined ? undefined : { requests: errors, errors }
}

function errorsOf({ outcome, forced, inFlight = 0, countedForced = 0 }: PodEnd): number | undefined {
  switch (outcome) {
    case 'clean':
      return 0
    case 'forced':
      return Math.max(0, Math.max(1, forced?.requests ?? 0, forced?.connections ?? 0) - countedForced)
    case 'killed':
    case 'outOfMemory':
      return Math.max(1, inFlight)
    case 'hookFailed':
      return 1
    case 'unknown':
      break
  }
  return undefined
}

/** The ends of a rollout's pods as a reading of origin draining. */
export function terminationReading(ends: readonly PodEnd[]): Reading {
  const harms = ends.map(harmOf).filter((harm) => harm !== undefined)
  if (harms.length === 0) return silent('NoData', `of ${ends.length} ended pods none left evidence of how it ended`)
  const errors = harms.reduce((sum, harm) => sum + harm.errors, 0)
  return { kind: 'counts', counts: { draining: { requests: errors, errors } } }
}
