import { report } from '../../propagation/fixtures.ts'
import type { Seeded } from '../time/seeded.ts'
import type { RawHook, RawPod } from './raw.ts'
import { timestamp } from './raw.ts'

/**
 * How a pod may end.
 * - quick, slow: a clean drain whose last late connection came soon, or after many seconds
 * - quiet: too little traffic to say anything
 * - beyond: connections came until the listener closed
 * - noReport, malformed, truncated: the termination message is empty, of another program, cut off
 * - killed, outOfMemory, forced, hookFailed: what operators are told of
 * - lost: force-deleted, nothing is known of its end
 */
export const endings = [
  'quick',
  'slow',
  'quiet',
  'beyond',
  'noReport',
  'malformed',
  'truncated',
  'killed',
  'outOfMemory',
  'forced',
  'hookFailed',
  'lost',
] as const
export type Ending = (typeof endings)[number]

/** How the pods of a Deployment end, by weight. */
export type DrainProfile = 'quick' | 'slow' | 'mixed' | 'broken'

export const profiles: Readonly<Record<DrainProfile, Partial<Record<Ending, number>>>> = {
  quick: { quick: 1 },
  slow: { slow: 3, quick: 1 },
  mixed: Object.fromEntries(endings.map((ending) => [ending, 1])),
  broken: { noReport: 2, malformed: 1, truncated: 1, killed: 2, outOfMemory: 1, forced: 1, hookFailed: 1, lost: 1 },
}

/** What a kubelet tells of the end, and when. */
export interface PodEnd {
  ending: Ending
  /** From the deletion to the end of the container. */
  afterMs: number
  /** Absent for a pod that is lost. */
  terminated?: { exitCode: number; reason: string; message: string; signal?: number }
}

/** Draws how this pod ends; `deletedWallMs` is when it was deleted. */
export function drawEnd(pod: RawPod, profile: DrainProfile, random: Seeded, deletedWallMs: number): PodEnd {
  const ending = random.weighted(profiles[profile] as Record<Ending, number>)
  const graceSeconds = pod.metadata.deletionGracePeriodSeconds ?? 30
  const hook = pod.spec.containers[0]?.lifecycle?.preStop
  if (graceSeconds === 0 || ending === 'lost') return { ending: 'lost', afterMs: random.int(50, 3000) }
  const graceMs = graceSeconds * 1000
  if (ending === 'killed') {
    return { ending, afterMs: graceMs, terminated: { exitCode: 137, reason: 'Error', message: '' } }
  }
  if (ending === 'outOfMemory') {
    return { ending, afterMs: random.int(200, 5000), terminated: { exitCode: 137, reason: 'OOMKilled', message: '' } }
  }
  const startMs = offsetMs(hook, random)
  const lastMs = lateMs(ending, random, startMs)
  const closedMs = ending === 'beyond' ? (lastMs ?? 0) + 20 : (lastMs ?? 0) + random.int(500, 3000)
  const finishedMs = closedMs + random.int(50, 1500)
  const afterMs = startMs + finishedMs
  // A process that is not done when its grace period is over is killed, and leaves no report.
  if (afterMs >= graceMs)
    return { ending: 'killed', afterMs: graceMs, terminated: { exitCode: 137, reason: 'Error', message: '' } }
  const whole = JSON.stringify(
    report({
      drainStartedAt: new Date(deletedWallMs + startMs).toISOString(),
      trigger: ending !== 'hookFailed' && hook?.httpGet !== undefined ? 'preStop' : 'signal',
      listenerClosedMs: closedMs,
      finishedMs,
      late: {
        connections: lastMs === null ? { count: 0, lastMs } : { count: ending === 'beyond' ? 4000 : 40, lastMs },
        requests: { count: 0, lastMs: null },
      },
      ...(ending === 'quiet' ? { before: { windowMs: 10_000, newConnections: 2, requests: 3 } } : {}),
      longestRequestMs: random.int(20, 2500),
      ...(ending === 'forced' ? { verdict: 'forced', forced: { connections: 1, requests: 2 } } : {}),
    }),
  )
  const message =
    ending === 'noReport'
      ? ''
      : ending === 'malformed'
        ? 'panic: runtime error\n{"schema":"another"}'
        : ending === 'truncated'
          ? whole.slice(0, -40)
          : whole
  return { ending, afterMs, terminated: { exitCode: 0, reason: 'Completed', message } }
}

/** The last late connection, counted from the drain's start: routing knows nothing of it, and goes by the deletion. */
function lateMs(ending: Ending, random: Seeded, startMs: number): number | null {
  if (ending === 'quiet') return null
  if (ending === 'beyond') return random.int(1000, 6000)
  const propagationMs = ending === 'slow' ? random.int(4000, 20_000) : random.int(50, 1500)
  return propagationMs > startMs ? propagationMs - startMs : null
}

/** From the deletion to the start of the drain: at once by HTTP, after the sleep without. */
function offsetMs(hook: RawHook | undefined, random: Seeded): number {
  return (hook?.sleep?.seconds ?? 0) * 1000 + random.int(5, 120)
}

/** The container's status after its end. */
export function terminatedStatus(pod: RawPod, end: NonNullable<PodEnd['terminated']>, wallMs: number): object {
  const startedAt = pod.metadata.creationTimestamp ?? timestamp(wallMs)
  const terminated = { ...end, startedAt, finishedAt: timestamp(wallMs) }
  return { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated } }
}
