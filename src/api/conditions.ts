/** The condition types of a DrainPolicy. Stalled is present only when it is True, as kstatus expects. */
export const conditionTypes = {
  Ready: 'The policy does all that it was asked to do.',
  PropagationMeasured: 'Enough drains have been seen to state a bound for P.',
  ContractDelivered: 'The pod template carries the computed contract, or one that covers it.',
  RolloutHealthy:
    'No rollout of the policy fails its objective. Unknown while one is watched. Absent where rollouts are not paced.',
  Stalled: 'Nothing more will happen until somebody acts on the message. Absent otherwise.',
} as const
export type ConditionType = keyof typeof conditionTypes

/** Every reason that a condition can have: what it means and what to do. docs/reference/conditions.md is generated from this. */
export const reasons = {
  Reconciled: { means: 'The contract is computed and delivered.', cure: 'Nothing to do.' },
  Observing: {
    means: 'mode is Observe: the contract is computed, and nothing is written.',
    cure: 'Set mode: Enforce to deliver it.',
  },
  Delivering: {
    means: 'The contract was just written and is not yet seen on the Deployment.',
    cure: 'Wait a moment.',
  },
  LoweringDeferred: {
    means: 'A shorter contract was computed. It rides on the next rollout, so that it costs none of its own.',
    cure: 'Nothing to do; kubectl rollout restart brings it at once.',
  },
  Measured: { means: 'P is bounded at the asked quantile and confidence.', cure: 'Nothing to do.' },
  Measuring: {
    means: 'Too few informative drains yet: the initial value, or more, is assumed.',
    cure: 'Wait for rollouts, or rehearse some; lower propagation.quantile to need fewer drains.',
  },
  InvalidSpec: {
    means: 'The spec contradicts itself in a way the API server could not see.',
    cure: 'Do what the message says.',
  },
  TargetNotFound: {
    means: 'No such Deployment in the namespace, or no Deployment has the labels.',
    cure: 'Correct targetRef.name or selector.',
  },
  TargetConflict: {
    means: 'Another policy, older or earlier by name, is for the same Deployment.',
    cure: 'Keep one policy for each Deployment.',
  },
  ServiceNotFound: {
    means: 'spec.services names a Service that is not there.',
    cure: 'Correct the name, or leave services out.',
  },
  ServiceMismatch: {
    means: 'spec.services names a Service that does not select the pods.',
    cure: 'Correct the name, or the selector of the Service.',
  },
  ContractBlocked: {
    means: 'The contract cannot be written without overruling what somebody stated.',
    cure: 'Do what the message says; nothing was changed.',
  },
  BudgetShort: {
    means: 'A bound keeps the contract below what the formula asks.',
    cure: 'Raise the bound that the message names.',
  },
  AtRest: { means: 'No rollout is in progress.', cure: 'Nothing to do.' },
  Stepping: { means: 'A step of a rollout was let through.', cure: 'Nothing to do.' },
  Holding: {
    means: 'A step of a rollout is watched before the next one.',
    cure: 'Wait; after maxHold without a verdict it goes on, or pauses, as pacing.onInconclusive says.',
  },
  WaitingForTurn: {
    means: 'Another rollout of the rolloutGroup has the place.',
    cure: 'Wait, or raise rolloutGroup.budget.',
  },
  Paused: {
    means: 'The rollout fails its objective and was paused.',
    cure: 'Put the version of before back, or ship a fix: either ends the pause. kubectl rollout resume goes on as it is, and kubectl rollout undo wants it first.',
  },
  PausedByUser: { means: 'Somebody else paused the Deployment.', cure: 'kubectl rollout resume, when it may go on.' },
  RollingBack: {
    means: 'The new version fails the objective: the last healthy template is being put back.',
    cure: 'Ship a fix.',
  },
  Overridden: {
    means: 'Somebody resumed a rollout that was paused: it is not paced until it is over.',
    cure: 'Nothing to do.',
  },
  KnownHealthy: { means: 'The Deployment goes back to a template that was found healthy.', cure: 'Nothing to do.' },
  NotPaced: {
    means: 'The strategy is Recreate, which has no steps.',
    cure: 'Set strategy.type: RollingUpdate, or remove spec.pacing.',
  },
  Refused: { means: 'A write was refused, or failed.', cure: 'Read the message; drainkeeper tries again.' },
} as const
export type Reason = keyof typeof reasons

/** Every event that the operator records, on a transition only. */
export const eventReasons = {
  ContractDelivered: 'A new contract was written to the pod template; its rollout has begun.',
  ContractReleased: 'A contract was taken back, because no policy is for the Deployment any more.',
  PropagationMeasured: 'A bound for P is known.',
  ContractBlocked: 'The contract cannot be delivered.',
  DrainNotClean: 'A pod was killed, was forced, or lost its hook while draining.',
  RolloutPaused: 'A rollout failed its objective, or nothing was heard of it, and was paused.',
  RolloutResumed: 'A rollout that was paused goes on.',
  RolloutRolledBack: 'The last healthy template was put back.',
  RolloutBreached: 'A rollout failed its objective.',
  RolloutEnded: 'A paced rollout is over, and nothing is held any more.',
  PolicyBroken: 'The policy cannot work as it is written.',
} as const
export type EventReason = keyof typeof eventReasons
