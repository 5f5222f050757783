import { type FieldError, forbidden, invalid, required } from '../../schema/field-error.ts'
import { sameJson } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { immutable } from './metadata.ts'
import { configMapKey } from './names.ts'
import { atMostAll, fieldsOf, intOrPercent, labelSelector, listOf } from './values.ts'

export function validatePodDisruptionBudget({ spec = {} }: BuiltInObject): FieldError[] {
  const { minAvailable, maxUnavailable } = spec
  const both = minAvailable !== undefined && maxUnavailable !== undefined
  return [
    ...(both ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...['minAvailable', 'maxUnavailable'].flatMap((name) => [
      ...intOrPercent(spec[name], `spec.${name}`),
      ...atMostAll(spec[name], `spec.${name}`),
    ]),
    ...labelSelector(spec['selector'], 'spec.selector'),
  ]
}

export function validateLease({ spec = {} }: BuiltInObject): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec
  return [
    ...(typeof seconds === 'number' && seconds <= 0
      ? [invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...(typeof transitions === 'number' && transitions < 0
      ? [invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
      : []),
  ]
}

interface DataObject extends BuiltInObject {
  data?: unknown
  binaryData?: unknown
  immutable?: boolean
  type?: string
}

export function validateData(object: DataObject): FieldError[] {
  return (['data', 'binaryData'] as const).flatMap((list) =>
    Object.keys(fieldsOf(object[list])).flatMap((key) =>
      configMapKey(key).map((problem) => invalid(`${list}[${key}]`, key, problem)),
    ),
  )
}

export function validateDataChange(next: DataObject, old: DataObject): FieldError[] {
  const ofType = immutable(next.type, old.type, 'type')
  if (old.immutable !== true) return ofType
  return [
    ...ofType,
    ...(next.immutable === true ? [] : [forbidden('immutable', 'field is immutable when `immutable` is set')]),
    ...(['data', 'binaryData'] as const)
      .filter((list) => !sameJson(next[list], old[list]))
      .map((list) => forbidden(list, 'field is immutable when `immutable` is set')),
  ]
}

interface SliceObject extends BuiltInObject {
  addressType?: unknown
  endpoints?: unknown
}

export function validateEndpointSlice(slice: SliceObject): FieldError[] {
  const { addressType } = slice
  return [
    ...(addressType === undefined || addressType === '' ? [required('addressType')] : []),
    ...listOf(slice.endpoints).flatMap(({ addresses }, index) =>
      Array.isArray(addresses) && addresses.length > 0
        ? []
        : [required(`endpoints[${index}].addresses`, 'must contain at least 1 address')],
    ),
  ]
}

export function validateEndpointSliceChange(next: SliceObject, old: SliceObject): FieldError[] {
  return immutable(next.addressType, old.addressType, 'addressType')
}

interface BindingObject extends BuiltInObject {
  roleRef?: unknown
}

/** What a binding grants cannot change: it is made anew. */
export function validateRoleRefStays(next: BindingObject, old: BindingObject): FieldError[] {
  if (sameJson(next.roleRef, old.roleRef)) return []
  return [invalid('roleRef', next.roleRef, 'cannot change roleRef')]
}
