import { background } from './scenarios/background.ts'
import { badVersion } from './scenarios/bad-version.ts'
import { faulty } from './scenarios/faulty.ts'
import { gitops } from './scenarios/gitops.ts'
import { kill } from './scenarios/kill.ts'
import { leak } from './scenarios/leak.ts'
import { people } from './scenarios/people.ts'
import { quiet } from './scenarios/quiet.ts'
import { speed } from './scenarios/speed.ts'
import { underLoad } from './scenarios/under-load.ts'
import type { Scenario } from './section.ts'

/** What may run at the same time without one measurement being in the way of another. */
export interface Group {
  /** One operator for all of them; else each has its own. */
  readonly withOperator: boolean
  readonly scenarios: readonly Scenario[]
}

export const groups: readonly Group[] = [
  { withOperator: true, scenarios: [badVersion] },
  { withOperator: true, scenarios: [underLoad] },
  { withOperator: true, scenarios: [leak] },
  { withOperator: true, scenarios: [speed, quiet] },
  { withOperator: true, scenarios: [background, faulty, people, gitops] },
  { withOperator: false, scenarios: [kill] },
]
