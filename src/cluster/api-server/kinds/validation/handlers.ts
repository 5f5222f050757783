import { type FieldError, forbidden, invalid, notSupported, required } from '../../schema/field-error.ts'
import type { Fields } from '../../schema/json.ts'
import { portName, portNumber } from './names.ts'
import { fieldsOf, nonNegative } from './values.ts'

/** The hooks and probes of a container that goes on running. */
export function validateHandlers(container: Fields, graceSeconds: unknown, path: string): FieldError[] {
  const lifecycle = fieldsOf(container['lifecycle'])
  return [
    ...['postStart', 'preStop']
      .filter((name) => lifecycle[name] !== undefined)
      .flatMap((name) => ofHandler(fieldsOf(lifecycle[name]), graceSeconds, `${path}.lifecycle.${name}`)),
    ...['livenessProbe', 'readinessProbe', 'startupProbe']
      .filter((name) => container[name] !== undefined)
      .flatMap((name) => ofProbe(name, fieldsOf(container[name]), graceSeconds, `${path}.${name}`)),
  ]
}

/** In the order in which the API server looks: the first one that is there is the one that may be. */
const types = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

function ofHandler(handler: Fields, graceSeconds: unknown, path: string): FieldError[] {
  const stated = types.filter((type) => handler[type] !== undefined)
  const [first, ...more] = stated
  if (first === undefined) return [required(path, 'must specify a handler type')]
  return [
    ...ofAction(first, fieldsOf(handler[first]), graceSeconds, `${path}.${first}`),
    ...more.map((type) => forbidden(`${path}.${type}`, 'may not specify more than 1 handler type')),
  ]
}

function ofAction(type: (typeof types)[number], action: Fields, graceSeconds: unknown, path: string): FieldError[] {
  switch (type) {
    case 'exec':
      return Array.isArray(action['command']) ? [] : [required(`${path}.command`)]
    case 'httpGet':
      return [
        ...ofPort(action['port'], `${path}.port`),
        ...(['HTTP', 'HTTPS'].includes(action['scheme'] as string)
          ? []
          : [notSupported(`${path}.scheme`, action['scheme'], ['HTTP', 'HTTPS'])]),
      ]
    case 'tcpSocket':
    case 'grpc':
      return ofPort(action['port'], `${path}.port`)
    case 'sleep': {
      const seconds = Number(action['seconds'] ?? 0)
      if (typeof graceSeconds !== 'number' || (seconds >= 0 && seconds <= graceSeconds)) return []
      const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`
      return [invalid(path, seconds, detail)]
    }
  }
  return type satisfies never
}

export function ofPort(port: unknown, field: string): FieldError[] {
  const problems = typeof port === 'string' ? portName(port) : portNumber(Number(port ?? 0))
  return problems.map((problem) => invalid(field, port ?? 0, problem))
}

function ofProbe(name: string, probe: Fields, graceSeconds: unknown, path: string): FieldError[] {
  const { terminationGracePeriodSeconds: grace, successThreshold } = probe
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']
  return [
    ...ofHandler(probe, graceSeconds, path),
    ...nonNegative(probe, path, ...counts),
    ...(typeof grace === 'number' && grace <= 0
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')]
      : []),
    ...(name !== 'readinessProbe' && successThreshold !== 1
      ? [invalid(`${path}.successThreshold`, successThreshold, 'must be 1')]
      : []),
    ...(name === 'readinessProbe' && grace !== undefined
      ? [invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes')]
      : []),
  ]
}
