import { type FieldError, forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import { type Fields, isFields } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { immutable } from './metadata.ts'
import { validatePodTemplate } from './pod-spec.ts'
import { atMostAll, fieldsOf, intOrPercent, labelSelector, nonNegative, selects } from './values.ts'

export function validateDeployment({ spec = {} }: BuiltInObject): FieldError[] {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
  const tooShort = typeof deadline === 'number' && deadline <= Number(minReadySeconds)
  return [
    ...nonNegative(spec, 'spec', 'replicas'),
    ...ofSelectorAndTemplate(spec),
    ...ofStrategy(fieldsOf(spec['strategy']), 'spec.strategy'),
    ...nonNegative(spec, 'spec', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
    ...(tooShort ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : []),
  ]
}

export function validateReplicaSet({ spec = {} }: BuiltInObject): FieldError[] {
  return [...nonNegative(spec, 'spec', 'replicas', 'minReadySeconds'), ...ofSelectorAndTemplate(spec)]
}

export function validateSelectorStays({ spec: next }: BuiltInObject, { spec: old }: BuiltInObject): FieldError[] {
  return immutable(next?.['selector'], old?.['selector'], 'spec.selector')
}

/** The status that a controller writes has to make sense. */
export function validateReplicaStatus({ kind, status = {} }: BuiltInObject): FieldError[] {
  const matching = kind === 'ReplicaSet' ? 'fullyLabeledReplicas' : 'updatedReplicas'
  const counts = ['replicas', matching, 'readyReplicas', 'availableReplicas', 'unavailableReplicas']
  const count = (name: string): number => Number(status[name] ?? 0)
  const above = (name: string, other: string, detail: string): FieldError[] =>
    count(name) > count(other) ? [invalid(`status.${name}`, count(name), detail)] : []
  return [
    ...nonNegative(status, 'status', 'observedGeneration', ...counts, 'terminatingReplicas'),
    ...[matching, 'readyReplicas', 'availableReplicas'].flatMap((name) =>
      above(name, 'replicas', 'cannot be greater than status.replicas'),
    ),
    ...above('availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'),
  ]
}

function ofSelectorAndTemplate(spec: Fields): FieldError[] {
  const { selector } = spec
  const template = fieldsOf(spec['template'])
  return [...ofSelector(selector, template), ...validatePodTemplate(template, 'spec.template'), ...ofPolicy(template)]
}

/** Without a selector nothing is selected; an empty one would select everything. */
function ofSelector(selector: unknown, template: Fields): FieldError[] {
  const { labels } = fieldsOf(template['metadata'])
  const missed = invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  if (!isFields(selector)) return [required('spec.selector'), missed]
  const problems = labelSelector(selector, 'spec.selector')
  if (problems.some(({ field }) => /\.(operator|values)$/.test(field))) {
    return [...problems, invalid('spec.selector', selector, 'invalid label selector')]
  }
  if (Object.keys(selector).length === 0) {
    return [...problems, invalid('spec.selector', selector, 'empty selector is invalid for deployment')]
  }
  return selects(selector, fieldsOf(labels)) ? problems : [...problems, missed]
}

/** What pods that are always replaced cannot have. */
function ofPolicy(template: Fields): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = fieldsOf(template['spec'])
  return [
    ...(restartPolicy === 'Always'
      ? []
      : [notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [
          forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'),
        ]),
  ]
}

function ofStrategy(strategy: Fields, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'"
    return rollingUpdate === undefined ? [] : [forbidden(`${path}.rollingUpdate`, detail)]
  }
  if (type !== 'RollingUpdate') {
    const shown = { Type: type, RollingUpdate: rollingUpdate ?? null }
    return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])]
  }
  const { maxUnavailable, maxSurge } = fieldsOf(rollingUpdate)
  const below = `${path}.rollingUpdate`
  const stuck = Number.parseInt(String(maxUnavailable), 10) === 0 && Number.parseInt(String(maxSurge), 10) === 0
  return [
    ...intOrPercent(maxUnavailable, `${below}.maxUnavailable`),
    ...intOrPercent(maxSurge, `${below}.maxSurge`),
    ...(stuck ? [invalid(`${below}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')] : []),
    ...atMostAll(maxUnavailable, `${below}.maxUnavailable`),
  ]
}
