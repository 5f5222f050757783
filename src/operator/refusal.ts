import type { DrainPolicyStatus } from '../api/index.ts'

/** The status of a policy whose write was refused: the conditions tell it, everything measured stays. */
export function refusal(status: DrainPolicyStatus, message: string): DrainPolicyStatus {
  const told = `the API server refused the contract: ${message}`.slice(0, 8192)
  return {
    ...status,
    conditions: (status.conditions ?? []).map((condition) =>
      condition.type === 'Ready' || condition.type === 'ContractDelivered'
        ? { ...condition, status: 'False', reason: 'Refused', message: told }
        : condition,
    ),
  }
}
