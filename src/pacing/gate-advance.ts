import { answerBreach } from './breach.ts'
import type { PacedDeployment, PaceRules } from './gate-facts.ts'
import { ageSeconds, boundsOf, heldAnew, heldSinceMs, pausedByUser, strategyOf } from './gate-fields.ts'
import { hold, pause, whilePaused } from './gate-pause.ts'
import type { RolloutPace, Surroundings } from './gate-state.ts'
import { grownStep, shrunkStep, stepLimit } from './step.ts'

/** The next pace of a rollout that is not over. */
export function advance(rollout: RolloutPace, around: Surroundings): RolloutPace {
  if (rollout.phase === 'Passing') return rollout
  if (pausedByUser(around.facts)) return waitForUser(rollout, around)
  if (rollout.phase === 'Paused') return whilePaused(rollout, around)
  if (rollout.phase === 'RollingBack') return whileRollingBack(rollout, around)
  const breach = breachOf(rollout, around)
  if (breach !== undefined) return breach
  return rollout.phase === 'Releasing' ? whileReleasing(rollout, around) : whileHolding(rollout, around)
}

function waitForUser(rollout: RolloutPace, { facts, rules, nowMs }: Surroundings): RolloutPace {
  return hold({ ...rollout, heldSinceMs: heldAnew(rollout, rules, nowMs) }, facts, rules, nowMs)
}

/** What a breach changes; undefined where there is none, or nothing follows from it. */
function breachOf(rollout: RolloutPace, around: Surroundings): RolloutPace | undefined {
  const { facts, rules, nowMs, verdict, healthyTemplateId, drainRaiseInForce } = around
  const heard = verdict.outcome === 'Breached' && verdict.sinceMs >= rollout.blameFromMs
  // Pods that never become ready send nothing that could be counted. Paused, the Deployment would no longer say so.
  // Until it has seen this template, what it says is about the one before; and what is ready waits for nobody but us.
  const late = facts.observed && facts.deadlineExceeded && !isSettled(rollout, facts)
  const stuck = late && rules.onBreach === 'Rollback'
  if (!heard && !stuck) return undefined
  const answer = answerBreach({
    verdict: heard ? verdict : { blame: 'newVersion' },
    rules,
    facts,
    healthyTemplateId,
    drainRaiseSeconds: rollout.drainRaiseSeconds,
    drainRaiseInForce,
  })
  const shrunk = { ...rollout, stepPods: shrunkStep(rollout.stepPods, boundsOf(rollout.own, facts)) }
  if (answer.kind === 'Hold' || answer.kind === 'Report') return undefined
  if (answer.kind === 'Pause') return heard ? pause(unsettled(shrunk), answer.cause, around, answer.refused) : undefined
  const judgedAnew = { ...unsettled(shrunk), blameFromMs: nowMs }
  if (answer.kind === 'LongerDrain') {
    return hold({ ...judgedAnew, drainRaiseSeconds: answer.drainRaiseSeconds }, facts, rules, nowMs)
  }
  return hold({ ...judgedAnew, rollbackUntilMs: nowMs + rules.leaseMs }, facts, rules, nowMs, 'RollingBack')
}

function unsettled(rollout: RolloutPace): RolloutPace {
  const { settledMs: _, ...rest } = rollout
  return rest
}

/** Held all the while: a template that cannot be put back must let nothing through. Not in time: somebody has to look. */
function whileRollingBack(rollout: RolloutPace, around: Surroundings): RolloutPace {
  const { facts, rules, nowMs } = around
  if (nowMs < (rollout.rollbackUntilMs ?? 0)) return hold(rollout, facts, rules, nowMs, 'RollingBack')
  const { rollbackUntilMs: _, ...rest } = rollout
  return pause(rest, 'newVersion', around, 'not rolled back: the template could not be written. Paused instead')
}

/** The step has gone through when pods of the next one are there. The last one stays open until the rollout is over. */
function whileReleasing(rollout: RolloutPace, { facts, rules, nowMs }: Surroundings): RolloutPace {
  if (!facts.observed || facts.updated <= rollout.releasedAmong) return rollout
  const { stillSeconds: _, ...goesOn } = unsettled(rollout)
  return hold(goesOn, facts, rules, nowMs)
}

function whileHolding(rollout: RolloutPace, around: Surroundings): RolloutPace {
  const { facts, rules, verdict, nowMs, turn } = around
  if (!facts.observed) return rollout
  if (!turn) return hold({ ...rollout, heldSinceMs: heldAnew(rollout, rules, nowMs) }, facts, rules, nowMs)
  if (rollout.settledMs === undefined && isSettled(rollout, facts)) {
    return hold({ ...rollout, settledMs: nowMs }, facts, rules, nowMs)
  }
  const { settledMs } = rollout
  const healthy = verdict.outcome === 'Healthy' && settledMs !== undefined && verdict.sinceMs >= settledMs
  const watched = settledMs !== undefined && nowMs - settledMs >= rules.minHoldMs
  if (healthy && watched && hasRoom(rollout, facts, nowMs)) {
    const stepPods = grownStep(rollout.stepPods, boundsOf(rollout.own, facts))
    return release({ ...rollout, stepPods, heldSinceMs: nowMs, proven: true }, facts, rules, nowMs)
  }
  const reported = verdict.outcome === 'Breached' && rules.onBreach === 'Report' && watched
  if (reported) return release(rollout, facts, rules, nowMs)
  if (nowMs - rollout.heldSinceMs < rules.maxHoldMs) return hold(rollout, facts, rules, nowMs)
  // What waited for room was healthy all the while: the next step has its own time.
  if (healthy) return release({ ...rollout, heldSinceMs: nowMs }, facts, rules, nowMs)
  return rules.onInconclusive === 'Continue'
    ? release(rollout, facts, rules, nowMs)
    : pause(unsettled(rollout), 'inconclusive', around)
}

/** The Deployment controller has made what the step allows, and all of it is ready. */
function isSettled(rollout: RolloutPace, facts: PacedDeployment): boolean {
  const { updated, total, desired, readySinceMs } = facts
  const complete = updated >= desired || total >= desired + strategyOf(rollout, facts).surge
  return updated > 0 && readySinceMs.length >= updated && complete
}

/** The old pods that go for this step are within what may be disrupted, and within what may end at once. */
function hasRoom(rollout: RolloutPace, facts: PacedDeployment, nowMs: number): boolean {
  const held = heldSinceMs(rollout, facts)
  const youngest = held.at(-1)
  // Where every pod was let through already, there is nothing that room is for.
  const ready = youngest !== undefined && ageSeconds(youngest, nowMs) >= rollout.own.minReadySeconds
  const ending = facts.terminating + held.length <= Math.max(held.length, stepLimit(boundsOf(rollout.own, facts)))
  return ready && ending && held.length <= (facts.disruptionsAllowed ?? held.length)
}

/**
 * minReadySeconds becomes the age of the step's youngest pod, at most a lease: exactly what is there becomes available.
 * The pods of the next step are younger, so that a dead operator leaves a rollout as slow as its last step was watched.
 */
function release(rollout: RolloutPace, facts: PacedDeployment, rules: PaceRules, nowMs: number): RolloutPace {
  const youngest = heldSinceMs(rollout, facts).at(-1)
  // Nothing is ready: there is nothing to let through, and the Deployment itself waits.
  if (youngest === undefined) return hold(rollout, facts, rules, nowMs)
  const leaseSeconds = Math.ceil(rules.leaseMs / 1000)
  const seconds = Math.min(ageSeconds(youngest, nowMs), rollout.own.minReadySeconds + leaseSeconds)
  return {
    ...rollout,
    phase: 'Releasing',
    released: facts.readySinceMs.length,
    releasedAmong: facts.updated,
    stillSeconds: ageSeconds(youngest, nowMs),
    minReadySeconds: Math.max(rollout.own.minReadySeconds, seconds),
  }
}
