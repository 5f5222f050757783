import type { Container, EnvFrom, EnvVar, KeyRef, Pod } from './pod.ts'
import { quantityIn } from './resource-field.ts'

/** What a container's environment is made from. */
export interface EnvironmentSources {
  readonly pod: Pod
  readonly podIp: string
  readonly hostIp: string
  /** The Services of the pod's namespace, as `REDIS_SERVICE_HOST` and the like. */
  readonly services: Readonly<Record<string, string>>
  /** The data of one; undefined when there is none. */
  readonly configMap: (name: string) => Promise<Readonly<Record<string, string>> | undefined>
  readonly secret: (name: string) => Promise<Readonly<Record<string, string>> | undefined>
}

/** A container that cannot be described completely: it waits with reason CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError'
}

/** @throws ContainerConfigError when something that it refers to is not there. */
export async function environmentOf(
  container: Container,
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  const environment: Record<string, string> =
    sources.pod.spec.enableServiceLinks === false ? {} : { ...sources.services }
  for (const from of container.envFrom ?? []) Object.assign(environment, await bulk(from, sources))
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, container, sources, environment)
    if (value !== undefined) environment[variable.name] = value
  }
  return environment
}

/** `$(NAME)` becomes the variable's value where there is one; `$$` is a dollar. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^()]+)\)/g, (found, name?: string) =>
    name === undefined ? '$' : (environment[name] ?? found),
  )
}

async function bulk(from: EnvFrom, sources: EnvironmentSources): Promise<Record<string, string>> {
  const { prefix = '', configMapRef, secretRef } = from
  const ref = configMapRef ?? secretRef
  if (ref === undefined) return {}
  const data = configMapRef === undefined ? await sources.secret(ref.name) : await sources.configMap(ref.name)
  if (data === undefined && ref.optional !== true) {
    throw new ContainerConfigError(`${configMapRef === undefined ? 'secret' : 'configmap'} "${ref.name}" not found`)
  }
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [`${prefix}${key}`, value]))
}

async function valueOf(
  { name, value, valueFrom }: EnvVar,
  container: Container,
  sources: EnvironmentSources,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value ?? '', environment)
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return field(fieldRef.fieldPath, sources)
  if (configMapKeyRef !== undefined) return keyed('ConfigMap', configMapKeyRef, sources)
  if (secretKeyRef !== undefined) return keyed('Secret', secretKeyRef, sources)
  if (resourceFieldRef !== undefined) {
    const { containerName, resource, divisor = '1' } = resourceFieldRef
    const { containers, initContainers = [] } = sources.pod.spec
    const named = [...containers, ...initContainers].find((candidate) => candidate.name === containerName)
    return quantityIn((named ?? container).resources, resource, divisor)
  }
  throw new ContainerConfigError(`environment variable ${name} has no source`)
}

async function keyed(
  kind: 'ConfigMap' | 'Secret',
  { name, key, optional }: KeyRef,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const data = kind === 'ConfigMap' ? await sources.configMap(name) : await sources.secret(name)
  const value = data?.[key]
  if (value !== undefined || optional === true) return value
  throw new ContainerConfigError(
    data === undefined
      ? `${kind.toLowerCase()} "${name}" not found`
      : `couldn't find key ${key} in ${kind} ${sources.pod.metadata.namespace ?? ''}/${name}`,
  )
}

function field(path: string, { pod, podIp, hostIp }: EnvironmentSources): string {
  const { metadata, spec } = pod
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? []
  if (map === 'labels') return metadata.labels?.[key] ?? ''
  if (map === 'annotations') return metadata.annotations?.[key] ?? ''
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName ?? 'default',
    'status.podIP': podIp,
    'status.podIPs': podIp,
    'status.hostIP': hostIp,
    'status.hostIPs': hostIp,
  }
  if (!(path in fields)) throw new ContainerConfigError(`unsupported fieldPath: ${path}`)
  return fields[path] ?? ''
}
