import type { Origin } from './reading.ts'
import type { PodsOrPercent } from './step.ts'

/** The fields of a Deployment that pace its rollouts. None of them makes a ReplicaSet. */
export interface PaceFields {
  readonly minReadySeconds: number
  readonly progressDeadlineSeconds: number
  readonly maxSurge: PodsOrPercent
  readonly maxUnavailable: PodsOrPercent
  readonly paused: boolean
}
export type PaceField = keyof PaceFields

/** What the API server gives a field that nobody states. */
export const paceDefaults: PaceFields = {
  minReadySeconds: 0,
  progressDeadlineSeconds: 600,
  maxSurge: '25%',
  maxUnavailable: '25%',
  paused: false,
}

/** What our apply states. A field that is absent here is not ours, or is given back. */
export type PaceClaims = { readonly [Field in PaceField]?: PaceFields[Field] }

/** One Deployment of strategy RollingUpdate, as it was last seen. Times are of the wall clock. */
export interface PacedDeployment {
  /** Of `spec.template`, without what our own contract writes into it: a longer drain is no new version. */
  readonly templateId: string
  /** Of the whole `spec.template`: each has a ReplicaSet of its own, and pods of its own. */
  readonly revisionId: string
  /** The Deployment controller has seen this generation. */
  readonly observed: boolean
  readonly desired: number
  /** Pods that do not end: of every template, and of the present one. */
  readonly total: number
  readonly updated: number
  /** Pods that end, and are not past the end of their grace period: a lost node is not waited for. */
  readonly terminating: number
  /** When each ready pod of the present template became ready. */
  readonly readySinceMs: readonly number[]
  /** Progressing is False: ProgressDeadlineExceeded. */
  readonly deadlineExceeded: boolean
  /** The least of the PodDisruptionBudgets that select the pods; absent without any. */
  readonly disruptionsAllowed?: number
  readonly live: PaceFields
  /** Fields that our manager owns. */
  readonly ours: readonly PaceField[]
  /** Fields that somebody else states: never written, and given back where they are ours too. */
  readonly taken: readonly PaceField[]
  /** The GitOps tool that owns the pod template, by the name of its field manager. */
  readonly gitOpsManager?: string
  /** The Deployment's owner lets us put an earlier template back. @default true */
  readonly rollbackAllowed?: boolean
}

/** What was concluded of the requests since a time. */
export interface PaceVerdict {
  readonly outcome: 'Healthy' | 'Breached' | 'Inconclusive'
  /** Who is to blame for a breach; `service` where that cannot be told. */
  readonly blame?: Origin
  /** When the oldest request that counts ended. */
  readonly sinceMs: number
}

/** What the user asks for. */
export interface PaceRules {
  /** The first step, in pods. @default 1 */
  readonly initialPods: number
  readonly onBreach: 'Pause' | 'Rollback' | 'Report'
  /** What follows when nothing healthy was heard for `maxHoldMs`. */
  readonly onInconclusive: 'Continue' | 'Pause'
  /** How long a step is watched at least, whatever was heard: some faults take their time. @default 0 */
  readonly minHoldMs: number
  readonly maxHoldMs: number
  /** How long a hold outlives its operator, and how long a pause is valid that nobody renews. */
  readonly leaseMs: number
  /** Roll back although a GitOps tool owns the template, and will put it back. @default false */
  readonly rollbackOverGitOps: boolean
  /** How far draining errors may raise the drain delay. */
  readonly drainRaiseMaxSeconds: number
}

export const paceRuleDefaults: PaceRules = {
  initialPods: 1,
  onBreach: 'Pause',
  onInconclusive: 'Continue',
  minHoldMs: 0,
  maxHoldMs: 30 * 60_000,
  leaseMs: 2 * 60_000,
  rollbackOverGitOps: false,
  drainRaiseMaxSeconds: 30,
}
