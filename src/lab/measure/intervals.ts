import type { RequestRecord } from '../record.ts'

/** A span of wall-clock time; `endMs` is not part of it. */
export interface Interval {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Splits records by whether their *scheduled* time is within one of the intervals: a request that a rollout delayed
 * belongs to the rollout even when it ended after it.
 */
export function splitByIntervals(
  records: readonly RequestRecord[],
  intervals: readonly Interval[],
): { inside: RequestRecord[]; outside: RequestRecord[] } {
  const inside: RequestRecord[] = []
  const outside: RequestRecord[] = []
  for (const record of records) {
    const { scheduledMs } = record
    const within = intervals.some(({ startMs, endMs }) => scheduledMs >= startMs && scheduledMs < endMs)
    if (within) inside.push(record)
    else outside.push(record)
  }
  return { inside, outside }
}
