import type { PacedDeployment } from '../../pacing/index.ts'
import type { DeploymentFacts, PodFacts } from '../projections.ts'
import type { Sight } from './sight.ts'

/** What the gate decides on, of what the watches have. `pods` are those of this Deployment, of every template. */
export function pacedDeployment(
  { pace, rollout }: DeploymentFacts,
  pods: readonly PodFacts[],
  { podTemplateHash, disruptionsAllowed }: Pick<Sight, 'podTemplateHash' | 'disruptionsAllowed'>,
  nowMs: number,
): PacedDeployment {
  const { templateId, revisionId, live, ours, taken, deadlineExceeded, gitOpsManager, rollbackAllowed } = pace
  return {
    templateId,
    revisionId,
    observed: rollout.observed,
    desired: rollout.desired,
    total: rollout.total,
    updated: rollout.updated,
    terminating: pods.filter((pod) => isEnding(pod, nowMs)).length,
    readySinceMs: pods.flatMap(({ hash, deletionTimestamp, readySinceMs }) =>
      hash === podTemplateHash && deletionTimestamp === undefined ? (readySinceMs ?? []) : [],
    ),
    deadlineExceeded,
    ...(disruptionsAllowed === undefined ? {} : { disruptionsAllowed }),
    live,
    ours,
    taken,
    ...(gitOpsManager === undefined ? {} : { gitOpsManager }),
    rollbackAllowed,
  }
}

/** A pod's deletionTimestamp is the end of its grace period: past that, its node is lost, or nobody waits for it. */
function isEnding({ deletionTimestamp }: PodFacts, nowMs: number): boolean {
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) >= nowMs
}
