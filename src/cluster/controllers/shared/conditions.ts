import type { Condition } from './objects.ts'

/**
 * The conditions with this one among them. One of the same status and reason stays as it was, so that a message alone
 * changes nothing; one of the same status keeps the time of its last transition.
 */
export function setCondition(conditions: readonly Condition[], condition: Condition): readonly Condition[] {
  const present = conditions.find(({ type }) => type === condition.type)
  if (present?.status === condition.status && present.reason === condition.reason) return conditions
  const others = conditions.filter((other) => other !== present)
  if (present?.status !== condition.status || present.lastTransitionTime === undefined) return [...others, condition]
  return [...others, { ...condition, lastTransitionTime: present.lastTransitionTime }]
}
