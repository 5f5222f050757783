import type { Condition, DrainPolicyStatus } from '../api/index.ts'
import type { KubeError } from '../kube/index.ts'

/** A refusal is told in status; whoever cures it changes something that we watch, or rules that we do not. */
export const refusedRetryMs = 30_000

/**
 * The status of a policy whose write was refused: the conditions tell it, everything measured stays. Each write of status
 * brings us back to try again, so words that differ from those that were told in numbers alone (a port, a time, the id of
 * a request) are not told again.
 */
export function refusal(
  status: DrainPolicyStatus,
  told: DrainPolicyStatus,
  { message, status: code }: KubeError,
): DrainPolicyStatus {
  // A KubeError begins with the request, which a reader of conditions has no use for.
  const words = code === undefined ? message : message.slice(message.indexOf(`${code}`))
  const head = `the contract could not be written: ${code ?? ''}`
  const news = `the contract could not be written: ${words}`.slice(0, 8192)
  const tell = (condition: Condition): Condition => {
    const before = told.conditions?.find(({ type, reason }) => type === condition.type && reason === 'Refused')
    const isTold = before?.message.startsWith(head) === true && withoutNumbers(before.message) === withoutNumbers(news)
    return { ...condition, status: 'False', reason: 'Refused', message: isTold ? before.message : news }
  }
  return {
    ...status,
    conditions: (status.conditions ?? []).map((condition) =>
      condition.type === 'Ready' || condition.type === 'ContractDelivered' ? tell(condition) : condition,
    ),
  }
}

const uuid = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
const hexadecimal = /\b[0-9a-f]*\d[0-9a-f]*\b/gi

function withoutNumbers(words: string): string {
  return words.replaceAll(uuid, '0').replaceAll(hexadecimal, '0')
}
