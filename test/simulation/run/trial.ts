import { drawPlan } from '../plan/draw-plan.ts'
import { faultFree, isFault, type Plan } from '../plan/plan.ts'
import { judge, type Violation } from '../oracle/index.ts'
import { paceCounts } from '../oracle/pacing.ts'
import { live, type Lived } from './history.ts'

/** A plan lived with its faults and without them (and, if it paces rollouts, up to the operator's death), and judged. */
export interface Trial {
  plan: Plan
  lived: Lived
  violations: Violation[]
}

export async function tryPlan(plan: Plan): Promise<Trial> {
  const reference = await live(faultFree(plan), { skipQuiet: true })
  const lived = await live(plan)
  const abandoned = plan.paced === undefined ? undefined : await live(plan, { diesAtMs: plan.paced.diesAtMs })
  return { plan, lived, violations: judge(lived, reference, abandoned) }
}

/** What one seed came to: plain data, small enough to be sent between processes by the thousand. */
export interface SeedResult {
  seed: number
  hash: string
  violations: Violation[]
  /** Faults of the plan, and what befell requests. */
  faults: Record<string, number>
  requests: Record<string, number>
  /** What was done to the pace of rollouts; absent where no policy paces them. */
  pace?: Record<'claims' | 'pauses' | 'rollbacks' | 'releases', number>
  /** How many writes the operator's processes sent. */
  writes: number
  virtualMs: number
}

export async function trySeed(seed: number): Promise<SeedResult> {
  const { plan, lived, violations } = await tryPlan(drawPlan(seed))
  const faults: Record<string, number> = {}
  for (const happening of plan.happenings) {
    if (isFault(happening)) faults[happening.kind] = (faults[happening.kind] ?? 0) + 1
  }
  return {
    seed,
    hash: lived.chronicle.hash(),
    violations,
    faults,
    ...(plan.paced === undefined ? {} : { pace: paceCounts(lived) }),
    requests: Object.fromEntries(lived.chronicle.befell),
    writes: lived.chronicle.sent.length,
    virtualMs: Math.round(lived.endMs),
  }
}
