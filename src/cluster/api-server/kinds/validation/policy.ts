import { type FieldError, forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { type Fields, sameJson } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { immutable } from './metadata.ts'
import { configMapKey } from './names.ts'
import { atMostAll, fieldsOf, intOrPercent, labelSelector, listOf } from './values.ts'

export function validatePodDisruptionBudget({ spec = {} }: BuiltInObject): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec
  const both = minAvailable !== undefined && maxUnavailable !== undefined
  return [
    ...(both ? [invalid('spec', internal(spec), 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...['minAvailable', 'maxUnavailable'].flatMap((name) => [
      ...intOrPercent(spec[name], `spec.${name}`),
      ...atMostAll(spec[name], `spec.${name}`),
    ]),
    ...labelSelector(spec['selector'], 'spec.selector'),
    ...(policy === undefined || policies.includes(policy as string)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)]),
  ]
}

const policies = ['AlwaysAllow', 'IfHealthyBudget']

/** A budget as the API server shows it in a message: in the names of its own code. */
function internal({ minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy }: Fields): Fields {
  return {
    MinAvailable: minAvailable,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
  }
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
  const binary = fieldsOf(object.binaryData)
  return (['data', 'binaryData'] as const).flatMap((list) =>
    Object.keys(fieldsOf(object[list])).flatMap((key) => [
      ...configMapKey(key).map((problem) => invalid(`${list}[${key}]`, key, problem)),
      ...(list === 'data' && Object.hasOwn(binary, key)
        ? [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')]
        : []),
    ]),
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

interface RoleObject extends BuiltInObject {
  rules?: unknown
}

export function validateRole({ rules }: RoleObject): FieldError[] {
  return listOf(rules).flatMap(({ verbs, resources, apiGroups, nonResourceURLs }, index) => {
    const at = `rules[${index}]`
    const isEmpty = (list: unknown): boolean => !Array.isArray(list) || list.length === 0
    if (isEmpty(verbs)) return [required(`${at}.verbs`, 'verbs must contain at least one value')]
    if (!isEmpty(nonResourceURLs)) return []
    if (isEmpty(apiGroups)) return [required(`${at}.apiGroups`, 'resource rules must supply at least one api group')]
    return isEmpty(resources) ? [required(`${at}.resources`, 'resource rules must supply at least one resource')] : []
  })
}

interface BindingObject extends BuiltInObject {
  roleRef?: unknown
}

/** What a binding grants cannot change: it is made anew. */
export function validateRoleRefStays(next: BindingObject, old: BindingObject): FieldError[] {
  if (sameJson(next.roleRef, old.roleRef)) return []
  return [invalid('roleRef', next.roleRef, 'cannot change roleRef')]
}
