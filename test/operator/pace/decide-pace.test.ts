import { describe, expect, test } from 'vitest'
import { pacingSchema, type PaceStatus } from '../../../src/api/index.ts'
import { decodeRecord, paceDefaults, type PacedDeployment } from '../../../src/pacing/index.ts'
import { decidePace, type PaceInput } from '../../../src/operator/pace/decide-pace.ts'
import type { Sight } from '../../../src/operator/pace/sight.ts'

const nowMs = Date.UTC(2026, 0, 1)
const facts: PacedDeployment = {
  templateId: 'v1',
  revisionId: 'v1',
  observed: true,
  desired: 4,
  total: 4,
  updated: 4,
  terminating: 0,
  readySinceMs: [1, 2, 3, 4].map((age) => nowMs - age * 60_000),
  deadlineExceeded: false,
  live: paceDefaults,
  ours: [],
  taken: [],
}
const rolling: PacedDeployment = {
  ...facts,
  templateId: 'v2',
  revisionId: 'v2',
  total: 5,
  updated: 1,
  readySinceMs: [nowMs - 5000],
}

function decided(input: Partial<PaceInput> & { pacing?: never; spec?: object }) {
  const { spec = {}, ...rest } = input
  return decidePace({ pacing: pacingSchema.parse(spec), known: undefined, facts, sight: undefined, nowMs, ...rest })
}

/** Decides, and again on what was recorded, with what was heard meanwhile. */
function followed(steps: readonly (Partial<PaceInput> & { spec?: object })[]) {
  let known: PaceStatus | undefined
  return steps.map((step) => {
    const decision = decided({ ...step, known } as never)
    known = decision.status
    return decision
  })
}

const heard = (outcome: Sight['pace']['outcome'], sinceMs: number, more: Partial<Sight> = {}): Sight => ({
  pace: { outcome, sinceMs, ...(outcome === 'Breached' ? { blame: 'newVersion' } : {}) },
  ...more,
})

describe('at rest', () => {
  test('nothing is claimed, watched or waited for', () => {
    const decision = decided({})
    expect(decision).toMatchObject({ claims: {}, epoch: undefined, rolling: false, status: { phase: 'AtRest' } })
    expect(decision.wakeMs).toBeUndefined()
  })

  test('the template that runs as we come is known as healthy', () => {
    expect(decodeRecord(decided({}).status.record)?.state).toEqual({ templateId: 'v1', healthyTemplateId: 'v1' })
  })
})

describe('a rollout', () => {
  test('is held, and what is heard from now on counts against the baseline of before', () => {
    const baseline = { requests: 5000, errors: 25 }
    const [, begun] = followed([{}, { facts: rolling, sight: heard('Inconclusive', 0, { baseline }) }])
    expect(begun).toMatchObject({
      rolling: true,
      epoch: { blameFromMs: nowMs, baseline },
      status: { phase: 'Holding' },
    })
    expect(begun?.claims.minReadySeconds).toBeGreaterThan(60)
  })

  test('keeps its baseline when another process goes on, which has none', () => {
    const baseline = { requests: 5000, errors: 25 }
    const [, , next] = followed([
      {},
      { facts: rolling, sight: heard('Inconclusive', 0, { baseline }) },
      { facts: rolling, nowMs: nowMs + 1000 },
    ])
    expect(next?.epoch?.baseline).toEqual(baseline)
  })

  test('is told by no verdict of the version that it replaces', () => {
    const told = { kind: 'Breached', because: 'of v1' } as NonNullable<Sight['verdict']>
    const sight = heard('Breached', 0, { verdict: told })
    const [, begun, next] = followed([{}, { facts: rolling, sight }, { facts: rolling, sight }])
    expect([begun?.status.verdict, next?.status.verdict]).toEqual([undefined, 'Breached'])
  })

  test('takes no baseline of a rollout for the next one', () => {
    const [, , next] = followed([
      {},
      { facts: rolling, sight: heard('Inconclusive', 0, { baseline: { requests: 10, errors: 0 } }) },
      {
        facts: { ...rolling, templateId: 'v3' },
        sight: heard('Inconclusive', 0, { baseline: { requests: 20, errors: 0 } }),
      },
    ])
    expect(next?.epoch?.baseline).toEqual({ requests: 20, errors: 0 })
  })

  test('that is bad is paused, and the status that says so is the record of it', () => {
    const [, , paused] = followed([
      {},
      { facts: rolling },
      { facts: rolling, sight: heard('Breached', nowMs + 1000), nowMs: nowMs + 2000 },
    ])
    expect(paused).toMatchObject({ claims: { paused: true }, status: { phase: 'Paused' } })
    expect(decodeRecord(paused?.status.record)?.state.rollout?.pause?.cause).toBe('newVersion')
  })

  test.each([
    ['allowed', { rollbackAllowed: true }, { rollbackTo: 'v1', phase: 'RollingBack' }],
    ['not allowed by its owner', { rollbackAllowed: false }, { rollbackTo: undefined, phase: 'Paused' }],
    [
      'owned by Flux',
      { rollbackAllowed: true, gitOpsManager: 'kustomize-controller' },
      { rollbackTo: undefined, phase: 'Paused' },
    ],
  ])('that is bad and to be rolled back, %s', (_, more, expected) => {
    const spec = { onBreach: 'Rollback' }
    const [, , decision] = followed([
      { spec },
      { spec, facts: { ...rolling, ...more } },
      { spec, facts: { ...rolling, ...more }, sight: heard('Breached', nowMs + 1000), nowMs: nowMs + 2000 },
    ])
    expect({ rollbackTo: decision?.rollbackTo, phase: decision?.status.phase }).toEqual(expected)
  })

  test('with a record that cannot be read begins anew, held', () => {
    const known: PaceStatus = { phase: 'Paused', message: '', record: '{"state":{"templateId":7}}' }
    expect(decided({ facts: rolling, known })).toMatchObject({ status: { phase: 'Holding' } })
  })

  test('is looked at soon where maxHold is short', () => {
    const [, begun] = followed([{ spec: { maxHold: '8s' } }, { spec: { maxHold: '8s' }, facts: rolling }])
    expect(begun?.wakeMs).toBe(nowMs + 2000)
  })

  test('without a place in its group waits for its turn, and goes on with one', () => {
    const spec = { rolloutGroup: { name: 'front' } }
    const waiting = { waitingSinceMs: nowMs }
    const [, without, admitted] = followed([
      { spec },
      { spec, facts: rolling, place: waiting },
      { spec, facts: rolling, place: { ...waiting, admittedMs: nowMs + 1 }, nowMs: nowMs + 2 },
    ])
    expect(without?.status.phase).toBe('WaitingForTurn')
    expect(decodeRecord(without?.status.record)?.group).toEqual(waiting)
    expect(admitted?.status.phase).toBe('Holding')
    expect(decodeRecord(admitted?.status.record)?.group?.admittedMs).toBe(nowMs + 1)
  })
})

test('a drain raise is kept when its rollout is over', () => {
  const known: PaceStatus = { phase: 'Holding', message: '', drainRaiseSeconds: 4 }
  expect(decided({ known }).status.drainRaiseSeconds).toBe(4)
})

test('drains are raised once in a rollout, from what is in force', () => {
  const draining: Sight = { pace: { outcome: 'Breached', blame: 'draining', sinceMs: nowMs } }
  const begun = { facts: rolling, drainRaiseInForce: 8 }
  const raises = followed([{}, begun, { ...begun, sight: draining }, { ...begun, sight: draining }])
  expect(raises.map(({ status }) => status.drainRaiseSeconds)).toEqual([undefined, undefined, 16, 16])
})
