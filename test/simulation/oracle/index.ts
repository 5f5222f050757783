/** The oracle: what must hold after every history, whatever the seed. Each rule is a sentence and a function. */
import type { Lived } from '../run/history.ts'
import { contractRules } from './contract.ts'
import { countRules } from './counts.ts'
import { pacingRules } from './pacing.ts'
import { restRules } from './rest.ts'
import type { Rule, Violation } from './rule.ts'
import { endRules } from './same-end.ts'
import { writeRules } from './writes.ts'

export type { Rule, Violation } from './rule.ts'

export const rules: readonly Rule[] = [
  ...writeRules,
  ...restRules,
  ...contractRules,
  ...countRules,
  ...pacingRules,
  ...endRules,
]

/** Every rule that this history breaks, with how. */
export function judge(lived: Lived, reference: Lived | undefined, abandoned?: Lived): Violation[] {
  return rules.flatMap(({ name, check }) =>
    check(lived, reference, abandoned).map((message) => ({ rule: name, message })),
  )
}
