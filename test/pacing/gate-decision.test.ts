import { describe, expect, test } from 'vitest'
import {
  gate,
  type GateInput,
  type PacedDeployment,
  paceDefaults,
  paceRuleDefaults,
  type PaceState,
  type PaceVerdict,
  type RolloutPace,
  rolls,
} from '../../src/pacing/index.ts'

const nowMs = 1_000_000_000
const facts: PacedDeployment = {
  revisionId: 'new',
  templateId: 't1',
  observed: true,
  desired: 8,
  total: 9,
  updated: 1,
  terminating: 0,
  readySinceMs: [nowMs - 30_000],
  deadlineExceeded: false,
  live: { ...paceDefaults, maxSurge: 1, maxUnavailable: 0, minReadySeconds: 150 },
  ours: ['maxSurge', 'maxUnavailable', 'minReadySeconds', 'progressDeadlineSeconds'],
  taken: [],
}
const { paused: _, ...own } = paceDefaults
const rollout: RolloutPace = {
  phase: 'Holding',
  revisionId: 'new',
  own,
  stepPods: 1,
  minReadySeconds: 150,
  released: 0,
  releasedAmong: 0,
  settledMs: nowMs - 20_000,
  blameFromMs: nowMs - 40_000,
  heldSinceMs: nowMs - 40_000,
  proven: false,
  drainRaiseSeconds: 0,
}
const decide = (
  change: { facts?: Partial<PacedDeployment>; rollout?: Partial<RolloutPace>; verdict?: Partial<PaceVerdict> },
  input: Partial<GateInput> = {},
) => {
  const state: PaceState = { templateId: 't1', healthyTemplateId: 't0', rollout: { ...rollout, ...change.rollout } }
  const verdict: PaceVerdict = { outcome: 'Healthy', sinceMs: nowMs - 20_000, ...change.verdict }
  return gate({ facts: { ...facts, ...change.facts }, state, verdict, rules: paceRuleDefaults, nowMs, ...input })
}
const phase = (...input: Parameters<typeof decide>) => decide(...input).state.rollout?.phase

test('a step is let through at the age of its youngest pod, never wide open', () => {
  expect(decide({})).toMatchObject({ reason: 'Stepping', claims: { minReadySeconds: 30, maxUnavailable: 0 } })
})

test('requests from before the step was ready do not find it healthy', () => {
  expect(phase({ verdict: { sinceMs: nowMs - 20_001 } })).toBe('Holding')
})

test('a breach that was answered is not answered twice', () => {
  const outcome = 'Breached'
  expect(phase({ verdict: { outcome, sinceMs: nowMs - 40_001 } })).toBe('Holding')
  expect(phase({ verdict: { outcome, sinceMs: nowMs - 40_000 } })).toBe('Paused')
})

test("somebody else's pause keeps the gate from deciding anything", () => {
  expect(phase({ facts: { live: { ...facts.live, paused: true } } })).toBe('Holding')
})

test('a step is not settled while pods of it are still to be made', () => {
  const { settledMs: _, ...fresh } = rollout
  const state: PaceState = { templateId: 't1', rollout: fresh }
  const settled = (total: number) =>
    gate({
      facts: { ...facts, total },
      state,
      verdict: { outcome: 'Inconclusive', sinceMs: 0 },
      rules: paceRuleDefaults,
      nowMs,
    }).state.rollout?.settledMs
  expect([settled(8), settled(9)]).toEqual([undefined, nowMs])
})

test("the user's own minReadySeconds is waited for", () => {
  const change = {
    facts: { live: { ...facts.live, minReadySeconds: 31 }, ours: [], taken: ['minReadySeconds'] },
  } as const
  expect(phase(change)).toBe('Holding')
  expect(phase({ facts: { ...change.facts, live: { ...facts.live, minReadySeconds: 30 } } })).toBe('Releasing')
})

test('a rollout is not over before the controller has seen the template', () => {
  expect(decide({ facts: { observed: false, total: 1 } }).claims.minReadySeconds).toBe(150)
})

test('a rollback that does not happen becomes a pause', () => {
  const rollingBack = (rollbackUntilMs: number) => decide({ rollout: { phase: 'RollingBack', rollbackUntilMs } })
  expect(rollingBack(nowMs + 1)).toMatchObject({ reason: 'RollingBack', rollbackTo: 't0' })
  expect(rollingBack(nowMs).claims.paused).toBe(true)
})

test('our own contract in the middle of a rollout makes other pods of the same version: they are let through anew', () => {
  const other = { revisionId: 'other', updated: 2, readySinceMs: [nowMs - 9000, nowMs - 8000] }
  const known = { released: 5, releasedAmong: 5, settledMs: nowMs - 20_000 }
  const { state } = decide({ facts: other, rollout: known, verdict: { outcome: 'Healthy', sinceMs: nowMs - 15_000 } })
  expect(state.rollout).toMatchObject({ phase: 'Holding', revisionId: 'other', released: 0, releasedAmong: 0 })
})

test('where every ready pod was let through, looking again changes nothing', () => {
  const all = { released: 1, releasedAmong: 1 }
  const first = decide({ rollout: all, verdict: { outcome: 'Healthy', sinceMs: nowMs } }).state.rollout
  expect(first).toMatchObject({ heldSinceMs: rollout.heldSinceMs, stepPods: 1 })
})

describe('while paused', () => {
  const paused: Partial<RolloutPace> = {
    phase: 'Paused',
    blameFromMs: nowMs - 60_000,
    heldSinceMs: nowMs - 60_000,
    pause: { cause: 'newVersion', untilMs: nowMs + 60_000, seen: true },
  }
  const live = { ...facts.live, paused: true }
  const ours = [...facts.ours, 'paused' as const]
  const at = (pause: Partial<NonNullable<RolloutPace['pause']>>, verdict: Partial<PaceVerdict>, more: object = {}) =>
    decide({
      facts: { live, ours, ...more },
      rollout: { ...paused, pause: { ...paused.pause!, ...pause } },
      verdict: { sinceMs: nowMs - 60_000, ...verdict },
    }).state.rollout

  test('a breach that goes on is judged anew, so that its end can be heard', () => {
    expect(at({}, { outcome: 'Breached', blame: 'newVersion' })).toMatchObject({ phase: 'Paused', blameFromMs: nowMs })
    expect(at({}, { outcome: 'Inconclusive' })).toMatchObject({ phase: 'Paused', blameFromMs: nowMs - 60_000 })
  })

  test('who is blamed in a pause for want of requests is its cause from then on', () => {
    const cause = 'inconclusive' as const
    expect(at({ cause }, { outcome: 'Breached', blame: 'background' })?.pause?.cause).toBe('background')
  })

  test('what found it healthy counts for the step that it ends', () => {
    const rolls = at({ cause: 'inconclusive' }, { outcome: 'Healthy' })
    expect(rolls).toMatchObject({ phase: 'Holding', blameFromMs: nowMs - 60_000, settledMs: nowMs - 60_000 })
  })

  test('other pods of the same version are not those that were blamed', () => {
    const rolls = at({}, { outcome: 'Inconclusive' }, { revisionId: 'other', readySinceMs: [] })
    expect(rolls).toMatchObject({ phase: 'Holding', revisionId: 'other', released: 0 })
    expect(rolls?.pause).toBeUndefined()
  })
})

test('a progress deadline that the version before has missed rolls back no fix of it', () => {
  const rules = { ...paceRuleDefaults, onBreach: 'Rollback' as const }
  const late = (observed: boolean) =>
    phase({ facts: { deadlineExceeded: true, observed, readySinceMs: [] } }, { rules })
  expect([late(false), late(true)]).toEqual(['Holding', 'RollingBack'])
})

test('nor does one that is missed while all is ready, and only held', () => {
  const rules = { ...paceRuleDefaults, onBreach: 'Rollback' as const }
  const verdict = { outcome: 'Inconclusive' } as const
  expect(phase({ facts: { deadlineExceeded: true }, verdict }, { rules })).toBe('Holding')
})

test('a step that was held for long has all of the own progress deadline left when it is let through', () => {
  const readySinceMs = [nowMs - 1_500_000]
  const { claims, state } = decide({ facts: { readySinceMs } })
  expect(claims).toMatchObject({ minReadySeconds: 120, progressDeadlineSeconds: 1500 + 600 })
  // The pods of the next step are there.
  const next = gate({
    facts: { ...facts, readySinceMs, updated: 2, total: 10 },
    state,
    verdict: { outcome: 'Inconclusive', sinceMs: 0 },
    rules: paceRuleDefaults,
    nowMs,
  })
  expect(next.claims).toMatchObject({ minReadySeconds: 120, progressDeadlineSeconds: 120 + 600 })
})

describe('a Deployment rolls', () => {
  const still = { ...facts, total: 8, updated: 8 }
  const known = (templateId: string, more: object = {}): PaceState => ({ templateId, ...more })
  test.each<[string, PacedDeployment, PaceState | undefined, boolean]>([
    ['not at rest', still, known('t1'), false],
    ['not when it is over, whatever its record says', still, known('t1', { rollout }), false],
    ['while pods of two templates are there', facts, undefined, true],
    ['by its record', { ...still, observed: false }, known('t1', { rollout }), true],
    ['as soon as its template is another one', { ...still, observed: false }, known('t0'), true],
    ['not because somebody scaled it', { ...still, observed: false }, known('t1'), false],
  ])('%s', (_, given, state, expected) => expect(rolls(given, state)).toBe(expected))
})
