import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from '../../schema/field-error.ts'
import type { Fields } from '../../schema/json.ts'
import { quantityValue } from '../../../quantity.ts'
import { environmentName, labelName, portName, portNumber } from './names.ts'
import { fieldsOf, listOf } from './values.ts'

/** What holds for every container, whether it starts the pod or is the pod. */
export function validateContainer(container: Fields, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const { name, image, terminationMessagePolicy, imagePullPolicy } = container
  return [
    ...named(name, `${path}.name`),
    ...(image === undefined || image === '' ? [required(`${path}.image`)] : []),
    ...oneOf(terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${path}.terminationMessagePolicy`),
    ...ofPorts(listOf(container['ports']), `${path}.ports`),
    ...listOf(container['env']).flatMap((variable, index) => ofVariable(variable, `${path}.env[${index}]`)),
    ...ofMounts(listOf(container['volumeMounts']), volumes, `${path}.volumeMounts`),
    ...oneOf(imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.imagePullPolicy`),
    ...ofResources(fieldsOf(container['resources']), `${path}.resources`),
  ]
}

export function named(name: unknown, field: string): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required(field)]
  return labelName(name).map((problem) => invalid(field, name, problem))
}

export function oneOf(value: unknown, supported: readonly string[], field: string): FieldError[] {
  if (value === undefined) return [required(field)]
  return supported.includes(value as string) ? [] : [notSupported(field, value, supported)]
}

function ofPorts(ports: readonly Fields[], path: string): FieldError[] {
  const names = new Set<unknown>()
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const at = `${path}[${index}]`
    const problems =
      typeof name === 'string' ? portName(name).map((problem) => invalid(`${at}.name`, name, problem)) : []
    if (name !== undefined && problems.length === 0) {
      if (names.has(name)) problems.push(duplicate(`${at}.name`, name))
      names.add(name)
    }
    return [
      ...problems,
      ...(containerPort === 0 || containerPort === undefined
        ? [required(`${at}.containerPort`)]
        : portNumber(Number(containerPort)).map((problem) => invalid(`${at}.containerPort`, containerPort, problem))),
      ...(hostPort === undefined
        ? []
        : portNumber(Number(hostPort)).map((problem) => invalid(`${at}.hostPort`, hostPort, problem))),
      ...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`),
    ]
  })
}

function ofVariable({ name, value, valueFrom }: Fields, path: string): FieldError[] {
  const ofName =
    typeof name !== 'string' || name === ''
      ? [required(`${path}.name`)]
      : environmentName(name).map((problem) => invalid(`${path}.name`, name, problem))
  if (valueFrom === undefined) return ofName
  const sources = Object.keys(fieldsOf(valueFrom)).length
  const field = `${path}.valueFrom`
  if (sources === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    return [...ofName, invalid(field, '', detail)]
  }
  const unknown = ofFieldPath(fieldsOf(valueFrom), `${field}.fieldRef.fieldPath`)
  if (unknown.length > 0) return [...ofName, ...unknown]
  if (value !== undefined) return [...ofName, invalid(field, '', 'may not be specified when `value` is not empty')]
  return sources > 1 ? [...ofName, invalid(field, '', 'may not have more than one field specified at a time')] : ofName
}

/** What a container may be told of its own pod. */
const podFields =
  /^(metadata\.(name|namespace|uid|(labels|annotations)(\['[^']*'\])?)|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/

function ofFieldPath({ fieldRef }: Fields, field: string): FieldError[] {
  if (fieldRef === undefined) return []
  const path = fieldsOf(fieldRef)['fieldPath'] as string
  if (podFields.test(path)) return []
  return [invalid(field, path, `error converting fieldPath: field label not supported: ${path}`)]
}

function ofMounts(mounts: readonly Fields[], volumes: ReadonlySet<string>, path: string): FieldError[] {
  const paths = new Set<unknown>()
  return mounts.flatMap(({ name, mountPath }, index) => {
    const at = `${path}[${index}]`
    const again = paths.has(mountPath)
    paths.add(mountPath)
    return [
      ...(name === '' ? [required(`${at}.name`)] : []),
      ...(volumes.has(String(name)) ? [] : [notFound(`${at}.name`, name)]),
      ...(mountPath === '' ? [required(`${at}.mountPath`)] : []),
      ...(again ? [invalid(`${at}.mountPath`, mountPath, 'must be unique')] : []),
    ]
  })
}

function ofResources({ requests, limits }: Fields, path: string): FieldError[] {
  const limited = fieldsOf(limits)
  const negative = Object.entries({ limits, requests }).flatMap(([list, quantities]) =>
    Object.entries(fieldsOf(quantities))
      .filter(([, quantity]) => quantityValue(quantity) < 0)
      .map(([name, quantity]) => invalid(`${path}.${list}[${name}]`, quantity, 'must be greater than or equal to 0')),
  )
  const excessive = Object.entries(fieldsOf(requests)).flatMap(([name, request]) => {
    const limit = limited[name]
    if (limit === undefined || quantityValue(request) <= quantityValue(limit)) return []
    return [invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit as string}`)]
  })
  return [...negative, ...excessive]
}

/** Hooks and probes that only containers which go on running may have. */
export function forbidRunningOnly(container: Fields, path: string): FieldError[] {
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((name) => container[name] !== undefined)
    .map((name) => forbidden(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always'))
}
