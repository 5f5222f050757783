import { type Claim, type Claims, heldClaims, otherOwners } from './claims.ts'
import type { DeploymentView, FieldOwner } from './deployment-view.ts'
import { type Draft, isPreStopAsStated } from './draft.ts'
import { describeHook, hookSeconds } from './hook.ts'
import { describeOwners, isOurs, placeOf } from './managers.ts'
import type { Note } from './patch.ts'

/** What a person should know of a plan that goes through. */
export function notesOf(draft: Draft, wanted: Claims, changes: boolean): Note[] {
  return [
    ...paused(draft.view, changes),
    ...graceKept(draft),
    ...preStopAsStated(draft),
    ...readinessAsStated(draft),
    ...sidecarSharesGrace(draft.view),
    ...itemShared(draft, wanted),
    ...givenBack(draft.view, wanted),
  ]
}

export function paused({ paused }: DeploymentView, changes: boolean): Note[] {
  if (!paused || !changes) return []
  return [{ code: 'Paused', message: 'the Deployment is paused: its pods get the new template when it is resumed' }]
}

function graceKept({ today, neededGraceSeconds, request }: Draft): Note[] {
  const { gracePeriodSeconds, graceSource } = today
  const notes: Note[] = []
  if (graceSource.kind === 'Stated' && gracePeriodSeconds >= neededGraceSeconds) {
    const message = `the grace period of ${gracePeriodSeconds} s, stated by ${describeOwners(graceSource.by)}, covers ${neededGraceSeconds} s and is kept`
    notes.push({ code: 'GraceKept', message })
  }
  if (neededGraceSeconds > request.gracePeriodSeconds) {
    const message = `${neededGraceSeconds} s of grace are needed instead of ${request.gracePeriodSeconds} s, because a stated preStop hook lasts longer than the drain delay`
    notes.push({ code: 'GraceRaisedForHook', message })
  }
  return notes
}

function preStopAsStated(draft: Draft): Note[] {
  const { preStop, preStopSource } = draft.today
  if (preStop === undefined || !isPreStopAsStated(draft)) return []
  const image = preStop.kind === 'Exec' ? '; it needs a sleep command in the image' : ''
  const message = `the preStop hook, ${describeHook(preStop)} stated by ${describeOwners(preStopSource.by)}, covers the drain delay of ${draft.request.drainDelaySeconds} s and is kept${image}`
  return [{ code: 'PreStopAsStated', message }]
}

function readinessAsStated({ today, request, method }: Draft): Note[] {
  const wanted = request.readiness !== undefined || method.method === 'HTTP'
  if (!wanted || today.readinessSource.kind !== 'Stated') return []
  const message = `the readiness probe is stated by ${describeOwners(today.readinessSource.by)} and is left alone`
  return [{ code: 'ReadinessAsStated', message }]
}

function sidecarSharesGrace({ template }: DeploymentView): Note[] {
  const sidecars = template.initContainers.filter(({ sidecar }) => sidecar).map(({ name }) => name)
  if (sidecars.length === 0) return []
  const message = `the grace period is shared with the sidecar ${sidecars.join(', ')}, which gets SIGTERM after the other containers`
  return [{ code: 'SidecarSharesGrace', message }]
}

/** With our claim the API server keeps the item when its owner drops it, and then misses the image: 422 for them. */
function itemShared({ view, container }: Draft, wanted: Claims): Note[] {
  const item = wanted.get(`${container.name}/item/`)
  const others = item ? otherOwners(view, item).filter(({ operation }) => operation === 'Apply') : []
  if (others.length === 0) return []
  const message =
    `the item ${container.name} of containers is owned together with ${describeOwners(others)}. Renaming or removing it ` +
    `${placeOf(others)} would be refused (containers[].image: Required value): before that, delete the DrainPolicy, ` +
    'which gives its fields back, and apply it again afterwards'
  return [{ code: 'ContainerItemShared', message }]
}

/** Held until now and no longer wanted. */
export function givenBack(view: DeploymentView, wanted: Claims): Note[] {
  const dropped = [...heldClaims(view).values()].filter(
    ({ field, container }) =>
      ![...wanted.values()].some((kept) => kept.field === field && kept.container === container),
  )
  const names = new Set(dropped.flatMap((claim) => describeReturn(view, claim)))
  if (names.size === 0) return []
  return [{ code: 'GivenBack', message: `given back: ${[...names].join('; ')}` }]
}

/** Whoever owns any leaf of the field has made it theirs. */
function statedBy(view: DeploymentView, container: string, field: 'preStop' | 'readiness'): FieldOwner[] {
  const owners = view.ownership.containers[container]?.[field] ?? []
  return owners.map(({ owner }) => owner).filter((owner) => !isOurs(owner))
}

/** An item that others own goes on as before: there is nothing to tell. */
function describeReturn(view: DeploymentView, claim: Claim): string[] {
  const { field, container = '' } = claim
  const others =
    field === 'gracePeriod' || field === 'item' ? otherOwners(view, claim) : statedBy(view, container, field)
  if (field === 'item') return others.length > 0 ? [] : [`container ${container} (is removed, as its owner did)`]
  const stays = others.length > 0 ? `stays as ${describeOwners(others)} states it` : undefined
  if (field === 'gracePeriod') return [`the grace period (${stays ?? 'returns to the default of 30 s'})`]
  const name = field === 'preStop' ? 'preStop hook' : 'readiness probe'
  return [`the ${name} of container ${container} (${stays ?? 'is removed'})`]
}

/** How long SIGTERM is held back once the draft stands. */
export function effectiveDelaySeconds({ today, request, preStop }: Draft): number {
  return preStop === undefined ? (hookSeconds(today.preStop) ?? request.drainDelaySeconds) : request.drainDelaySeconds
}
