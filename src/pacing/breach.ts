import type { PacedDeployment, PaceRules, PaceVerdict } from './gate-facts.ts'
import type { Origin } from './reading.ts'

/** What follows from a breach. */
export type BreachAnswer =
  /** Nothing that a rollout does helps: it only does not go on. */
  | { readonly kind: 'Hold' }
  /** Draining pods end too early: a longer drain for the rest of this rollout, and a smaller step. */
  | { readonly kind: 'LongerDrain'; readonly drainRaiseSeconds: number }
  | { readonly kind: 'Report' }
  | { readonly kind: 'Pause'; readonly cause: Origin; readonly refused?: string }
  | { readonly kind: 'Rollback'; readonly templateId: string }

export interface Breach {
  readonly verdict: Pick<PaceVerdict, 'blame'>
  readonly rules: Pick<PaceRules, 'onBreach' | 'rollbackOverGitOps' | 'drainRaiseMaxSeconds'>
  readonly facts: Pick<PacedDeployment, 'templateId' | 'gitOpsManager' | 'rollbackAllowed'>
  readonly healthyTemplateId?: string | undefined
  /** What this rollout has asked for; 0 when nothing. */
  readonly drainRaiseSeconds: number
  /** What earlier rollouts asked for: the pods of this one drain with it. */
  readonly drainRaiseInForce: number
}

/** The cure depends on whose requests failed. One that has no cure of its own left is treated as the version's fault. */
export function answerBreach(breach: Breach): BreachAnswer {
  const { rules } = breach
  const cause = breach.verdict.blame ?? 'service'
  if (rules.onBreach === 'Report') return { kind: 'Report' }
  if (cause === 'background') return { kind: 'Hold' }
  if (cause === 'draining' && breach.drainRaiseInForce < rules.drainRaiseMaxSeconds)
    return { kind: 'LongerDrain', drainRaiseSeconds: raiseOf(breach) }
  // An older version drains no better: going back would only end more pods.
  if (rules.onBreach === 'Pause' || cause === 'draining') return { kind: 'Pause', cause }
  return rollback(breach, cause)
}

/** Once for each rollout: no pod that drains in it has the raise yet, so that nothing says that it is too little. */
function raiseOf({ rules, drainRaiseSeconds, drainRaiseInForce }: Breach): number {
  if (drainRaiseSeconds > 0) return drainRaiseSeconds
  return Math.min(rules.drainRaiseMaxSeconds, Math.max(2, drainRaiseInForce * 2))
}

function rollback({ rules, facts, healthyTemplateId }: Breach, cause: Origin): BreachAnswer {
  if (healthyTemplateId === undefined || healthyTemplateId === facts.templateId)
    return { kind: 'Pause', cause, refused: noHealthyRevision }
  if (facts.gitOpsManager !== undefined && !rules.rollbackOverGitOps)
    return { kind: 'Pause', cause, refused: ownedByGitOps(facts.gitOpsManager) }
  if (facts.rollbackAllowed === false) return { kind: 'Pause', cause, refused: notAllowed }
  return { kind: 'Rollback', templateId: healthyTemplateId }
}

export const notAllowed =
  'not rolled back: the Deployment has no annotation drainkeeper.dev/rollback: allowed. Paused instead; annotate it for the next time'

export const noHealthyRevision = 'not rolled back: no earlier revision was found healthy. Paused instead'

export function ownedByGitOps(manager: string): string {
  return `not rolled back: ${manager} owns the pod template and would put it back. Paused instead; revert the change where ${manager} reads it`
}

/** The one line that ends a pause without us. */
export function resumeCommand(namespace: string, name: string): string {
  return `kubectl rollout resume deployment/${name} --namespace ${namespace}`
}
