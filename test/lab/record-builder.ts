import type { RequestRecord } from '../../src/lab/record.ts'

/** A 200 answer after one millisecond, unless said otherwise. */
export function recordAt(scheduledMs: number, fields: Partial<RequestRecord> = {}): RequestRecord {
  return {
    scheduledMs,
    sentMs: scheduledMs,
    doneMs: scheduledMs + 1,
    socketId: 1,
    reused: false,
    status: 200,
    errorCode: null,
    pod: 'a',
    attempts: 1,
    moves: 0,
    ...fields,
  }
}

export const lostAt = (scheduledMs: number, errorCode: string): RequestRecord =>
  recordAt(scheduledMs, { status: null, errorCode, pod: null })

/** Every `everyMs` from one time to another, without the last. */
export function every(everyMs: number, fromMs: number, untilMs: number): number[] {
  return Array.from({ length: Math.ceil((untilMs - fromMs) / everyMs) }, (_, index) => fromMs + index * everyMs)
}
