import { availableParallelism, totalmem } from 'node:os'
import type { Container } from './pod.ts'

const factors: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** A quantity of Kubernetes, such as `100m` or `128Mi`, as a number. @throws Error for what is none. */
export function parseQuantity(text: string): number {
  const [, number, unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text) ?? []
  const factor = factors[unit]
  if (number === undefined || factor === undefined || !Number.isFinite(Number(number))) {
    throw new Error(`"${text}" is not a quantity`)
  }
  return Number(number) * factor
}

/**
 * `limits.memory` or `requests.cpu` of a container in units of the divisor, rounded up, as an environment variable
 * tells it. What is not limited is all that the node has; what is not requested is nothing.
 */
export function quantityIn(resources: Container['resources'], resource: string, divisor: string): string {
  const [kind, name = ''] = resource.split('.')
  const stated = kind === 'limits' ? resources?.limits?.[name] : resources?.requests?.[name]
  const all: Readonly<Record<string, number>> = { cpu: availableParallelism(), memory: totalmem() }
  const amount = stated === undefined ? (kind === 'limits' ? (all[name] ?? 0) : 0) : parseQuantity(stated)
  return String(Math.ceil(amount / (parseQuantity(divisor) || 1)))
}
