import { amountOf } from '../shared/int-or-percent.ts'
import { setCondition } from '../shared/conditions.ts'
import type { Condition, DisruptionBudget, DisruptionBudgetStatus, Pod } from '../shared/objects.ts'
import { isReady } from '../shared/pods.ts'
import { timeOf, timestamp } from '../shared/timestamps.ts'

/** A pod that an eviction was allowed for and that is not deleted after this time counts as healthy again. */
const deletionTimeoutMs = 120_000

/** What a budget is about. */
export interface BudgetFacts {
  readonly budget: DisruptionBudget
  readonly pods: readonly Pod[]
  /** How many pods their controllers want together. */
  readonly scale: number
}

/** The status of a budget; `recheckMs` is when an eviction that was allowed must have shown. */
export function budgetStatus(
  { budget, pods, scale }: BudgetFacts,
  nowMs: number,
): { status: DisruptionBudgetStatus; recheckMs: number | undefined } {
  const { metadata, spec, status } = budget
  const [expectedPods, desiredHealthy] = expectations(spec, pods.length, scale)
  const disrupted = pods.flatMap(({ metadata: { name, deletionTimestamp } }): [string, string][] => {
    const since = status?.disruptedPods?.[name]
    const isAwaited = deletionTimestamp === undefined && since !== undefined && deadlineMs(since) >= nowMs
    return isAwaited ? [[name, since]] : []
  })
  const awaited = new Map(disrupted)
  const healthy = pods.filter((pod) => {
    return pod.metadata.deletionTimestamp === undefined && !awaited.has(pod.metadata.name) && isReady(pod)
  })
  const spare = expectedPods <= 0 ? 0 : Math.max(0, healthy.length - desiredHealthy)
  const generation = metadata.generation ?? 0
  return {
    status: {
      ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
      disruptionsAllowed: spare,
      currentHealthy: healthy.length,
      desiredHealthy,
      expectedPods,
      ...(generation === 0 ? {} : { observedGeneration: generation }),
      conditions: setCondition(status?.conditions ?? [], allowance(spare, generation, nowMs)),
    },
    recheckMs:
      disrupted.length === 0 ? undefined : Math.min(...disrupted.map(([, since]) => deadlineMs(since))) - nowMs + 1000,
  }
}

/** How many pods there should be, and how many of them healthy. */
function expectations(spec: DisruptionBudget['spec'], present: number, scale: number): [number, number] {
  const { maxUnavailable, minAvailable } = spec
  if (maxUnavailable !== undefined) return [scale, Math.max(0, scale - amountOf(maxUnavailable, scale, 'up'))]
  if (typeof minAvailable === 'string') return [scale, amountOf(minAvailable, scale, 'up')]
  return minAvailable === undefined ? [0, 0] : [present, minAvailable]
}

function deadlineMs(since: string): number {
  return (timeOf(since) ?? 0) + deletionTimeoutMs
}

function allowance(spare: number, observedGeneration: number, nowMs: number): Condition {
  return {
    type: 'DisruptionAllowed',
    status: spare > 0 ? 'True' : 'False',
    observedGeneration,
    lastTransitionTime: timestamp(nowMs),
    reason: spare > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  }
}
