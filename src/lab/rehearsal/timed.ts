import { systemClock } from '../../kube/index.ts'
import type { EventSink, UntimedEvent } from './events.ts'

/** Gives each event its time: milliseconds since the start, on the monotonic clock. */
export function timed(sink: EventSink, startedMonotonicMs: number): (event: UntimedEvent) => void {
  return (event) => sink({ atMs: Math.round(systemClock.monotonicMs() - startedMonotonicMs), ...event })
}
