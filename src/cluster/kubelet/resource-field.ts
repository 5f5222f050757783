import { availableParallelism, totalmem } from 'node:os'
import { quantityValue } from '../quantity.ts'
import type { Container } from './pod.ts'

/**
 * `limits.memory` or `requests.cpu` of a container in units of the divisor, rounded up, as an environment variable
 * tells it. What is not limited is all that the node has; what is not requested is nothing.
 */
export function quantityIn(resources: Container['resources'], resource: string, divisor: string): string {
  const [kind, name = ''] = resource.split('.')
  const stated = kind === 'limits' ? resources?.limits?.[name] : resources?.requests?.[name]
  const all: Readonly<Record<string, number>> = { cpu: availableParallelism(), memory: totalmem() }
  const amount = stated === undefined ? (kind === 'limits' ? (all[name] ?? 0) : 0) : quantityValue(stated)
  return String(Math.ceil(amount / (quantityValue(divisor) || 1)))
}
