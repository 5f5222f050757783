import { GRACE, preStopPath } from './checks.ts'
import { type Claim, type Claims, graceClaim, heldClaims, liveValue, otherOwners } from './claims.ts'
import type { DeploymentView, FieldOwner } from './deployment-view.ts'
import { type Draft, longestStatedSleepSeconds } from './draft.ts'
import { DRAIN_PATH } from './hook.ts'
import { describeOwners, isOurs, isSameOwner } from './managers.ts'
import type { Conflict, Note } from './patch.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'
import { isGracePutBack, isHookPutBack } from './put-back.ts'

/** Where the API server would answer 409 for a value that was ours and was put back: it is overcome by force. */
export function takenAgain({ view, today }: Draft, wanted: Claims): Conflict[] {
  const { graceSource, preStopSource, container } = today
  return conflictsOfTaking(
    view,
    [...wanted.values()].filter(
      (claim) =>
        (claim.field === 'gracePeriod' && graceSource.kind === 'PutBack') ||
        (claim.field === 'preStop' && claim.container === container && preStopSource.kind === 'PutBack'),
    ),
  )
}

/** One conflict for each field of which others own a leaf that gets another value. */
export function conflictsOfTaking(view: DeploymentView, claims: readonly Claim[]): Conflict[] {
  const owners = new Map<string, FieldOwner[]>()
  for (const claim of claims.filter((each) => liveValue(view, each) !== each.value)) {
    const field = claim.container === undefined ? GRACE : preStopPath(claim.container)
    const others = otherOwners(view, claim)
    const known = owners.get(field) ?? []
    const added = others.filter((other) => !known.some((one) => isSameOwner(one, other)))
    if (others.length > 0) owners.set(field, [...known, ...added])
  }
  return [...owners].map(([field, by]) => {
    const message = `${field} was ours and was put back by ${describeOwners(by)}: it is taken again`
    return { code: 'PutBack', field, owners: by, message, blocking: false }
  })
}

export function takenAgainNotes(conflicts: readonly Conflict[]): Note[] {
  const found = conflicts.filter(({ code }) => code === 'PutBack')
  return found.map(({ message }) => ({ code: 'TakenAgain', message }))
}

/**
 * What has to be ours alone before it can be given back, each with a value that differs from what is there, since only
 * a change takes a field from its other owners. Only where the rest of the handler is ours: else somebody put back the
 * whole of it when there was none. A change would not take the handler itself, which a plan cannot name, and so we could
 * never let go of the leaf again.
 */
export function claimsToTakeAgain(view: DeploymentView): Claim[] {
  const hooks = view.template.containers.flatMap(({ name, preStop }): Claim[] => {
    if (preStop === undefined || !isHookPutBack(view, name) || !isTakeable(view, name)) return []
    const claim = { field: 'preStop', container: name } as const
    if (preStop.kind === 'HTTP') return [{ ...claim, leaf: 'httpGet.path', value: DRAIN_PATH }]
    if (preStop.kind !== 'Sleep') return []
    return [{ ...claim, leaf: 'sleep.seconds', value: preStop.seconds > 1 ? preStop.seconds - 1 : 2 }]
  })
  const value = view.template.terminationGracePeriodSeconds
  const held = [...heldClaims(view).values()].some(({ field }) => field === 'gracePeriod')
  const takeable = (hooks.length > 0 || held) && !isGraceOfWholeHook(view)
  const covers = longestStatedSleepSeconds(view) <= DEFAULT_GRACE_SECONDS
  const grace = isGracePutBack(view) && takeable && covers && value !== DEFAULT_GRACE_SECONDS
  return [...hooks, ...(grace ? [graceClaim(DEFAULT_GRACE_SECONDS)] : [])]
}

/** Others own nothing but the leaf that is changed, and we own of the handler what is left, if anything is. */
function isTakeable(view: DeploymentView, container: string): boolean {
  const owned = view.ownership.containers[container]?.preStop ?? []
  const others = owned.filter(({ owner }) => !isOurs(owner))
  return (
    others.length < owned.length &&
    others.every(
      ({ whole, leaves }) => !whole && leaves.every((leaf) => leaf === 'httpGet.path' || leaf === 'sleep.seconds'),
    )
  )
}

/** Whoever put back a whole hook put the grace period back with it: the hook stays, and may count on that time. */
function isGraceOfWholeHook(view: DeploymentView): boolean {
  const hooks = Object.values(view.ownership.containers).flatMap(({ preStop }) => preStop)
  const graceOwners = otherOwners(view, graceClaim(view.template.terminationGracePeriodSeconds))
  return hooks.some(({ owner, whole }) => whole && graceOwners.some((other) => isSameOwner(owner, other)))
}
