import { drawPlan } from '../plan/draw-plan.ts'
import type { Plan } from '../plan/plan.ts'
import { planInWords } from '../plan/words.ts'
import { shrink } from './shrink.ts'
import { type Trial, tryPlan } from './trial.ts'

/** Tells one seed's history with its whole log; one that breaks a rule is shrunk first. Returns the exit code. */
export async function replay(seed: number, shrinks: boolean): Promise<number> {
  const whole = await tryPlan(drawPlan(seed))
  const broken = whole.violations[0]
  const trial = broken === undefined || !shrinks ? whole : await tryPlan(await smallest(whole.plan, broken.rule))
  console.log(trial.lived.chronicle.lines.join('\n'))
  console.log('')
  console.log(inWords(trial).join('\n'))
  return trial.violations.length > 0 ? 1 : 0
}

/** The smallest history found that breaks the same rule. */
export async function smallest(plan: Plan, rule: string): Promise<Plan> {
  return shrink(plan, async (candidate) => {
    const { violations } = await tryPlan(candidate)
    return violations.some((violation) => violation.rule === rule)
  })
}

/** A history and what it broke, for people. */
export function inWords({ plan, lived, violations }: Trial): string[] {
  return [
    `seed ${plan.seed}, history ${lived.chronicle.hash()}`,
    ...planInWords(plan).map((line) => `  ${line}`),
    ...(violations.length === 0 ? ['nothing is broken'] : []),
    ...violations.slice(0, 20).map(({ rule, message }) => `BROKEN ${rule}: ${message}`),
  ]
}
