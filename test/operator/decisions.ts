import { describe, expect, test } from 'vitest'
import { type DrainPolicyStatus, statusSchema } from '../../src/api/index.ts'
import type { DecisionContext } from '../../src/operator/decide.ts'
import type { TargetFacts } from '../../src/operator/gather.ts'
import { decide, type Decision } from '../../src/operator/index.ts'
import { deploymentOf, drains, policyOf } from './facts.ts'

export const context: DecisionContext = { now: '2026-02-01T00:00:00Z', serverVersion: { major: 1, minor: 36 } }

type Spec = Parameters<typeof policyOf>[0]

/** What status says when `contract` is in force. */
export function stated(drainDelaySeconds: number, gracePeriodSeconds: number, name = 'checkout'): DrainPolicyStatus {
  const contract = { drainDelaySeconds, terminationGracePeriodSeconds: gracePeriodSeconds, because: 'as before' }
  return { targets: [{ name, contract }] }
}

/** The facts of a policy, and what is decided on them. */
export interface Case {
  spec?: Spec
  status?: DrainPolicyStatus
  targets?: TargetFacts[]
  context?: Partial<DecisionContext>
  expected: {
    /** D and G of the patch; absent when nothing is written. */
    patch?: [number | undefined, number]
    /** D and G in status. */
    contract?: [number, number]
    ready: string
    delivered?: string
    stalled?: string
    message?: string | RegExp
  }
}

export const written = { graceSeconds: 95, sleepSeconds: 15 }
export const carried = deploymentOf(written)
export const fast = drains(59, 400)
export const slow = drains(59, 20_000)

export function decided(input: Omit<Case, 'expected'>): Decision {
  const policy = policyOf(input.spec, input.status)
  return decide({ policy, targets: input.targets ?? [] }, { ...context, ...input.context })
}

/** Status and reason of a condition. */
export function conditionOf({ status }: Decision, type: string): string | undefined {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

/** The drain delay and the grace period that would be written to the first target. */
export function patchOf({ targets }: Decision): [number | undefined, number | undefined] | undefined {
  const podSpec = targets[0]?.patch?.body?.spec?.template.spec
  if (podSpec === undefined) return undefined
  return [podSpec.containers?.[0]?.lifecycle?.preStop.sleep?.seconds, podSpec.terminationGracePeriodSeconds]
}

/** Tests each case, and of each that its status is valid and stays as it is. */
export function decidesOn(cases: Record<string, Case>): void {
  describe('a decision', () => {
    test.each(Object.entries(cases))('%s', (_, { expected, ...input }) => {
      const decision = decided(input)
      const { contract } = decision.status.targets?.[0] ?? {}
      const ready = decision.status.conditions?.find(({ type }) => type === 'Ready')
      expect(patchOf(decision)).toEqual(expected.patch)
      expect(contract && [contract.drainDelaySeconds, contract.terminationGracePeriodSeconds]).toEqual(
        expected.contract,
      )
      expect(conditionOf(decision, 'Ready')).toBe(expected.ready)
      expect(conditionOf(decision, 'Stalled')).toBe(expected.stalled)
      if (expected.delivered !== undefined) expect(conditionOf(decision, 'ContractDelivered')).toBe(expected.delivered)
      if (expected.message !== undefined) expect(ready?.message).toMatch(expected.message)
    })

    test.each(Object.entries(cases))('%s: the status is one that the API server takes', (_, input) => {
      const { status } = decided(input)
      expect(statusSchema.parse(status)).toEqual(status)
    })

    test.each(Object.entries(cases))('%s: decided again on its own status, it is the same', (_, input) => {
      const once = decided(input)
      const later = { ...input.context, now: '2026-03-01T00:00:00Z' }
      const again = decided({ ...input, status: once.status, context: later })
      expect(again.status).toEqual(once.status)
      expect(patchOf(again)).toEqual(patchOf(once))
    })
  })
}
