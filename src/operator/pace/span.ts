import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../kube/index.ts'
import { type Epoch, observeFromMs } from '../../pacing/index.ts'

/** A wall time, and what the monotonic clock said then, as of when it was told first: clocks may be set later. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** What is listened for: a rollout since its epoch's times, or a template at rest. */
export type Span =
  | { readonly kind: 'rollout'; readonly epoch: Epoch; readonly blame: Moment; readonly observed: Moment }
  | { readonly kind: 'rest'; readonly revisionId: string; readonly since: Moment }

/** The span of now; the very one of before where nothing has changed. */
export function spanOf(
  before: Span | undefined,
  epoch: Epoch | undefined,
  revisionId: string,
  clock: Pick<Clock, 'now' | 'monotonicMs'>,
): Span {
  if (epoch === undefined) {
    if (before?.kind === 'rest' && before.revisionId === revisionId) return before
    return { kind: 'rest', revisionId, since: momentOf(clock.now(), clock) }
  }
  const known = before?.kind === 'rollout' ? before : undefined
  if (known !== undefined && isDeepStrictEqual(known.epoch, epoch)) return known
  const moment = (wallMs: number): Moment =>
    [known?.blame, known?.observed].find((told) => told?.wallMs === wallMs) ?? momentOf(wallMs, clock)
  return { kind: 'rollout', epoch, blame: moment(epoch.blameFromMs), observed: moment(observeFromMs(epoch)) }
}

function momentOf(wallMs: number, clock: Pick<Clock, 'now' | 'monotonicMs'>): Moment {
  return { wallMs, monotonicMs: clock.monotonicMs() - (clock.now() - wallMs) }
}

/** Monotonic times that something is to be known of. */
export function startsOf(span: Span, nowMs: number, baselineMs: number): readonly number[] {
  if (span.kind === 'rest') return [Math.max(span.since.monotonicMs, nowMs - baselineMs)]
  return [...new Set([span.blame.monotonicMs, span.observed.monotonicMs])]
}
