import { type Fields, isFields } from '../../schema/json.ts'
import type { BuiltInObject } from '../built-in-kind.ts'
import { quantityValue } from '../../../quantity.ts'

/** A new pod: its status, and what most admission plugins add to its spec. */
export function preparePod(pod: BuiltInObject): void {
  const spec = (pod.spec ??= {})
  spec['priority'] ??= 0
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority'
  spec['tolerations'] = tolerated((spec['tolerations'] as Fields[] | undefined) ?? [])
  pod.status = { phase: 'Pending', qosClass: qualityOfService(spec) }
}

/** Tolerations that an update took away come back. */
export function preparePodChange({ spec }: BuiltInObject): void {
  if (spec !== undefined) spec['tolerations'] = tolerated((spec['tolerations'] as Fields[] | undefined) ?? [])
}

/** A pod stays for five minutes on a node that is lost, unless it says how long itself. */
function tolerated(tolerations: readonly Fields[]): Fields[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((toleration) => covers(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
  return [...tolerations, ...added]
}

function covers(toleration: Fields, key: string): boolean {
  const sameKey = toleration['key'] === key || toleration['key'] === undefined
  return sameKey && (toleration['effect'] === 'NoExecute' || toleration['effect'] === undefined)
}

/** Guaranteed where every container has equal requests and limits, BestEffort where none has either. */
export function qualityOfService(spec: Fields): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = ['initContainers', 'containers'].flatMap((list) => (spec[list] as Fields[] | undefined) ?? [])
  const stated = containers.map(({ resources }) => (isFields(resources) ? resources : {}))
  if (stated.every(({ requests, limits }) => isIdle(requests) && isIdle(limits))) return 'BestEffort'
  const guaranteed = stated.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = isFields(limits) ? quantityValue(limits[name]) : Number.NaN
      return limit > 0 && isFields(requests) && quantityValue(requests[name]) === limit
    }),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}

function isIdle(list: unknown): boolean {
  return !isFields(list) || ['cpu', 'memory'].every((name) => !(quantityValue(list[name]) > 0))
}
