import type { Logger } from 'pino'
import type { Pacing } from '../../api/index.ts'
import type { Clock, KubeApi } from '../../kube/index.ts'
import type { Counts, Epoch, PaceVerdict, Verdict } from '../../pacing/index.ts'
import type { OperatorMetrics } from '../metrics.ts'
import type { PodFacts } from '../projections.ts'
import type { Drain } from '../termination-observer.ts'

/** One Deployment of one policy, as the watch of its rollouts knows it. */
export interface SightKey {
  readonly policyUid: string
  readonly deploymentUid: string
}

/** What has to be asked of others than the API server's watches, as it was last known. Plain data. */
export interface Sight {
  /**
   * For the gate. Inconclusive until something was heard. A breach stays until the epoch's blameFromMs moves; one of the
   * background, which nothing is done about, until its counts are within the limit again.
   */
  readonly pace: PaceVerdict
  /**
   * For people; absent at rest, and until something was heard. Renewed when its kind changes, else every ten seconds at
   * the most. A breach is told until something else is concluded, also when it has begun another epoch, but not of
   * another version.
   */
  readonly verdict?: Verdict
  /** What a rollout that begins now is to be judged against: counts at rest, of the last minutes. */
  readonly baseline?: Counts
  /** Label `pod-template-hash` of the pods of the present template; absent until its ReplicaSet was found. */
  readonly podTemplateHash?: string
  /** The least of the PodDisruptionBudgets that select the pods; absent without any. */
  readonly disruptionsAllowed?: number
}

/** What is watched. */
export interface SightTarget extends SightKey {
  readonly namespace: string
  /** The policy's name, for metrics. */
  readonly policy: string
  readonly deployment: string
  /** The version: our own contract is no other one, though it is another revision. */
  readonly templateId: string
  readonly revisionId: string
  readonly selector: Readonly<Record<string, string>>
  readonly podLabels: Readonly<Record<string, string>>
  /** For `$service`: what the policy names, else the first Service that selects the pods. */
  readonly service?: string
  readonly drainPort?: number
  readonly pacing: Pacing
}

/** The watches of rollouts. Only a leader has them; losing them costs what was heard, never a decision. */
export interface Sights {
  /**
   * What is known now; undefined while it is not followed. `revisionId` is that of the Deployment as the caller sees it:
   * while another one is followed, podTemplateHash is not told.
   */
  look(key: SightKey, revisionId: string): Sight | undefined
  /** Begins to watch, or goes on with another epoch or target. Called at every reconcile; does nothing that blocks. */
  follow(target: SightTarget, epoch: Epoch | undefined): void
  /** A pod has ended, and how. */
  ended(drain: Drain): void
  /** No longer of interest. */
  stop(key: SightKey): void
  /** Ends every watch: this process leads no more. */
  close(): void
}

/** What the operator gives to the watches of rollouts. */
export interface SightsParts {
  readonly api: KubeApi
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: OperatorMetrics
  /** Of one Deployment, as they are known now. */
  readonly pods: (namespace: string, deployment: string) => readonly PodFacts[]
  /** There is something new to look at. */
  readonly changed: (key: SightKey) => void
}

export type CreateSights = (parts: SightsParts) => Sights

/** Nobody watches: every verdict is Inconclusive, and a rollout goes as pacing.onInconclusive says. */
export const unwatched: Sights = {
  look: () => undefined,
  follow: () => {},
  ended: () => {},
  stop: () => {},
  close: () => {},
}
