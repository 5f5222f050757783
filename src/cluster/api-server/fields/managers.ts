import type { ManagedFieldsEntry } from '../../../kube/index.ts'
import { FieldSet, type FieldsV1 } from './field-set.ts'

/** One entry of `managedFields`, decoded. */
export interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource?: string | undefined
  readonly time?: string | undefined
  readonly set: FieldSet
}

/** Everybody who owns something, each under what identifies them. */
export type Owners = Map<string, Owner>

/** Those who apply are the same manager in every version; those who update are another one in each. */
export function ownerKey(owner: Omit<Owner, 'set' | 'time'>): string {
  const { manager, operation, apiVersion, subresource = '' } = owner
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource])
}

/** Undefined when one of the entries cannot be read. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owners | undefined {
  const owners: Owners = new Map()
  for (const entry of entries ?? []) {
    const { manager = '', operation, apiVersion = '', subresource, time, fieldsType, fieldsV1 = {} } = entry
    if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '') return undefined
    if (fieldsType !== 'FieldsV1') return undefined
    const owner = { manager, operation, apiVersion, subresource, time, set: decodeSet(fieldsV1 as FieldsV1) }
    owners.set(ownerKey(owner), owner)
  }
  return owners
}

/** In the order that the API server keeps: those who apply first, then by time and name. Undefined when nobody is left. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] | undefined {
  const left = [...owners.values()].filter(({ set }) => !set.isEmpty)
  return left.length === 0 ? undefined : left.sort(inOrder).map(encodeOwner)
}

function encodeOwner({ manager, operation, apiVersion, subresource, time, set }: Owner): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeSet(set),
    ...(subresource === undefined || subresource === '' ? {} : { subresource }),
  }
}

function inOrder(a: Owner, b: Owner): number {
  return (
    byText(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    byText(a.manager, b.manager) ||
    byText(a.apiVersion, b.apiVersion) ||
    byText(a.subresource ?? '', b.subresource ?? '')
  )
}

export function secondsOf({ time }: Owner): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Sets are immutable, and most entries stay as they are from one write to the next. */
const decoded = new WeakMap<object, FieldSet>()
const encoded = new WeakMap<FieldSet, FieldsV1>()

function decodeSet(fields: FieldsV1): FieldSet {
  const known = decoded.get(fields)
  if (known !== undefined) return known
  const set = FieldSet.fromJson(fields)
  decoded.set(fields, set)
  encoded.set(set, fields)
  return set
}

/** The same JSON for the same set, shared by all objects that carry it: nobody writes to it. */
function encodeSet(set: FieldSet): FieldsV1 {
  const known = encoded.get(set)
  if (known !== undefined) return known
  const fields = set.toJson()
  encoded.set(set, fields)
  decoded.set(fields, set)
  return fields
}
