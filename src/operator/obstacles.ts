import type { Reason } from '../api/index.ts'
import type { Budget } from '../budget/index.ts'
import { describeOwners, FIELD_MANAGER, type PatchRequest, type Plan } from '../contract/index.ts'
import type { TargetFacts } from './gather.ts'
import type { DeploymentFacts } from './projections.ts'

/** What stands in the way, with the reason for the condition. `act`: nothing more happens until somebody acts. */
export interface Obstacle {
  reason: Reason
  message: string
  act: boolean
}

/** Every check that can stand in the way, in the order in which they are told. `plan` is absent where nothing may be written. */
export function obstaclesOf(
  facts: TargetFacts,
  budget: Budget,
  plan: Plan | undefined,
  reverted: PatchRequest['reverted'],
): Obstacle[] {
  const { rival, missingServices, mismatchedServices } = facts
  const name = facts.deployment.view.name
  const found: (Obstacle | undefined)[] = [
    rival === undefined
      ? undefined
      : {
          reason: 'TargetConflict',
          act: true,
          message: `policy ${rival} is for Deployment ${name} already: keep one of the two`,
        },
    ...missingServices.map((service) => ({
      reason: 'ServiceNotFound' as const,
      act: true,
      message: `services names ${service}, and there is no such Service: correct the name, or leave services out`,
    })),
    ...mismatchedServices.map((service) => ({
      reason: 'ServiceMismatch' as const,
      act: true,
      message: `services names ${service}, and that Service does not select the pods of ${name}: correct the name, or the selector of the Service`,
    })),
    plan?.action !== 'Blocked'
      ? undefined
      : {
          reason: 'ContractBlocked',
          act: true,
          message: plan.conflicts
            .filter(({ blocking }) => blocking)
            .map(({ message }) => message)
            .join('; '),
        },
    plan === undefined || !isPutBack(plan, reverted)
      ? undefined
      : { reason: 'ContractBlocked', act: true, message: putBackMessage(facts.deployment, plan) },
    ...budget.shortfalls.map(({ message }) => ({ reason: 'BudgetShort' as const, act: false, message })),
  ]
  return found.filter((obstacle) => obstacle !== undefined)
}

/** Whether to write would only be one more round of a fight, each of which is a rollout. */
function isPutBack({ action, changesTemplate, fields }: Plan, reverted: PatchRequest['reverted'] = []): boolean {
  return action === 'Apply' && changesTemplate && fields.some((field) => reverted.includes(field))
}

function putBackMessage({ view }: DeploymentFacts, { promises }: Plan): string {
  const owners = view.ownership.containers[promises?.container ?? '']?.item ?? []
  const others = owners.filter(({ manager }) => manager !== FIELD_MANAGER)
  const who = `the template of ${view.name} was put back each time the contract was written to it; its container belongs to ${describeOwners(others)}`
  return `${who}. Let drainkeeper keep its fields and change the policy, which makes it try again, write the contract there yourself, or delete the policy`
}
