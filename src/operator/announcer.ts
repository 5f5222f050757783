import { apiVersion, type DrainPolicyStatus, type EventReason, kind, type PaceStatus } from '../api/index.ts'
import type { Plan } from '../contract/index.ts'
import type { EventRecorder, ObjectReference } from '../kube/index.ts'
import type { DeploymentFacts, PolicyFacts } from './projections.ts'
import type { Drain } from './termination-observer.ts'

/** Tells people what changed: one event for each transition, none for a reconcile that changed nothing. */
export class Announcer {
  readonly #recorder: EventRecorder

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder
  }

  delivered(policy: PolicyFacts, deployment: DeploymentFacts, plan: Plan, because: string): void {
    const rollout = plan.changesTemplate ? 'This starts a rollout.' : 'No pod is replaced.'
    const note = `Contract written to Deployment ${deployment.view.name}: ${because}. ${rollout}`
    for (const regarding of [policyReference(policy), deploymentReference(deployment)]) {
      this.#tell(regarding, 'Normal', 'ContractDelivered', note)
    }
  }

  released(deployment: DeploymentFacts, plan: Plan): void {
    const rollout = plan.changesTemplate ? ' This starts a rollout.' : ''
    const note = `No DrainPolicy is for this Deployment any more: its drain contract was given back.${rollout}`
    this.#tell(deploymentReference(deployment), 'Normal', 'ContractReleased', note)
  }

  /** A pod that did not end cleanly; clean ones are only counted. */
  drain(policy: PolicyFacts, { podName, outcome }: Drain): void {
    if (outcome.outcome === 'clean' || outcome.outcome === 'unknown') return
    this.#tell(policyReference(policy), 'Warning', 'DrainNotClean', `${podName}: ${outcome.message}`)
  }

  rolledBack(policy: PolicyFacts, deployment: DeploymentFacts): void {
    const note = `The last healthy template of Deployment ${deployment.view.name} was put back.`
    for (const regarding of [policyReference(policy), deploymentReference(deployment)]) {
      this.#tell(regarding, 'Warning', 'RolloutRolledBack', note)
    }
  }

  /** Compares the conditions before and after a status write. */
  transitions(before: PolicyFacts, after: DrainPolicyStatus): void {
    const regarding = policyReference(before)
    for (const condition of after.conditions ?? []) {
      const known = before.status.conditions?.find(({ type }) => type === condition.type)
      const changed = known?.status !== condition.status || known.reason !== condition.reason
      if (!changed) continue
      if (condition.type === 'Stalled' && condition.status === 'True') {
        const blocked = condition.reason === 'ContractBlocked'
        this.#tell(regarding, 'Warning', blocked ? 'ContractBlocked' : 'PolicyBroken', condition.message)
      }
      if (condition.type === 'PropagationMeasured' && condition.status === 'True') {
        this.#tell(regarding, 'Normal', 'PropagationMeasured', condition.message)
      }
    }
    for (const { name, pace } of after.targets ?? []) {
      const known = before.status.targets?.find((each) => each.name === name)?.pace
      for (const [type, reason] of paceTransitions(known, pace)) {
        const told = [`${name}: ${pace?.message ?? ''}`, pace?.because].filter((part) => part !== undefined)
        this.#tell(regarding, type, reason, told.join('; '))
      }
    }
  }

  #tell(regarding: ObjectReference, type: 'Normal' | 'Warning', reason: EventReason, note: string): void {
    this.#recorder.record({ regarding, type, reason, note: note.slice(0, 1024) })
  }
}

function policyReference({ namespace, name, uid }: PolicyFacts): ObjectReference {
  return { apiVersion, kind, namespace, name, uid }
}

function deploymentReference({ view }: DeploymentFacts): ObjectReference {
  const { namespace, name, uid } = view
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name, uid }
}

/** What has happened to a rollout between two statuses. */
function paceTransitions(
  before: PaceStatus | undefined,
  now: PaceStatus | undefined,
): readonly ['Normal' | 'Warning', EventReason][] {
  if (now === undefined) return []
  const paused = now.phase === 'Paused'
  const wasPaused = before?.phase === 'Paused'
  const breached = now.verdict === 'Breached' && before?.verdict !== 'Breached' && !paused && !wasPaused
  if (paused && !wasPaused) return [['Warning', 'RolloutPaused']]
  if (breached) return [['Warning', 'RolloutBreached']]
  if (wasPaused && !paused && now.phase !== 'AtRest') return [['Normal', 'RolloutResumed']]
  // Of a rollout that nobody heard of, as one of our own contract at a quiet time, nothing is told.
  const told = before?.verdict !== undefined || wasPaused || before?.phase === 'Overridden'
  return told && now.phase === 'AtRest' ? [['Normal', 'RolloutEnded']] : []
}
