import type { DrainPolicyStatus } from '../api/index.ts'
import type { KubeError } from '../kube/index.ts'

/** A refusal is told in status; whoever cures it changes something that we watch, or rules that we do not. */
export const refusedRetryMs = 30_000

/** The status of a policy whose write was refused: the conditions tell it, everything measured stays. */
export function refusal(status: DrainPolicyStatus, { message, status: code }: KubeError): DrainPolicyStatus {
  // A KubeError begins with the request, which a reader of conditions has no use for.
  const words = code === undefined ? message : message.slice(message.indexOf(`${code}`))
  const told = `the contract could not be written: ${words}`.slice(0, 8192)
  return {
    ...status,
    conditions: (status.conditions ?? []).map((condition) =>
      condition.type === 'Ready' || condition.type === 'ContractDelivered'
        ? { ...condition, status: 'False', reason: 'Refused', message: told }
        : condition,
    ),
  }
}
