import type { PacedDeployment, PaceFields, PaceRules, PaceVerdict } from './gate-facts.ts'
import type { Origin } from './reading.ts'

/** Why we paused, and until when that is valid without a renewal. */
export interface Pause {
  readonly cause: Origin | 'inconclusive'
  readonly untilMs: number
  /** `paused` was seen on the Deployment as ours: where it is gone later, somebody resumed by hand. */
  readonly seen: boolean
  /** Since when every verdict was Healthy. */
  readonly healthySinceMs?: number
  /** Why it was not rolled back, though that was asked for. */
  readonly refused?: string
}

/** The pace of one rollout. It is in status before any field is applied. */
export interface RolloutPace {
  /**
   * Holding: the pods of a step become ready, and no more. Releasing: they count as available, and the Deployment
   * controller replaces as many. Passing: not ours to pace, nothing is claimed.
   */
  readonly phase: 'Holding' | 'Releasing' | 'Paused' | 'RollingBack' | 'Passing'
  readonly passing?: 'Overridden' | 'KnownHealthy'
  /** Whose pods are counted. Our own contract may change it in the middle: the version is the same, its pods are not. */
  readonly revisionId: string
  /** The user's values: the bounds of every step. */
  readonly own: Omit<PaceFields, 'paused'>
  readonly stepPods: number
  /** What minReadySeconds should be. */
  readonly minReadySeconds: number
  /** Ready pods of the new template that were let through, the oldest first. */
  readonly released: number
  /** How many pods of the new template there were then: one more is the next step. */
  readonly releasedAmong: number
  /** How old the youngest of them was: for so long the Deployment had made no progress. Until it makes some. */
  readonly stillSeconds?: number
  /** Every pod of the step was ready then: only what was heard since can find it healthy. */
  readonly settledMs?: number
  /** What was heard before this was answered already. */
  readonly blameFromMs: number
  /** Since when nothing healthy was heard. */
  readonly heldSinceMs: number
  /** A step of it was found healthy. */
  readonly proven: boolean
  readonly drainRaiseSeconds: number
  readonly pause?: Pause
  /** When a rollback that did not happen becomes a pause. */
  readonly rollbackUntilMs?: number
}

/** What status keeps for one Deployment. Losing it starts the present rollout anew, with the smallest step. */
export interface PaceState {
  readonly templateId: string
  /** The last template that was found healthy: where a rollback goes to. */
  readonly healthyTemplateId?: string
  readonly rollout?: RolloutPace
}

/** What the next pace depends on, besides the present one. */
export interface Surroundings {
  readonly facts: PacedDeployment
  readonly rules: PaceRules
  readonly verdict: PaceVerdict
  readonly nowMs: number
  readonly turn: boolean
  readonly healthyTemplateId: string | undefined
  readonly drainRaiseInForce: number
}
