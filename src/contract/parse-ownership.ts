import type { ContainerOwnership, FieldOwner, OwnedLeaves, Ownership, TemplateView } from './deployment-view.ts'
import { at, dnsLabel, list, parsedJson, record, text } from './untyped.ts'

const LAST_APPLIED_FIELD = 'f:kubectl.kubernetes.io/last-applied-configuration'

/** Reads `metadata.managedFields` (FieldsV1) down to the paths that a plan may write. */
export function parseOwnership(managedFields: unknown): Ownership {
  const ownership: Ownership = { gracePeriod: [], containers: {}, creators: [], lastAppliedWriters: [] }
  for (const entry of list(managedFields)) {
    const manager = text(at(entry, 'manager'))
    const operation = text(at(entry, 'operation'))
    if (manager === undefined || (operation !== 'Apply' && operation !== 'Update')) continue
    const owner: FieldOwner = { manager, operation, subresource: text(at(entry, 'subresource')) ?? '' }
    const fields = at(entry, 'fieldsV1')
    const podSpec = at(fields, 'f:spec', 'f:template', 'f:spec')
    if (at(podSpec, 'f:terminationGracePeriodSeconds') !== undefined) ownership.gracePeriod.push(owner)
    if (at(fields, 'f:spec', 'f:selector') !== undefined) ownership.creators.push(owner)
    if (at(fields, 'f:metadata', 'f:annotations', LAST_APPLIED_FIELD) !== undefined) {
      ownership.lastAppliedWriters.push(owner)
    }
    addContainers(ownership.containers, owner, at(podSpec, 'f:containers'))
  }
  return ownership
}

function addContainers(containers: Record<string, ContainerOwnership>, owner: FieldOwner, items: unknown): void {
  for (const [key, item] of Object.entries(record(items))) {
    const name = key.startsWith('k:') ? dnsLabel(at(parsedJson(key.slice(2)), 'name')) : undefined
    if (name === undefined) continue
    const owned = (containers[name] ??= { item: [], preStop: [], readiness: [] })
    if (at(item, '.') !== undefined || at(item, 'f:name') !== undefined) owned.item.push(owner)
    addLeaves(owned.preStop, owner, at(item, 'f:lifecycle', 'f:preStop'))
    addLeaves(owned.readiness, owner, at(item, 'f:readinessProbe'))
  }
}

function addLeaves(owners: OwnedLeaves[], owner: FieldOwner, field: unknown): void {
  const leaves = leavesBelow(field)
  if (leaves.length > 0) owners.push({ owner, leaves, whole: ownsHandler(field) })
}

/** `{"f:sleep": {".": {}, "f:seconds": {}}}`: the entry `.` is the handler itself. An apply owns no more than its leaves. */
function ownsHandler(field: unknown): boolean {
  return Object.values(record(field)).some((handler) => at(handler, '.') !== undefined)
}

/** `{"f:httpGet": {"f:path": {}, "f:port": {}}}` -> `['httpGet.path', 'httpGet.port']`. */
function leavesBelow(field: unknown): string[] {
  return Object.entries(record(field)).flatMap(([key, below]) => {
    if (!key.startsWith('f:')) return []
    const name = key.slice(2)
    const inner = leavesBelow(below)
    return inner.length === 0 ? [name] : inner.map((leaf) => `${name}.${leaf}`)
  })
}

/**
 * Without any entry the API server notes everything that is there as this manager's, as soon as anybody applies: the
 * first apply meets it as an owner.
 */
const BEFORE_FIRST_APPLY: FieldOwner = { manager: 'before-first-apply', operation: 'Update', subresource: '' }

/** What {@link parseOwnership} would read of a Deployment without managedFields, once somebody applies to it. */
export function unrecordedOwnership(template: TemplateView): Ownership {
  const owners = [BEFORE_FIRST_APPLY]
  const whole = [{ owner: BEFORE_FIRST_APPLY, leaves: ['*'], whole: true }]
  const containers = template.containers.map(({ name, preStop, readiness }) => [
    name,
    { item: owners, preStop: preStop ? whole : [], readiness: readiness ? whole : [] },
  ])
  return { gracePeriod: owners, creators: owners, lastAppliedWriters: [], containers: Object.fromEntries(containers) }
}
