import { duplicate, type FieldError, forbidden, invalid, required } from '../../schema/field-error.ts'
import type { Fields } from '../../schema/json.ts'
import { forbidRunningOnly, named, oneOf, validateContainer } from './container.ts'
import { validateHandlers } from './handlers.ts'
import { validateAnnotations, validateLabels } from './metadata.ts'
import { between, subdomainName } from './names.ts'
import { validateScheduling } from './scheduling.ts'
import { fieldsOf, listOf } from './values.ts'

const maximumSeconds = 2 ** 31 - 1

export function validatePodTemplate(template: Fields, path: string): FieldError[] {
  const metadata = fieldsOf(template['metadata'])
  const spec = fieldsOf(template['spec'])
  return [
    ...validateLabels(metadata['labels'] as Record<string, string> | undefined, `${path}.labels`),
    ...validateAnnotations(metadata['annotations'] as Record<string, string> | undefined, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
    ...(spec['ephemeralContainers'] === undefined
      ? []
      : [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]),
  ]
}

export function validatePodSpec(spec: Fields, path: string): FieldError[] {
  const volumes = listOf(spec['volumes'])
  return [
    ...ofVolumes(volumes, `${path}.volumes`),
    ...ofContainers(spec, new Set(volumes.map(({ name }) => String(name))), path),
    ...oneOf(spec['restartPolicy'], ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...oneOf(spec['dnsPolicy'], ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], `${path}.dnsPolicy`),
    ...validateLabels(spec['nodeSelector'] as Record<string, string> | undefined, `${path}.nodeSelector`),
    ...['serviceAccountName', 'nodeName', 'priorityClassName'].flatMap((name) => {
      const value = spec[name]
      if (typeof value !== 'string' || value === '') return []
      return subdomainName(value).map((problem) => invalid(`${path}.${name}`, value, problem))
    }),
    ...validateScheduling(spec, path),
    ...ofDeadline(spec['activeDeadlineSeconds'], `${path}.activeDeadlineSeconds`),
    ...['hostname', 'subdomain'].flatMap((name) =>
      spec[name] === undefined ? [] : named(spec[name], `${path}.${name}`),
    ),
  ]
}

function ofDeadline(seconds: unknown, field: string): FieldError[] {
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= maximumSeconds)) return []
  return [invalid(field, seconds, between(1, maximumSeconds))]
}

function ofVolumes(volumes: readonly Fields[], path: string): FieldError[] {
  const names = new Set<unknown>()
  return volumes.flatMap(({ name, ...sources }, index) => {
    const again = names.has(name)
    names.add(name)
    const [, ...more] = Object.keys(sources)
    return [
      ...more.map((source) => forbidden(`${path}[${index}].${source}`, 'may not specify more than 1 volume type')),
      ...named(name, `${path}[${index}].name`),
      ...(again ? [duplicate(`${path}[${index}].name`, name)] : []),
    ]
  })
}

function ofContainers(spec: Fields, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const containers = listOf(spec['containers'])
  const grace = spec['terminationGracePeriodSeconds']
  const names = new Set<unknown>()
  const unique = (name: unknown, field: string): FieldError[] => {
    const again = names.has(name)
    if (name !== '') names.add(name)
    return again ? [duplicate(field, name)] : []
  }
  const ofMain =
    containers.length === 0
      ? [required(`${path}.containers`)]
      : containers.flatMap((container, index) => {
          const at = `${path}.containers[${index}]`
          return [
            ...validateContainer(container, volumes, at),
            ...unique(container['name'], `${at}.name`),
            ...validateHandlers(container, grace, at),
          ]
        })
  const ofInit = listOf(spec['initContainers']).flatMap((container, index) => {
    const at = `${path}.initContainers[${index}]`
    return [
      ...validateContainer(container, volumes, at),
      ...unique(container['name'], `${at}.name`),
      ...(container['restartPolicy'] === 'Always'
        ? validateHandlers(container, grace, at)
        : forbidRunningOnly(container, at)),
    ]
  })
  return [...ofMain, ...ofInit]
}
