import { z } from 'zod'
import { paceStatusSchema } from './pacing.ts'

const count = (description: string) => z.int().min(0).describe(description)
const text = (description: string) => z.string().describe(description)

/** metav1.Condition. */
export const conditionSchema = z
  .object({
    type: text('Name of the condition.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    observedGeneration: z.int().optional().describe('Generation of the policy that this is about.'),
    lastTransitionTime: z.iso.datetime().describe('When status changed last.'),
    reason: text('One word for a program; docs/reference/conditions.md lists them all.'),
    message: text('One or more sentences for a person.'),
  })
  .describe('One aspect of the policy.')

const serviceStatus = z
  .object({
    name: text('Name of the Service.'),
    apiToSliceP50: text('Median time from deletion to the EndpointSlice, as the operator saw it.').optional(),
    apiToSliceP99: text('99th percentile of the same; present with enough drains.').optional(),
    warning: text('Why this Service cannot let go of a pod, if it cannot.').optional(),
  })
  .describe('A Service that routes to the pods.')

const targetStatus = z
  .object({
    name: text('Name of the Deployment.'),
    uid: text('UID of the Deployment that the measurements belong to.').optional(),
    container: text('The container that the contract is for.').optional(),
    method: z.enum(['HTTP', 'Sleep']).optional().describe('How its pods start to drain.'),
    contract: z
      .object({
        drainDelaySeconds: count('D, seconds that a pod keeps serving after drain start.'),
        terminationGracePeriodSeconds: count('G, seconds until a pod is killed.'),
        because: text('The formula with its figures.'),
        drainRaiseSeconds: count('Of D, what errors of draining pods asked for.').optional(),
        fields: z
          .array(z.enum(['gracePeriod', 'preStop', 'readiness']))
          .max(3)
          .optional()
          .describe('What drainkeeper writes of it; the rest is stated by others, or needs no writing.')
          .meta({ 'x-kubernetes-list-type': 'atomic' }),
      })
      .optional()
      .describe('The contract computed for the pods.'),
    putBack: z
      .array(z.enum(['gracePeriod', 'preStop', 'readiness']))
      .max(3)
      .optional()
      .describe('What somebody kept taking away: not written again until the policy is changed.')
      .meta({ 'x-kubernetes-list-type': 'atomic' }),
    pods: z
      .object({
        total: count('Pods that are not terminating.'),
        onContract: count('Of those, pods whose own specification carries the contract.'),
        terminating: count('Pods that are terminating.'),
      })
      .optional()
      .describe('How far the contract has reached.'),
    propagation: z
      .object({
        samples: count('Drains in the window that say something about P.'),
        uninformative: count('Drains that said nothing about P: no report, or too little traffic.'),
        bound: text('Upper bound of P at the asked quantile and confidence, or what is assumed until then.'),
        p50: text('Median of the samples.').optional(),
        p95: text('95th percentile of the samples; present with enough of them.').optional(),
        p99: text('99th percentile of the samples; present with enough of them.').optional(),
        lateRequests: text(
          'The latest that a request came on an old connection, counted from deletion; the largest seen.',
        ).optional(),
        history: text(
          'The samples in milliseconds, oldest first; > marks a pod that was still reached when it closed.',
        ).optional(),
      })
      .optional()
      .describe('What was measured of endpoint propagation P.'),
    requestTimeHistory: text('Longest request of each drained pod in milliseconds, oldest first.').optional(),
    services: z
      .array(serviceStatus)
      .max(32)
      .optional()
      .describe('The Services that route to the pods.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
    drains: z
      .object({
        clean: count('Ended by themselves with nothing cut off.'),
        forced: count('Cut something off at their own deadline.'),
        killed: count('Killed when the grace period was over.'),
        hookFailed: count('Got SIGTERM without their preStop hook having been heard.'),
        outOfMemory: count('Killed for their memory.'),
        unknown: count('Gone without evidence.'),
      })
      .optional()
      .describe('How pods ended, counted since the policy was made.'),
    rollout: z
      .object({
        phase: z.enum(['Complete', 'Progressing', 'Paused']).describe('State of the rollout.'),
        message: text('Replicas updated and available.'),
      })
      .optional()
      .describe('The Deployment as it rolls.'),
    pace: paceStatusSchema.optional(),
    notes: z.array(text('A sentence.')).max(16).optional().describe('What to know about this target.'),
  })
  .describe('One Deployment of the policy.')

export const statusSchema = z
  .object({
    observedGeneration: z.int().optional().describe('Generation of the policy that this status is about.'),
    summary: z
      .object({
        target: text('The Deployment, or how many.'),
        propagation: text('P.').optional(),
        drainDelay: text('D.').optional(),
        gracePeriod: text('G.').optional(),
        pods: text('Pods on contract, of all.').optional(),
        rollout: text('The pace of rollouts: the phase, and what was concluded.').optional(),
      })
      .optional()
      .describe('What kubectl get prints.'),
    conditions: z
      .array(conditionSchema)
      .max(16)
      .optional()
      .describe(
        'Ready, PropagationMeasured, ContractDelivered, RolloutHealthy where rollouts are paced, and Stalled where somebody must act.',
      )
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
    targets: z
      .array(targetStatus)
      .max(256)
      .optional()
      .describe('What was measured, computed and delivered, for each Deployment.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  })
  .describe('What drainkeeper knows and did. Written by the operator only.')

export type Condition = z.output<typeof conditionSchema>
export type DrainPolicyStatus = z.output<typeof statusSchema>
export type TargetStatus = z.output<typeof targetStatus>
