import type { Plan } from '../../src/contract/index.ts'
import type { Case } from './case.ts'

/** The part of a plan that a case speaks of, in the case's own shape; what it leaves out is expected to be empty. */
export function verdictOf(plan: Plan, expected: Case['expected']): Case['expected'] {
  const conflicts = plan.conflicts.map(({ code }) => code)
  const notes = plan.notes.map(({ code }) => code)
  const messages = [...plan.conflicts, ...plan.notes].map(({ message }) => message).join('\n')
  return {
    action: plan.action,
    ...((expected.force !== undefined || plan.force) && { force: plan.force }),
    ...((expected.conflicts !== undefined || conflicts.length > 0) && { conflicts }),
    ...((expected.notes !== undefined || notes.length > 0) && { notes }),
    ...(expected.fields !== undefined && { fields: plan.fields }),
    ...(expected.changesTemplate !== undefined && { changesTemplate: plan.changesTemplate }),
    ...(expected.promises !== undefined && { promises: pick(plan.promises ?? {}, expected.promises) }),
    ...(expected.says !== undefined && { says: messages.includes(expected.says) ? expected.says : messages }),
  }
}

function pick(object: object, keys: object): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key in keys))
}
