import { condition, policiesOf } from './final-state.ts'
import type { Rule } from './rule.ts'

/** Reasons that the state of the cluster decides, whatever happened on the way. */
const decided: ReadonlySet<string> = new Set([
  'Reconciled',
  'Observing',
  'InvalidSpec',
  'TargetNotFound',
  'TargetConflict',
  'ServiceNotFound',
  'ServiceMismatch',
])

/** The end of a history against that of the same history in which nothing went wrong. */
export const endRules: readonly Rule[] = [
  {
    name: 'same-end',
    claim: 'every policy ends in the same condition as without the faults',
    check: (lived, reference) => {
      if (reference === undefined || lived.restedMs === undefined || reference.restedMs === undefined) return []
      const didTheSame = (one: typeof lived): string => JSON.stringify(one.chronicle.outcomes)
      if (didTheSame(lived) !== didTheSame(reference)) return []
      const others = new Map(policiesOf(reference).map((policy) => [policy.metadata.name, policy]))
      return policiesOf(lived).flatMap((policy) => {
        const other = others.get(policy.metadata.name)
        if (other === undefined) return []
        const is = condition(policy, 'Ready')
        const would = condition(other, 'Ready')
        if (is?.reason === would?.reason || !decided.has(is?.reason ?? '') || !decided.has(would?.reason ?? ''))
          return []
        return [`${policy.metadata.name}: Ready is ${is?.reason}, and would be ${would?.reason}`]
      })
    },
  },
]
