import type { PaceField, PaceFields } from '../../pacing/index.ts'

/** What pacing reads of a Deployment, besides what the contract reads. */
export interface PaceView {
  /** Only a RollingUpdate has steps. */
  readonly strategy: 'RollingUpdate' | 'Recreate'
  readonly live: PaceFields
  /** Fields that our manager for pacing owns. */
  readonly ours: readonly PaceField[]
  /** Fields that somebody else states: see the gate's facts. */
  readonly taken: readonly PaceField[]
  /** Of the pod template without what a contract may write into it: the same before and after a contract. */
  readonly templateId: string
  /** Of the whole pod template: what finds its ReplicaSet. */
  readonly revisionId: string
  /** Progressing is False: ProgressDeadlineExceeded. */
  readonly deadlineExceeded: boolean
  /** The GitOps tool that owns the pod template, by the name of its field manager. */
  readonly gitOpsManager?: string
  /** The Deployment's annotation `drainkeeper.dev/rollback: allowed`: its owner lets us put an earlier template back. */
  readonly rollbackAllowed: boolean
  /** The port number of drain-server's admin port, in the first container that declares it. */
  readonly drainPort?: number
}
