import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { cloneJson, sameJson } from '../schema/json.ts'
import type { Schema } from '../schema/schema.ts'
import { ApplyConflict, ApplyRefused } from './apply-error.ts'
import { refuseMalformed } from './applied-config.ts'
import { conflictsOf } from './conflicts.ts'
import { FieldSet } from './field-set.ts'
import { fieldSetOf, withNamedParents } from './field-set-of.ts'
import { identityFields } from './identity-fields.ts'
import { allowedByLastApplied, syncLastApplied } from './last-applied.ts'
import { decodeOwners, encodeOwners, type Owner, ownerKey, type Owners } from './managers.ts'
import { mergeApplied } from './merge.ts'
import { removeFields } from './remove.ts'
import { compareOwnable, timeOf, updated, withoutChanged, withoutOwners } from './update.ts'
import type { Writer } from './writer.ts'

export interface ApplyWriter extends Writer {
  /** Take what others own and would be changed. */
  readonly force: boolean
}

/** Who owns what was there before anybody was written down. */
const beforeFirstApply = 'before-first-apply'

/**
 * A server-side apply: what the object becomes, with its defaults and its new `managedFields`. Neither argument is
 * changed. `live` is undefined where the apply creates.
 * @throws ApplyConflict, ApplyRefused
 */
export function applyFields(live: KubeObject | undefined, applied: KubeObject, writer: ApplyWriter): KubeObject {
  const { kind, manager } = writer
  refuseMalformed(applied, kind)
  const known = decodeOwners(live?.metadata.managedFields)
  if (known === undefined) throw new ApplyRefused(500, 'failed to decode managed fields')
  const before = withoutOwners(live, writer)
  const owners = known.size > 0 ? known : updated(kind.empty, before, known, { ...writer, manager: beforeFirstApply })
  const attempt = (force: boolean): Applied => merge(before, applied, owners, { ...writer, force })
  let result: Applied
  try {
    result = attempt(writer.force)
  } catch (error) {
    const theirs = error instanceof ApplyConflict && manager === 'kubectl' && allowedByLastApplied(live, kind)
    if (!theirs) throw error
    const left = error.conflicts.filter(({ path }) => !theirs.has(path))
    if (left.length > 0) throw new ApplyConflict(left)
    result = attempt(true)
  }
  return completed(live, before, applied, result, writer)
}

interface Applied {
  readonly object: object
  readonly owners: Owners
}

function merge(before: object, applied: object, known: Owners, writer: ApplyWriter): Applied {
  const { kind, manager, subresource, force } = writer
  const owner: Omit<Owner, 'set'> = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(kind.resource),
    subresource,
  }
  const key = ownerKey(owner)
  const last = known.get(key)
  const set = fieldSetOf(applied, kind.schema).without(kind.resetFields(subresource))
  const owners = new Map(known).set(key, { ...owner, time: last?.time, set })
  const merged = mergeApplied(before, applied, kind.schema) as object
  const released = last !== undefined && !last.set.difference(set).isEmpty
  const object = released ? withoutReleased(merged, last.set, owners, kind.schema) : merged
  const changes = compareOwnable(before, object, writer)
  if (!force) {
    const conflicts = conflictsOf(owners, changes, key)
    if (conflicts.length > 0) throw new ApplyConflict(conflicts)
  }
  const left = withoutChanged(owners, changes, key)
  left.set(key, { ...owner, time: last?.time, set: set.difference(identityFields) })
  return { object, owners: left }
}

/** What the last apply stated and this one does not goes, unless somebody else owns it. */
function withoutReleased(merged: object, last: FieldSet, owners: Owners, schema: Schema): object {
  const branches = (set: FieldSet): FieldSet => withNamedParents(set, schema)
  const all = branches(fieldSetOf(merged, schema))
  const released = branches(last)
  const without = removeFields(merged, released, schema)
  const owned = [...owners.values()].reduce((sum, { set }) => sum.union(set), FieldSet.empty)
  const unowned = all.difference(branches(fieldSetOf(without, schema)).union(branches(owned)))
  const pruned = removeFields(merged, unowned, schema)
  // What was only removed because what it lies in was removed, without ever having been stated, stays.
  const gone = all.difference(branches(fieldSetOf(pruned, schema))).intersection(released)
  return removeFields(merged, gone, schema)
}

/** The whole object: as its kind keeps it, with its defaults, and with who owns it. */
function completed(
  live: KubeObject | undefined,
  before: object,
  applied: KubeObject,
  { object, owners }: Applied,
  writer: ApplyWriter,
): KubeObject {
  const { kind, manager, subresource } = writer
  const key = ownerKey({
    manager,
    operation: 'Apply',
    apiVersion: '',
    ...(subresource === undefined ? {} : { subresource }),
  })
  const changed = live === undefined || !sameJson(before, object)
  const result = cloneJson(object) as KubeObject
  if (manager === 'kubectl') syncLastApplied(result, applied)
  kind.decode(result)
  kind.applyDefaults(result)
  const owner = owners.get(key)
  const entriesAsBefore = (): boolean => sameJson(encodeOwners(owners), live?.metadata.managedFields)
  // An apply whose changes the defaults undo is no change, and keeps its time.
  const undone = changed && sameJson(before, result) && entriesAsBefore()
  if (owner !== undefined && changed && !undone) owners.set(key, { ...owner, time: timeOf(writer) })
  const entries = encodeOwners(owners)
  if (entries !== undefined) result.metadata.managedFields = entries
  return result
}
