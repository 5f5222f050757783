import type { Clock, KubeObject } from '../../../kube/index.ts'
import { timestamp } from '../server-context.ts'

/** One of `status.conditions`. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}

interface Conditional extends KubeObject {
  status?: { conditions?: (Condition & { lastTransitionTime?: string })[] }
}

/** Sets a condition; its transition time moves only with its status. Changes `object`. */
export function setCondition(object: KubeObject, condition: Condition, clock: Clock): void {
  const conditional = object as Conditional
  conditional.status ??= {}
  conditional.status.conditions ??= []
  const { conditions } = conditional.status
  const index = conditions.findIndex(({ type }) => type === condition.type)
  const present = conditions[index]
  const isSame = present?.status === condition.status
  const lastTransitionTime = isSame ? present.lastTransitionTime : undefined
  const probed = object.kind === 'Pod' ? { lastProbeTime: null } : {}
  const next = { ...probed, ...condition, lastTransitionTime: lastTransitionTime ?? timestamp(clock) }
  if (index === -1) conditions.push(next)
  else conditions[index] = next
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return (object as Conditional).status?.conditions?.find((condition) => condition.type === type)
}
