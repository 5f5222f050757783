import type { Pacing, PaceStatus } from '../../api/index.ts'
import {
  decodeRecord,
  encodeRecord,
  type Epoch,
  gate,
  type GateDecision,
  type PaceClaims,
  type PacedDeployment,
  type PaceRecord,
  type PaceRules,
} from '../../pacing/index.ts'
import type { Place } from './rollout-groups.ts'
import type { Sight } from './sight.ts'
import { rulesOf } from './terms.ts'

/** What is decided of the pace of one Deployment: plain data. */
export interface PaceDecision {
  status: PaceStatus
  /** Applied once `status` is written, and never before. */
  claims: PaceClaims
  /** The template to put back, once `status` is written. */
  rollbackTo?: string
  /** What is to be heard from now on; undefined at rest. */
  epoch: Epoch | undefined
  rolling: boolean
  /** The API server refused the last write of it; `status` says how. */
  refused?: true
  /** Of the wall clock: looked at again then, whatever happens. */
  wakeMs?: number
}

export interface PaceInput {
  pacing: Pacing
  /** `status.targets[].pace` as it was last written. */
  known: PaceStatus | undefined
  facts: PacedDeployment
  sight: Sight | undefined
  /** The place in the rolloutGroup; undefined without one. */
  place?: Place | undefined
  /** Of the contract in force, what earlier rollouts asked for. @default 0 */
  drainRaiseInForce?: number
  nowMs: number
}

const nothingHeard = { outcome: 'Inconclusive', sinceMs: 0 } as const
/** However short maxHold is, a hold is not looked at more often than this without anything having happened. */
const shortestWakeMs = 1000

/** The gate's decision as a status, and what follows from it. */
export function decidePace(input: PaceInput): PaceDecision {
  const { pacing, known, facts, sight, place, drainRaiseInForce = 0, nowMs } = input
  const record = decodeRecord(known?.record)
  const rules = rulesOf(pacing)
  const decision = gate({
    facts,
    state: record?.state,
    verdict: sight?.pace ?? nothingHeard,
    rules,
    turn: pacing.rolloutGroup === undefined || place?.admittedMs !== undefined,
    drainRaiseInForce,
    nowMs,
  })
  const { rollout } = decision.state
  const baseline = rollout === undefined ? undefined : baselineOf(record, decision, sight)
  const drainRaiseSeconds = Math.max(known?.drainRaiseSeconds ?? 0, decision.drainRaiseSeconds)
  const next: PaceRecord = {
    state: decision.state,
    ...(baseline === undefined ? {} : { baseline }),
    ...(rollout === undefined || place === undefined ? {} : { group: place }),
  }
  // As another version is seen for the first time, what was heard is of the one before.
  const same = record?.state.templateId === facts.templateId
  const verdict = rollout !== undefined && same ? sight?.verdict : undefined
  return {
    status: {
      phase: decision.reason,
      message: decision.message,
      ...(verdict === undefined ? {} : { verdict: verdict.kind, because: verdict.because }),
      ...(rollout === undefined ? {} : { stepPods: rollout.stepPods }),
      ...(drainRaiseSeconds === 0 ? {} : { drainRaiseSeconds }),
      record: encodeRecord(next),
    },
    claims: decision.claims,
    ...(decision.rollbackTo === undefined ? {} : { rollbackTo: decision.rollbackTo }),
    epoch: rollout === undefined ? undefined : epochOf(rollout, baseline),
    rolling: rollout !== undefined,
    ...(decision.wakeMs === undefined ? {} : { wakeMs: Math.min(decision.wakeMs, nowMs + soonMs(rules)) }),
  }
}

/** The baseline of a rollout is what was known as it began; it is recorded, so that a restart does not forget it. */
function baselineOf(record: PaceRecord | undefined, { state }: GateDecision, sight: Sight | undefined) {
  const same = record?.state.rollout !== undefined && record.state.templateId === state.templateId
  return same ? record.baseline : (sight?.baseline ?? record?.baseline)
}

function epochOf(
  { blameFromMs, settledMs }: NonNullable<GateDecision['state']['rollout']>,
  baseline: PaceRecord['baseline'],
): Epoch {
  return {
    blameFromMs,
    ...(settledMs === undefined ? {} : { settledMs }),
    ...(baseline === undefined ? {} : { baseline }),
  }
}

/** A maxHold of seconds must not wait for the quarter of a lease. */
function soonMs({ maxHoldMs }: PaceRules): number {
  return Math.max(shortestWakeMs, Math.ceil(maxHoldMs / 4))
}
