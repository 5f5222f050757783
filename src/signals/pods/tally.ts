import type { Counts, Origin } from '../../pacing/index.ts'
import type { Counters } from './scrape.ts'

/** What a pod is to the rollout, at the time of a scrape. */
export type Role = Exclude<Origin, 'service'>

export interface PodSeen {
  readonly uid: string
  /** How often the container that serves metrics was restarted, as the API server knows. */
  readonly restarts: number
}

export interface Heard extends PodSeen {
  readonly role: Role
  readonly counters: Counters
}

interface PodTally {
  readonly restarts: number
  /**
   * Counters fell before the API server told of a restart: the next one that it tells of is that one. (When it was none,
   * and a restart follows that is not seen to fall, what was counted before it is missed once.)
   */
  readonly fellEarly: number
  /** Undefined for a pod that was there when the watch began, as long as it was never heard. */
  readonly counters: Counters | undefined
  /** Of what was counted as errors of this pod: what its drain cut off. */
  readonly forced: number
}

/** What was heard of all pods since the watch began. A pod that is gone keeps what it last said. */
export interface Tally {
  readonly pods: ReadonlyMap<string, PodTally>
  readonly counts: Readonly<Partial<Record<Role, Counts>>>
}

/** @param present the pods that were there when the watch began: what they counted before is not of this watch */
export function beginTally(present: readonly PodSeen[]): Tally {
  const pods = present.map(
    ({ uid, restarts }) => [uid, { restarts, fellEarly: 0, counters: undefined, forced: 0 }] as const,
  )
  return { pods: new Map(pods), counts: {} }
}

/**
 * Adds what one scrape of a pod told. What ended since its last scrape is put down to what the pod is now: of a pod that
 * began to drain in between, the drain has it.
 */
export function hear(tally: Tally, heard: Heard): Tally {
  const before = tally.pods.get(heard.uid)
  const { begin, fellEarly } = beginningOf(before, heard)
  const increased = increase(begin, heard.counters)
  const added = countsOf(increased)
  const known = tally.counts[heard.role] ?? { requests: 0, errors: 0 }
  const { uid, counters } = heard
  // A cache may go back in time; a count of restarts does not.
  const restarts = Math.max(heard.restarts, before?.restarts ?? 0)
  const forced = (before?.forced ?? 0) + (increased.get('forced') ?? 0)
  return {
    pods: new Map(tally.pods).set(uid, { restarts, fellEarly, counters, forced }),
    counts: {
      ...tally.counts,
      [heard.role]: { requests: known.requests + added.requests, errors: known.errors + added.errors },
    },
  }
}

/**
 * Forgets pods that are gone, the oldest first, until `most` of them are left: what they counted stays. A watch may last
 * for months.
 */
export function forgetGone(tally: Tally, present: ReadonlySet<string>, most: number): Tally {
  const gone = [...tally.pods.keys()].filter((uid) => !present.has(uid))
  if (gone.length <= most) return tally
  const pods = new Map(tally.pods)
  for (const uid of gone.slice(0, gone.length - most)) pods.delete(uid)
  return { ...tally, pods }
}

const zero: Counters = new Map()

/** Which counters to subtract: those of the last scrape, or none when these began at zero within the watch. */
function beginningOf(before: PodTally | undefined, heard: Heard): { begin: Counters; fellEarly: number } {
  if (before === undefined) return { begin: zero, fellEarly: 0 }
  const toldRestarts = Math.max(0, heard.restarts - before.restarts)
  const unseen = Math.max(0, toldRestarts - before.fellEarly)
  const fellEarly = Math.max(0, before.fellEarly - toldRestarts)
  if (before.counters === undefined) {
    return { begin: toldRestarts > 0 ? zero : heard.counters, fellEarly }
  }
  if (unseen > 0) return { begin: zero, fellEarly }
  if (fell(before.counters, heard.counters)) return { begin: zero, fellEarly: fellEarly + 1 }
  return { begin: before.counters, fellEarly }
}

function fell(from: Counters, to: Counters): boolean {
  return [...from].some(([code, value]) => (to.get(code) ?? 0) < value)
}

function increase(from: Counters, to: Counters): Counters {
  return new Map([...to].map(([code, value]) => [code, value - (from.get(code) ?? 0)]))
}

/**
 * Errors are answers of 500 and above, and what a drain cut off. A request whose client left says nothing about the
 * server: it is in neither number. 1xx never ends a request, but for upgrades (101), which went well.
 */
export function countsOf(counters: Counters): Counts {
  const of = (...codes: string[]): number => codes.reduce((sum, code) => sum + (counters.get(code) ?? 0), 0)
  const errors = of('5xx', 'forced')
  return { requests: of('1xx', '2xx', '3xx', '4xx') + errors, errors }
}
