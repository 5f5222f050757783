import type { Counts, Origin } from './reading.ts'
import type { Interval } from './interval.ts'

/** What helps against errors of an origin. */
export type Cure = 'LongerDrainDelay' | 'PauseOrRollback' | 'Nothing' | 'Unknown'

export const cures: Readonly<Record<Origin, Cure>> = {
  draining: 'LongerDrainDelay',
  newVersion: 'PauseOrRollback',
  background: 'Nothing',
  service: 'Unknown',
}

/** What one origin has to do with the verdict. */
export interface Attribution {
  readonly origin: Origin
  readonly counts: Counts
  readonly interval: Interval
  /** Against "at most the limit". Breached from `enough` on. */
  readonly evidence: number
  readonly enough: number
  readonly blamed: boolean
  readonly cure: Cure
}

/**
 * The origins that are judged: those that the signal tells apart, else the whole service. Decided by what a signal
 * names and never by how much it counted, so that the choice knows nothing of the outcome.
 */
export function judgedOrigins(counts: Readonly<Partial<Record<Origin, Counts>>>): Origin[] {
  const apart = (['draining', 'newVersion', 'background'] as const).filter((origin) => counts[origin] !== undefined)
  return apart.length > 0 ? apart : ['service']
}

/** Each origin that a signal may tell apart has its third of alpha, whether it is there yet or not. */
export function shareOf(origin: Origin): number {
  return origin === 'service' ? 1 : 1 / 3
}
