import type { Moment, Timeline } from './timeline.ts'

/** A rollout that is over: one template is left, everything serves, and nothing of ours is on the Deployment. */
export const isOver =
  (revision: number) =>
  (now: Moment): boolean =>
    now.revision >= revision &&
    now.observed &&
    now.updated === now.desired &&
    now.total === now.desired &&
    now.available === now.desired

/** What we held is given back: no owner of ours but that of the contract. */
export const isReleased = (now: Moment): boolean => !now.managers.includes('drainkeeper-pace') && !now.paused

/** Paused by us, and said so. */
export const isPausedByUs = (now: Moment): boolean =>
  now.paused && now.pace?.phase === 'Paused' && now.healthy?.status === 'False'

/**
 * Moments at which `paused` was on without a reason in the policy, for longer than a watch may lag behind another one.
 * What is paused by its user has its reason there.
 */
export function pausedWithoutReason(timeline: Pick<Timeline, 'since'>, sinceMs: number, graceMs = 3000): Moment[] {
  const moments = timeline.since(sinceMs)
  return moments.filter((moment, index) => {
    const bare = (one: Moment): boolean =>
      one.paused && one.pace?.phase !== 'Paused' && one.pace?.phase !== 'PausedByUser'
    if (!bare(moment)) return false
    const end = moments.slice(index).find((later) => !bare(later))
    return (end?.atMs ?? Date.now()) - moment.atMs > graceMs
  })
}
