import type { Case } from './case.ts'
import { type Change, changesBetween } from './changes.ts'
import type { Golden } from './golden.ts'
import type { Observation } from './run.ts'
import type { Target } from './target.ts'

export type Verdict =
  /** The same as the real cluster's recorded answers, and every assertion holds. */
  | 'equal'
  /** Another answer where a limit says so. */
  | 'limit'
  /** A limit is documented, and the answer is the same. */
  | 'stale limit'
  | 'different'
  /** The case did not run to its end, or an assertion does not hold. */
  | 'broken'
  /** Nothing was recorded to compare with. */
  | 'not recorded'
  | 'skipped'

export interface Judgement {
  readonly on: Target['name']
  readonly area: Case['area']
  readonly name: string
  readonly verdict: Verdict
  readonly passed: boolean
  readonly limit?: string
  readonly differences: readonly Change[]
  /** Why it was skipped, what broke. */
  readonly because: readonly string[]
  readonly seconds: number
}

/** `before` of a difference is what the real cluster answered. */
export function judge(one: Case, observation: Observation, on: Target['name'], golden: Golden): Judgement {
  const { area, name, error, broken, steps, seconds } = observation
  const recorded = golden.of(area, name)
  // Through JSON: what is recorded has been there too.
  const differences = recorded === undefined ? [] : changesOfSteps(recorded, JSON.parse(JSON.stringify(steps)) as Steps)
  const because = [...(error === undefined ? [] : [error]), ...broken]
  const verdict = verdictOf(one, on, because.length > 0, recorded !== undefined, differences.length > 0)
  const { limit } = one
  const passed = verdict === 'equal' || verdict === 'limit'
  return { on, area, name, verdict, passed, ...(limit === undefined ? {} : { limit }), differences, because, seconds }
}

function verdictOf(one: Case, on: Target['name'], isBroken: boolean, isRecorded: boolean, differs: boolean): Verdict {
  const limited = one.limit !== undefined && on === 'embedded'
  if (limited) return isBroken || differs ? 'limit' : 'stale limit'
  if (isBroken) return 'broken'
  if (!isRecorded) return 'not recorded'
  return differs ? 'different' : 'equal'
}

type Steps = Observation['steps']

function changesOfSteps(before: Steps, after: Steps): Change[] {
  const length = Math.max(before.length, after.length)
  return Array.from({ length }, (_, index) => {
    const what = before[index]?.['do'] ?? after[index]?.['do']
    return changesBetween(before[index], after[index], `${index + 1} ${String(what)} >`)
  }).flat()
}
