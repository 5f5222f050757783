import { type FieldError, invalid, notSupported, required } from '../../schema/field-error.ts'
import type { Fields } from '../../schema/json.ts'
import { qualifiedName } from './names.ts'
import { listOf } from './values.ts'

/** Where a pod may run, and which ports it takes of the node. */
export function validateScheduling(spec: Fields, path: string): FieldError[] {
  return [
    ...listOf(spec['tolerations']).flatMap((toleration, index) =>
      ofToleration(toleration, `${path}.tolerations[${index}]`),
    ),
    ...listOf(spec['readinessGates']).flatMap(({ conditionType }, index) =>
      qualifiedName(String(conditionType)).map((problem) =>
        invalid(`${path}.readinessGates[${index}].conditionType`, conditionType, problem),
      ),
    ),
    ...listOf(spec['topologySpreadConstraints']).flatMap((constraint, index) =>
      ofSpread(constraint, `${path}.topologySpreadConstraints[${index}]`),
    ),
    ...ofHost(spec, path),
  ]
}

function ofToleration({ key, operator, effect, value, tolerationSeconds }: Fields, path: string): FieldError[] {
  const everything = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
  const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
  return [
    ...(key === undefined ? [] : qualifiedName(key as string).map((problem) => invalid(`${path}.key`, key, problem))),
    ...(key === undefined && operator !== 'Exists' ? [invalid(`${path}.operator`, operator ?? '', everything)] : []),
    ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [invalid(`${path}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")]
      : []),
    ...(operator === 'Exists' && value !== undefined
      ? [invalid(path, value, "value must be empty when `operator` is 'Exists'")]
      : []),
    ...([undefined, 'Equal', 'Exists'].includes(operator as string)
      ? []
      : [notSupported(`${path}.operator`, operator, ['Equal', 'Exists'])]),
    ...(effect === undefined || effects.includes(effect as string)
      ? []
      : [notSupported(`${path}.effect`, effect, effects)]),
  ]
}

function ofSpread({ maxSkew, topologyKey, whenUnsatisfiable }: Fields, path: string): FieldError[] {
  const choices = ['DoNotSchedule', 'ScheduleAnyway']
  return [
    ...(Number(maxSkew) > 0 ? [] : [invalid(`${path}.maxSkew`, maxSkew, 'must be greater than zero')]),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...(choices.includes(whenUnsatisfiable as string)
      ? []
      : [notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, choices)]),
  ]
}

function ofHost({ hostNetwork, hostPID, shareProcessNamespace, containers }: Fields, path: string): FieldError[] {
  const both = hostPID === true && shareProcessNamespace === true
  const ofPorts = listOf(hostNetwork === true ? containers : []).flatMap(({ ports }, at) =>
    listOf(ports).flatMap(({ containerPort, hostPort }, index) =>
      hostPort === containerPort
        ? []
        : [
            invalid(
              `${path}.containers[${at}].ports[${index}].hostPort`,
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ],
    ),
  )
  const detail = 'ShareProcessNamespace and HostPID cannot both be enabled'
  return [...ofPorts, ...(both ? [invalid(`${path}.securityContext.shareProcessNamespace`, true, detail)] : [])]
}
