import type { PacedDeployment, PaceRules } from './gate-facts.ts'
import { heldAnew, holdSeconds } from './gate-fields.ts'
import type { Pause, RolloutPace, Surroundings } from './gate-state.ts'

/** Holds, and pauses no longer. */
export function hold(
  rollout: RolloutPace,
  facts: PacedDeployment,
  rules: PaceRules,
  nowMs: number,
  phase: 'Holding' | 'RollingBack' = 'Holding',
): RolloutPace {
  const { pause: _, ...rest } = rollout
  return { ...rest, phase, minReadySeconds: holdSeconds(rollout, facts, rules, nowMs) }
}

/** Only a pause stops a rollout for good, so that it needs a cause, and a deadline that a live operator renews. */
export function pause(
  rollout: RolloutPace,
  cause: Pause['cause'],
  { facts, rules, nowMs }: Surroundings,
  refused?: string,
): RolloutPace {
  return {
    ...hold(rollout, facts, rules, nowMs),
    phase: 'Paused',
    proven: false,
    // Where nothing was concluded, what was heard goes on to count.
    blameFromMs: cause === 'inconclusive' ? rollout.blameFromMs : nowMs,
    heldSinceMs: nowMs,
    pause: { cause, untilMs: nowMs + rules.leaseMs, seen: false, ...(refused === undefined ? {} : { refused }) },
  }
}

/**
 * A pause ends when somebody resumes by hand, when its deadline passed unrenewed (the operator was away: it holds, and
 * judges anew), or when the objective holds again. A version that was blamed has to be healthy for maxHold.
 */
export function whilePaused(rollout: RolloutPace, around: Surroundings): RolloutPace {
  const { facts, rules, nowMs, verdict } = around
  const { pause } = rollout
  if (pause === undefined || nowMs >= pause.untilMs) return resume(rollout, around)
  if (pause.seen && !facts.live.paused) return overridden(rollout)
  const seen = pause.seen || (facts.live.paused && facts.ours.includes('paused'))
  const current = verdict.sinceMs >= rollout.blameFromMs ? verdict.outcome : 'Inconclusive'
  const { healthySinceMs: before, ...rest } = pause
  const healthySinceMs = current === 'Healthy' ? (before ?? nowMs) : undefined
  if (healthySinceMs !== undefined) {
    const neededMs = pause.cause === 'newVersion' ? rules.maxHoldMs : 0
    if (nowMs - healthySinceMs >= neededMs) return resumeHealthy(rollout, around)
  }
  const silent = current === 'Inconclusive' && rules.onInconclusive === 'Continue'
  if (silent && nowMs - rollout.heldSinceMs >= rules.maxHoldMs) return resume(rollout, around)
  const renew = pause.untilMs - nowMs <= rules.leaseMs / 2
  const heldSinceMs = current === 'Inconclusive' ? rollout.heldSinceMs : heldAnew(rollout, rules, nowMs)
  const breached = current === 'Breached'
  return {
    ...rollout,
    heldSinceMs,
    // A breach that is heard in a pause is judged anew from now and then, or nothing else could ever be concluded.
    ...(breached && heldSinceMs === nowMs ? { blameFromMs: nowMs } : {}),
    pause: {
      ...rest,
      ...(breached && pause.cause === 'inconclusive' ? { cause: verdict.blame ?? 'service' } : {}),
      seen,
      untilMs: renew ? nowMs + rules.leaseMs : pause.untilMs,
      ...(healthySinceMs === undefined ? {} : { healthySinceMs }),
    },
  }
}

/** Never opens: it holds, in the smaller step that the breach left. */
function resume(rollout: RolloutPace, { facts, rules, nowMs }: Surroundings): RolloutPace {
  return hold({ ...rollout, blameFromMs: nowMs, heldSinceMs: nowMs }, facts, rules, nowMs)
}

/** What was heard in the pause finds the step healthy: it is let through as soon as it is looked at. */
function resumeHealthy(rollout: RolloutPace, { facts, rules, nowMs }: Surroundings): RolloutPace {
  return hold({ ...rollout, settledMs: rollout.blameFromMs, heldSinceMs: nowMs }, facts, rules, nowMs)
}

function overridden(rollout: RolloutPace): RolloutPace {
  const { pause: _, ...rest } = rollout
  return { ...rest, phase: 'Passing', passing: 'Overridden', proven: false }
}
