import { graceClaim, otherOwners } from './claims.ts'
import type { DeploymentView, FieldOwner, OwnedLeaves } from './deployment-view.ts'
import { DRAIN_PORT_NAME } from './drain-method.ts'
import { contractInHook } from './hook.ts'
import { isOurs, isSameOwner, writesByHand } from './managers.ts'
import type { WrittenContract } from './patch.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'

/**
 * Values of ours that came back by somebody else's Update, as `kubectl rollout undo` replaces the whole template by an
 * earlier one: nobody's intention. Recognised by the hook's form, or as what we once wrote (`ours`), or as what we have
 * already taken again; never where an owner applies, created the Deployment, or writes fields by hand, and never where
 * last-applied-configuration names the field.
 */
export function isHookPutBack(view: DeploymentView, container: string, ours: readonly WrittenContract[] = []): boolean {
  const hook = view.template.containers.find(({ name }) => name === container)?.preStop
  const owned = view.ownership.containers[container]?.preStop ?? []
  const others = owned.filter(({ owner }) => !isOurs(owner))
  if (hook === undefined || view.lastApplied?.containers[container]?.preStop !== undefined) return false
  if (
    !bringBack(
      view,
      others.map(({ owner }) => owner),
    )
  )
    return false
  if (contractInHook(hook, DRAIN_PORT_NAME) !== undefined || isTakenAgain(owned)) return true
  return hook.kind === 'Sleep' && ours.some(({ drainDelaySeconds }) => drainDelaySeconds === hook.seconds)
}

/** A grace period of the default or less was never written by us: where G is less, the default stood beside our hook. */
export function isGracePutBack(view: DeploymentView, ours: readonly WrittenContract[] = []): boolean {
  const value = view.template.terminationGracePeriodSeconds
  const others = otherOwners(view, graceClaim(value))
  if (view.lastApplied?.terminationGracePeriodSeconds !== undefined || !bringBack(view, others)) return false
  const inHooks = view.template.containers
    .filter(({ name }) => isHookPutBack(view, name, ours) && sharesOwner(view, name, others))
    .map(({ preStop }) => contractInHook(preStop, DRAIN_PORT_NAME))
    .some((contract) => contract?.gracePeriodSeconds === value && !contract.graceStated)
  const written = ours.some(
    ({ gracePeriodSeconds: seconds }) => seconds !== undefined && Math.max(DEFAULT_GRACE_SECONDS, seconds) === value,
  )
  return view.ownership.gracePeriod.some(isOurs) || inHooks || written
}

/** We own every leaf that the others own: an Update of theirs would have taken it, so we came after them. */
function isTakenAgain(owned: readonly OwnedLeaves[]): boolean {
  const held = owned.filter(({ owner }) => isOurs(owner)).flatMap(({ leaves }) => leaves)
  return owned.every(({ leaves }) => leaves.every((leaf) => held.includes(leaf)))
}

function sharesOwner(view: DeploymentView, container: string, others: readonly FieldOwner[]): boolean {
  const owners = view.ownership.containers[container]?.preStop ?? []
  return owners.some(({ owner }) => others.some((other) => isSameOwner(owner, other)))
}

function bringBack({ ownership }: DeploymentView, owners: readonly FieldOwner[]): boolean {
  const authors = [...ownership.creators, ...ownership.lastAppliedWriters]
  const isAuthor = (owner: FieldOwner): boolean => authors.some((author) => isSameOwner(author, owner))
  return (
    owners.length > 0 &&
    owners.every((owner) => owner.operation === 'Update' && !isAuthor(owner) && !writesByHand(owner))
  )
}
