import { type Claim, changesTemplate, graceClaim, heldClaims, toClaims } from './claims.ts'
import { keptClaims } from './co-ownership.ts'
import type { DeploymentView } from './deployment-view.ts'
import { longestStatedSleepSeconds } from './draft.ts'
import { DRAIN_PORT_NAME } from './drain-method.ts'
import { contractInHook } from './hook.ts'
import { givenBack, paused } from './notes.ts'
import type { Note, Plan } from './patch.ts'
import { carryOut } from './plan-patch.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'
import { claimsToTakeAgain, conflictsOfTaking, takenAgainNotes } from './take-again.ts'

/**
 * Plans giving our fields back, as when a policy is gone; `undefined` is a Deployment that is gone. By force only where
 * what was ours was put back: that takes one plan to own it again and a second one to give it back.
 * What the API server would refuse to miss is kept and noted: such a claim is harmless and goes with the next release.
 */
export function planRelease(view: DeploymentView | undefined): Plan {
  if (view === undefined || view.deleting) {
    return { action: 'None', force: false, conflicts: [], notes: [], changesTemplate: false, fields: [] }
  }
  const again = claimsToTakeAgain(view)
  if (again.length > 0) return takeAgainFirst(view, again)
  const stays = keptClaims(view)
  const kept = [...stays, ...graceStillNeeded(view, stays)]
  const wanted = toClaims(kept)
  const notes = [...paused(view, changesTemplate(view, wanted)), ...givenBack(view, wanted), ...held(kept)]
  const plan = carryOut(view, wanted, [], notes)
  return plan.action === 'None' ? plan : { ...plan, action: 'Release' }
}

/** What others co-own would outlive our release: it becomes ours alone by another value, and is given back next time. */
function takeAgainFirst(view: DeploymentView, again: readonly Claim[]): Plan {
  const wanted = toClaims([...heldClaims(view).values(), ...again])
  const conflicts = conflictsOfTaking(view, again)
  const notes = [...paused(view, changesTemplate(view, wanted)), ...takenAgainNotes(conflicts)]
  return { ...carryOut(view, wanted, conflicts, notes), action: 'Release' }
}

/**
 * Without our grace period the default would be below a sleep that stays, which is refused, or below what our hook's URL
 * tells the process, where that URL stays: it would be killed in the middle of its drain.
 */
function graceStillNeeded(view: DeploymentView, stays: readonly Claim[]): Claim[] {
  const ours = [...heldClaims(view).values()].some(({ field }) => field === 'gracePeriod')
  const told = stays
    .filter(({ field, leaf }) => field === 'preStop' && leaf === 'httpGet.path')
    .map(({ container }) => view.template.containers.find(({ name }) => name === container)?.preStop)
    .map((hook) => contractInHook(hook, DRAIN_PORT_NAME)?.gracePeriodSeconds ?? 0)
  const needed = Math.max(longestStatedSleepSeconds(view), ...told)
  return ours && needed > DEFAULT_GRACE_SECONDS ? [graceClaim(view.template.terminationGracePeriodSeconds)] : []
}

function held(kept: readonly Claim[]): Note[] {
  const names = new Set(
    kept.map(({ field, container }) => (container === undefined ? field : `${field} of ${container}`)),
  )
  if (names.size === 0) return []
  const message = `still held, because giving it back now would break the template: ${[...names].join(', ')}`
  return [{ code: 'StillHeld', message }]
}
