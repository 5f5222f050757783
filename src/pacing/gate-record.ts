import type { PaceState, Pause, RolloutPace } from './gate-state.ts'
import { type Counts, origins } from './reading.ts'

/** Everything of one Deployment's pace that outlives an operator. */
export interface PaceRecord {
  readonly state: PaceState
  /** Requests and errors before the present rollout began. */
  readonly baseline?: Counts
  /** The place in a rolloutGroup: since when it is wanted, and since when it is had. */
  readonly group?: { readonly waitingSinceMs: number; readonly admittedMs?: number }
}

/** As status keeps it. */
export function encodeRecord(record: PaceRecord): string {
  return JSON.stringify(record)
}

/** The reverse; undefined for anything that is not a whole record: it is lost then, and the present rollout starts anew. */
export function decodeRecord(text: string | undefined): PaceRecord | undefined {
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRecord(value) ? value : undefined
}

type Check = (value: unknown) => boolean

const number: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const text: Check = (value) => typeof value === 'string'
const boolean: Check = (value) => typeof value === 'boolean'
const either: Check = (value) => whole(value) || text(value)
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string)
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

/** An object with these fields, each as it should be. */
function shape<T>(checks: Readonly<Record<keyof T & string, Check>>): Check {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Check>(checks).every(([key, check]) => check((value as Record<string, unknown>)[key]))
}

const isPause = shape<Pause>({
  cause: oneOf(...origins, 'inconclusive'),
  untilMs: number,
  seen: boolean,
  healthySinceMs: absentOr(number),
  refused: absentOr(text),
})

const isRollout = shape<RolloutPace>({
  phase: oneOf('Holding', 'Releasing', 'Paused', 'RollingBack', 'Passing'),
  passing: absentOr(oneOf('Overridden', 'KnownHealthy')),
  revisionId: text,
  own: shape<RolloutPace['own']>({
    minReadySeconds: whole,
    progressDeadlineSeconds: whole,
    maxSurge: either,
    maxUnavailable: either,
  }),
  stepPods: whole,
  minReadySeconds: whole,
  released: whole,
  releasedAmong: whole,
  stillSeconds: absentOr(whole),
  settledMs: absentOr(number),
  blameFromMs: number,
  heldSinceMs: number,
  proven: boolean,
  drainRaiseSeconds: whole,
  pause: absentOr(isPause),
  rollbackUntilMs: absentOr(number),
})

const isState = shape<PaceState>({ templateId: text, healthyTemplateId: absentOr(text), rollout: absentOr(isRollout) })

const isRecord = shape<PaceRecord>({
  state: isState,
  baseline: absentOr(shape<Counts>({ requests: whole, errors: whole })),
  group: absentOr(shape<NonNullable<PaceRecord['group']>>({ waitingSinceMs: number, admittedMs: absentOr(number) })),
}) as (value: unknown) => value is PaceRecord
