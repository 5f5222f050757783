import { applyConfiguration } from './apply-body.ts'
import { CHECKS } from './checks.ts'
import {
  type Claims,
  changesTemplate,
  graceClaim,
  heldClaims,
  preStopClaims,
  readinessClaims,
  sameKeys,
  toClaims,
} from './claims.ts'
import { keptClaims } from './co-ownership.ts'
import { chooseContainer } from './container-choice.ts'
import type { DeploymentView } from './deployment-view.ts'
import { type Draft, draftPatch } from './draft.ts'
import { effectiveDelaySeconds, givenBack, notesOf } from './notes.ts'
import type { Conflict, ConflictCode, ContractField, Note, PatchRequest, Plan } from './patch.ts'
import { takenAgain, takenAgainNotes } from './take-again.ts'

/**
 * Plans what to write into the template of one Deployment so that it keeps the contract; `undefined` is a Deployment
 * that is gone. The plan is carried out by a server-side apply of `body` as `FIELD_MANAGER`, with `force` as it says.
 */
export function planPatch(view: DeploymentView | undefined, request: PatchRequest): Plan {
  if (view === undefined || view.deleting)
    return blocked(problem('TargetGone', '', 'the Deployment does not exist any more'))
  const impossible = contradiction(request)
  if (impossible !== undefined) return blocked(problem('ImpossibleContract', '', impossible))
  const choice = chooseContainer(view, request.container, request.servicePorts)
  const container = view.template.containers.find(({ name }) => name === choice.name)
  if (container === undefined) {
    const conflict = problem(
      choice.problem?.code ?? 'ContainerUnknown',
      '.spec.template.spec.containers',
      choice.problem?.message ?? '',
    )
    return conflict.code === 'ContainerAbandoned' ? letGo(view, conflict) : blocked(conflict)
  }
  const draft = draftPatch(view, request, container)
  const wanted = wantedClaims(draft)
  const conflicts = [...CHECKS.flatMap((check) => check(draft) ?? []), ...takenAgain(draft, wanted)]
  const changes = changesTemplate(view, wanted)
  const notes = [...notesOf(draft, wanted, changes), ...takenAgainNotes(conflicts)]
  if (conflicts.some(({ blocking }) => blocking)) return blocked(...conflicts.filter(({ blocking }) => blocking))
  return { ...carryOut(view, wanted, conflicts, notes), promises: promisesOf(draft) }
}

/** A plan that leaves us with exactly the wanted claims. */
export function carryOut(view: DeploymentView, wanted: Claims, conflicts: Conflict[], notes: Note[]): Plan {
  const changes = changesTemplate(view, wanted)
  const fields = fieldsOf(wanted)
  const settled = !changes && sameKeys(heldClaims(view), wanted)
  const plan = { force: conflicts.length > 0, conflicts, notes, changesTemplate: changes, fields }
  if (settled) return { action: 'None', ...plan }
  return { action: fields.length > 0 ? 'Apply' : 'Release', body: applyConfiguration(view, wanted), ...plan }
}

function fieldsOf(claims: Claims): ContractField[] {
  const claimed = new Set([...claims.values()].map(({ field }) => field))
  return (['gracePeriod', 'preStop', 'readiness'] as const).filter((field) => claimed.has(field))
}

function problem(code: ConflictCode, field: string, message: string): Conflict {
  return { code, field, owners: [], message, blocking: true }
}

function blocked(...conflicts: Conflict[]): Plan {
  return { action: 'Blocked', force: false, conflicts, notes: [], changesTemplate: false, fields: [] }
}

function wantedClaims({ view, container, preStop, readiness, writesGrace, graceSeconds }: Draft): Claims {
  return toClaims([
    ...keptClaims(view),
    ...(writesGrace ? [graceClaim(graceSeconds)] : []),
    ...(preStop ? preStopClaims(container.name, preStop) : []),
    ...(readiness ? readinessClaims(container.name, readiness) : []),
  ])
}

/** The container's owner removed it and only our claim keeps it: the grace period stays, the item is let go. */
function letGo(view: DeploymentView, conflict: Conflict): Plan {
  const grace = [...heldClaims(view).values()].filter(({ field }) => field === 'gracePeriod')
  const wanted = toClaims([...keptClaims(view), ...grace])
  const plan = carryOut(view, wanted, [], givenBack(view, wanted))
  return { ...plan, action: plan.action === 'None' ? 'Blocked' : 'Release', conflicts: [conflict] }
}

/** What no Deployment could keep. */
function contradiction({ drainDelaySeconds: delay, gracePeriodSeconds: grace }: PatchRequest): string | undefined {
  const whole = Number.isSafeInteger(delay) && Number.isSafeInteger(grace)
  if (!whole || delay < 1)
    return `a drain delay of ${delay} s with a grace period of ${grace} s is not in whole seconds from 1`
  if (delay < grace) return undefined
  return `the drain delay of ${delay} s is not below the grace period of ${grace} s: SIGTERM would come with no time left`
}

function promisesOf(draft: Draft): NonNullable<Plan['promises']> {
  return {
    container: draft.container.name,
    method: draft.preStop === undefined ? 'AsStated' : draft.preStop.kind === 'Sleep' ? 'Sleep' : 'HTTP',
    drainDelaySeconds: effectiveDelaySeconds(draft),
    gracePeriodSeconds: draft.graceSeconds,
  }
}
