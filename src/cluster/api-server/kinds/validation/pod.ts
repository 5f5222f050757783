import { type FieldError, forbidden, invalid, required } from '../../schema/field-error.ts'
import { cloneJson, type Fields, sameJson } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { validatePodSpec } from './pod-spec.ts'
import { listOf } from './values.ts'

export function validatePod({ spec = {} }: BuiltInObject): FieldError[] {
  return [...validatePodSpec(spec, 'spec'), ...['containers', 'initContainers'].flatMap((list) => ofBlanks(spec, list))]
}

/** Templates may have images with blanks around them; pods may not. */
function ofBlanks(spec: Fields, list: string): FieldError[] {
  return listOf(spec[list]).flatMap(({ image }, index) => {
    if (typeof image !== 'string' || image.trim() === image) return []
    return [invalid(`spec.${list}[${index}].image`, image, 'must not have leading or trailing whitespace')]
  })
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

/** A pod that is there may only get other images, a shorter life and more tolerations. */
export function validatePodChange({ spec: next = {} }: BuiltInObject, { spec: old = {} }: BuiltInObject): FieldError[] {
  const ofContainers = ['containers', 'initContainers'].flatMap((list) => ofImages(next, old, list))
  if (ofContainers.some(({ reason }) => reason === 'FieldValueForbidden')) return ofContainers
  const errors = [...ofContainers, ...ofDeadline(next, old), ...ofTolerations(next, old)]
  const munged: Fields = cloneJson(next)
  // What is not scheduled yet may still be sent elsewhere.
  const gated = listOf(old['schedulingGates']).length > 0 ? ['nodeSelector', 'affinity'] : []
  for (const name of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates', ...gated]) {
    if (old[name] === undefined) delete munged[name]
    else munged[name] = old[name]
  }
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of listOf(munged[list]).entries()) {
      container['image'] = listOf(old[list])[index]?.['image']
    }
  }
  if (sameJson(munged, old)) return errors
  const fields = changeable.join(',')
  return [
    ...errors,
    forbidden('spec', `pod updates may not change fields other than ${fields}\n${differences(old, munged)}`),
  ]
}

/** The API server prints a diff of its own types here; this one tells the same fields. */
function differences(old: Fields, next: Fields): string {
  return Object.keys({ ...old, ...next })
    .filter((name) => !sameJson(old[name], next[name]))
    .map((name) => `- ${name}: ${JSON.stringify(old[name])}\n+ ${name}: ${JSON.stringify(next[name])}`)
    .join('\n')
}

function ofImages(next: Fields, old: Fields, list: string): FieldError[] {
  const containers = listOf(next[list])
  if (containers.length !== listOf(old[list]).length) {
    return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')]
  }
  return containers.flatMap(({ image }, index) => {
    const field = `spec.${list}[${index}].image`
    return typeof image === 'string' && image !== '' ? [] : [required(field)]
  })
}

function ofDeadline(next: Fields, old: Fields): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const [seconds, before] = [next['activeDeadlineSeconds'], old['activeDeadlineSeconds']]
  if (seconds === undefined) {
    return before === undefined ? [] : [invalid(field, null, 'must not update from a positive integer to nil value')]
  }
  const longer = typeof before === 'number' && Number(seconds) > before
  return longer ? [invalid(field, seconds, 'must be less than or equal to previous value')] : []
}

function ofTolerations(next: Fields, old: Fields): FieldError[] {
  const kept = listOf(next['tolerations'])
  const lost = listOf(old['tolerations']).some((toleration) => !kept.some((other) => sameJson(other, toleration)))
  const detail = 'existing toleration can not be modified except its tolerationSeconds'
  return lost ? [forbidden('spec.tolerations', detail)] : []
}
