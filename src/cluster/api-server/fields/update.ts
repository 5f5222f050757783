import type { KubeObject, ManagedFieldsEntry } from '../../../kube/index.ts'
import { apiVersionOf } from '../../../kube/index.ts'
import { capUpdateOwners } from './cap.ts'
import { type Comparison, compare } from './compare.ts'
import { identityFields } from './identity-fields.ts'
import { decodeOwners, encodeOwners, type Owner, ownerKey, type Owners } from './managers.ts'
import type { FieldSet } from './field-set.ts'
import type { Writer } from './writer.ts'

/**
 * After any write that is not an apply: sets `next.metadata.managedFields`. `live` is undefined for a creation.
 * What a client itself wrote there is honoured as the API server does it: valid entries replace those that were there,
 * an empty list ends all tracking.
 */
export function recordUpdate(live: KubeObject | undefined, next: KubeObject, writer: Writer): void {
  const owners = ownersBefore(live, next, writer)
  delete next.metadata.managedFields
  // Whoever gave tracking up does not get it back by an update.
  if (owners.size === 0 && live !== undefined) return
  const entries = encodeOwners(capUpdateOwners(updated(withoutOwners(live, writer), next, owners, writer)))
  if (entries !== undefined) next.metadata.managedFields = entries
}

/** Everybody who owns something after `writer` has turned `before` into `after`. */
export function updated(before: object, after: object, owners: Owners, writer: Writer): Owners {
  const { kind, manager, subresource } = writer
  const changes = compareOwnable(before, after, writer)
  const left = withoutChanged(owners, changes)
  const taken = changes.added.union(changes.modified).difference(identityFields)
  if (taken.isEmpty) return left
  const owner: Omit<Owner, 'set'> = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion: apiVersionOf(kind.resource),
    subresource,
    time: timeOf(writer),
  }
  const known = left.get(ownerKey(owner))
  left.set(ownerKey(owner), { ...owner, set: known === undefined ? taken : taken.union(known.set) })
  return left
}

/** What goes through the scale is written down without a time. */
export function timeOf({ subresource, now }: Writer): string | undefined {
  return subresource === 'scale' ? undefined : now
}

/** How two states of an object differ, as far as this way of writing can own it. */
export function compareOwnable(before: object, after: object, { kind, subresource }: Writer): Comparison {
  const { added, modified, removed } = compare(before, after, kind.schema)
  const reset = kind.resetFields(subresource)
  const ownable = (set: FieldSet): FieldSet => set.without(reset)
  return { added: ownable(added), modified: ownable(modified), removed: ownable(removed) }
}

/** Nobody else owns any more what somebody changed or removed. */
export function withoutChanged(owners: Owners, { added, modified, removed }: Comparison, except?: string): Owners {
  const gone = added.union(modified).union(removed)
  if (gone.isEmpty) return new Map(owners)
  const left: Owners = new Map()
  for (const [key, owner] of owners) {
    const set = key === except ? owner.set : owner.set.difference(gone)
    if (!set.isEmpty) left.set(key, set === owner.set ? owner : { ...owner, set })
  }
  return left
}

/** The object as ownership sees it: managedFields themselves belong to nobody. */
export function withoutOwners(object: KubeObject | undefined, { kind }: Writer): object {
  if (object === undefined) return kind.empty
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function ownersBefore(live: KubeObject | undefined, next: KubeObject, { subresource }: Writer): Owners {
  const before = decodeOwners(live?.metadata.managedFields) ?? new Map()
  if (subresource !== undefined) return before
  const stated = next.metadata.managedFields
  if (stated !== undefined && isReset(stated)) return new Map()
  const wanted = decodeOwners(stated)
  return wanted === undefined || wanted.size === 0 ? before : wanted
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  const [first] = entries
  return first === undefined || (entries.length === 1 && Object.keys(first).length === 0)
}
