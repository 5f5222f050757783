import { isIP } from 'node:net'
import { duplicate, type FieldError, invalid, notSupported, required } from '../../schema/field-error.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { named, oneOf } from './container.ts'
import { ofPort } from './handlers.ts'
import { validateLabels } from './metadata.ts'
import { portNumber } from './names.ts'
import { listOf } from './values.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

export function validateService({ spec = {} }: BuiltInObject): FieldError[] {
  const { type, clusterIP, sessionAffinity } = spec
  const ports = listOf(spec['ports'])
  const needsPorts = clusterIP !== 'None' && type !== 'ExternalName'
  const names = new Set<unknown>()
  const taken = new Set<string>()
  return [
    ...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []),
    ...ports.flatMap(({ name, port, protocol, targetPort }, index) => {
      const at = `spec.ports[${index}]`
      const again = name !== undefined && names.has(name)
      names.add(name)
      return [
        ...(ports.length > 1 || name !== undefined ? named(name, `${at}.name`) : []),
        ...(again ? [duplicate(`${at}.name`, name)] : []),
        ...portNumber(Number(port)).map((problem) => invalid(`${at}.port`, port, problem)),
        ...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`),
        ...ofPort(targetPort, `${at}.targetPort`),
        ...ofRepeated(protocol as string, port as number, `spec.ports[${index}]`, taken),
      ]
    }),
    ...ofAddress(clusterIP),
    ...validateLabels(spec['selector'] as Record<string, string> | undefined, 'spec.selector'),
    ...oneOf(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity'),
    ...(types.includes(type as string) ? [] : [notSupported('spec.type', type, types)]),
    ...(type === 'ExternalName' && spec['externalName'] === undefined ? [required('spec.externalName')] : []),
  ]
}

function ofAddress(address: unknown): FieldError[] {
  if (typeof address !== 'string' || address === 'None' || isIP(address) !== 0) return []
  const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
  return [invalid('spec.clusterIPs[0]', address, detail)]
}

/** A port that another one has too, in the names of the API server's own code. */
function ofRepeated(protocol: string, port: number, field: string, taken: Set<string>): FieldError[] {
  const key = `${protocol}/${port}`
  const again = taken.has(key)
  taken.add(key)
  const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
  return again ? [duplicate(field, shown)] : []
}

/** The address that a Service was given stays, as long as it is of a type that has one. */
export function validateServiceChange(
  { spec: next = {} }: BuiltInObject,
  { spec: old = {} }: BuiltInObject,
): FieldError[] {
  if (next['type'] === 'ExternalName' || old['type'] === 'ExternalName') return []
  const [address, before] = [next['clusterIP'], old['clusterIP']]
  if (before === undefined || address === before) return []
  return [invalid('spec.clusterIPs[0]', next['clusterIPs'] ?? [address], 'may not change once set')]
}
