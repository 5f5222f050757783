import type { DeploymentView, FieldOwner, Hook, ReadinessView } from './deployment-view.ts'
import { isOurs } from './managers.ts'
import type { ContractField } from './patch.ts'

/**
 * A claim is one leaf of the Deployment that is ours by server-side apply, with its value. An apply replaces all claims
 * of its manager: what is claimed and not sent again is given back.
 */
export interface Claim {
  field: ContractField | 'item'
  /** Absent for the grace period, which is the pod's. */
  container?: string
  /** The path below the field, for example `httpGet.path`; '' for the grace period and for an item. */
  leaf: string
  value: string | number
}

/** By {@link claimKey}. */
export type Claims = ReadonlyMap<string, Claim>

export function claimKey({ container, field, leaf }: Omit<Claim, 'value'>): string {
  return container === undefined ? field : `${container}/${field}/${leaf}`
}

/** Claims by key; each container of which a field is claimed is claimed as an item too, since its name is sent. */
export function toClaims(claims: readonly Claim[]): Claims {
  const items = claims.flatMap(({ container }) => (container === undefined ? [] : [itemClaim(container)]))
  return new Map([...items, ...claims].map((claim) => [claimKey(claim), claim]))
}

export function itemClaim(container: string): Claim {
  return { field: 'item', container, leaf: '', value: container }
}

/** The claims that we hold now, with the values that are there now. */
export function heldClaims(view: DeploymentView): Claims {
  const held: Claim[] = []
  if (view.ownership.gracePeriod.some(isOurs)) {
    held.push(graceClaim(view.template.terminationGracePeriodSeconds))
  }
  for (const [container, owned] of Object.entries(view.ownership.containers)) {
    if (owned.item.some(isOurs)) held.push(itemClaim(container))
    for (const field of ['preStop', 'readiness'] as const) {
      for (const leaf of owned[field].filter(({ owner }) => isOurs(owner)).flatMap(({ leaves }) => leaves)) {
        held.push({ field, container, leaf, value: liveValue(view, { field, container, leaf }) ?? '' })
      }
    }
  }
  return new Map(held.map((claim) => [claimKey(claim), claim]))
}

/** The managers other than us that own the same leaf. */
export function otherOwners(view: DeploymentView, { field, container, leaf }: Omit<Claim, 'value'>): FieldOwner[] {
  const owned = container === undefined ? undefined : view.ownership.containers[container]
  const owners =
    field === 'gracePeriod'
      ? view.ownership.gracePeriod
      : field === 'item'
        ? (owned?.item ?? [])
        : (owned?.[field] ?? []).filter(({ leaves }) => leaves.includes(leaf)).map(({ owner }) => owner)
  return owners.filter((owner) => !isOurs(owner))
}

/**
 * Would another value appear anywhere in the template if `wanted` replaced what we hold? What only we own and give back
 * counts as a change, also in the rare case that the API's default is the same value.
 */
export function changesTemplate(view: DeploymentView, wanted: Claims): boolean {
  const written = [...wanted.values()].some((claim) => liveValue(view, claim) !== claim.value)
  const givenBack = [...heldClaims(view)].some(
    ([key, claim]) => !wanted.has(key) && otherOwners(view, claim).length === 0,
  )
  return written || givenBack
}

export function sameKeys(one: Claims, other: Claims): boolean {
  return one.size === other.size && [...one.keys()].every((key) => other.has(key))
}

export function liveValue(
  view: DeploymentView,
  { field, container, leaf }: Omit<Claim, 'value'>,
): string | number | undefined {
  if (field === 'gracePeriod') return view.template.terminationGracePeriodSeconds
  const found = view.template.containers.find(({ name }) => name === container)
  if (field === 'item') return found?.name
  return found && (field === 'preStop' ? preStopLeaves(found.preStop) : readinessLeaves(found.readiness))[leaf]
}

type Leaves = Readonly<Record<string, string | number>>

function preStopLeaves(hook: Hook | undefined): Leaves {
  if (hook?.kind === 'Sleep') return { 'sleep.seconds': hook.seconds }
  return hook?.kind === 'HTTP' ? { 'httpGet.path': hook.path, 'httpGet.port': hook.port } : {}
}

function readinessLeaves(readiness: ReadinessView | undefined): Leaves {
  if (readiness === undefined) return {}
  const { kind, path, port, periodSeconds, timeoutSeconds, failureThreshold } = readiness
  return {
    ...(kind === 'HTTP' && path !== undefined && { 'httpGet.path': path }),
    ...(kind === 'HTTP' && port !== undefined && { 'httpGet.port': port }),
    periodSeconds,
    timeoutSeconds,
    failureThreshold,
  }
}

export function graceClaim(seconds: number): Claim {
  return { field: 'gracePeriod', leaf: '', value: seconds }
}

export function preStopClaims(container: string, hook: Hook): Claim[] {
  return Object.entries(preStopLeaves(hook)).map(([leaf, value]) => ({ field: 'preStop', container, leaf, value }))
}

export function readinessClaims(container: string, readiness: ReadinessView): Claim[] {
  const leaves = Object.entries(readinessLeaves(readiness))
  return leaves.map(([leaf, value]) => ({ field: 'readiness', container, leaf, value }))
}
