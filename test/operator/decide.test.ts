import { describe, expect, test } from 'vitest'
import type { DrainPolicyStatus } from '../../src/api/index.ts'
import type { TargetFacts } from '../../src/operator/gather.ts'
import { carried, conditionOf, context, decided, fast, slow, stated } from './decisions.ts'
import { deploymentOf, podOf, serviceOf, targetOf } from './facts.ts'

describe('conditions', () => {
  const before = '2026-01-05T00:00:00Z'
  const known = (status: 'True' | 'False'): DrainPolicyStatus => ({
    conditions: [{ type: 'Ready', status, lastTransitionTime: before, reason: 'Delivering', message: 'before' }],
  })
  const ready = (status: DrainPolicyStatus) =>
    decided({ status, targets: [targetOf({ deployment: carried })] }).status.conditions?.find(
      ({ type }) => type === 'Ready',
    )

  test('keep the time of their last transition while their status stays', () => {
    expect(ready(known('True'))).toMatchObject({ reason: 'Reconciled', lastTransitionTime: before })
  })

  test('take the present time when their status changes', () => {
    expect(ready(known('False'))).toMatchObject({ status: 'True', lastTransitionTime: context.now })
  })

  test('are about the generation that was looked at', () => {
    expect(ready({})?.observedGeneration).toBe(3)
  })

  test('tell measured from measuring', () => {
    expect(conditionOf(decided({ targets: [targetOf()] }), 'PropagationMeasured')).toBe('False Measuring')
    expect(conditionOf(decided({ targets: [targetOf({ propagation: fast })] }), 'PropagationMeasured')).toBe(
      'True Measured',
    )
    expect(conditionOf(decided({ targets: [] }), 'PropagationMeasured')).toBe('Unknown TargetNotFound')
  })
})

describe('several Deployments', () => {
  const spec = { selector: { matchLabels: { team: 'shop' } } }
  const cart = deploymentOf({ name: 'cart', graceSeconds: 95, sleepSeconds: 15 })

  test('are decided one by one, and told together', () => {
    const decision = decided({ spec, targets: [targetOf({ deployment: cart }), targetOf({ propagation: slow })] })
    expect(decision.targets.map(({ name, patch }) => [name, patch !== undefined])).toEqual([
      ['cart', false],
      ['checkout', true],
    ])
    expect(decision.status.summary).toMatchObject({ target: '2 Deployments', drainDelay: '30s', pods: '0/2' })
    expect(decision.status.conditions?.[0]?.message).toBe('being written: checkout')
  })

  test('one that is blocked does not stop the other', () => {
    const blocked = targetOf({ deployment: cart, rival: 'older' })
    const decision = decided({ spec, targets: [blocked, targetOf()] })
    expect(decision.targets.map(({ patch }) => patch !== undefined)).toEqual([false, true])
    expect(conditionOf(decision, 'Ready')).toBe('False TargetConflict')
  })
})

describe('a policy that cannot work', () => {
  test('keeps what was measured', () => {
    const status: DrainPolicyStatus = {
      targets: [{ name: 'checkout', propagation: { samples: 2, uninformative: 0, bound: '15s', history: '400 480' } }],
    }
    const decision = decided({ spec: { mode: 'Guess' }, status })
    expect(decision.status.targets).toEqual(status.targets)
    expect(decision.targets).toEqual([])
  })
})

describe('the status of a target', () => {
  const whole = (target: TargetFacts) => decided({ targets: [target], status: stated(15, 95) }).status.targets?.[0]

  test('counts pods by their own specification', () => {
    const spec = {
      terminationGracePeriodSeconds: 95,
      containers: [{ name: 'app', lifecycle: { preStop: { sleep: { seconds: 15 } } } }],
    }
    const leaving = { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 }
    const pods = [podOf(), podOf({ spec }, { uid: 'pod-2' }), podOf({ spec }, { uid: 'pod-3', ...leaving })]
    expect(whole(targetOf({ deployment: carried, pods }))?.pods).toEqual({ total: 2, onContract: 1, terminating: 1 })
  })

  test('warns of Services that cannot let go of a pod', () => {
    const services = [serviceOf({ publishNotReadyAddresses: true }), serviceOf({ clusterIP: 'None' }, 'peers')]
    const told = whole(targetOf({ services }))?.services
    expect(told?.map(({ name, warning }) => [name, warning?.split(':')[0]])).toEqual([
      ['checkout', 'publishNotReadyAddresses is set'],
      ['peers', 'headless'],
    ])
  })

  test('names the phase of the rollout', () => {
    const phase = (rollout: Record<string, number>) =>
      whole(targetOf({ deployment: deploymentOf({}, rollout) }))?.rollout?.phase
    expect(phase({})).toBe('Complete')
    expect(phase({ replicas: 3 })).toBe('Progressing')
    expect(phase({ observedGeneration: 3 })).toBe('Progressing')
  })
})

test('a pace is decided with the raise of the drain that is in force, not with one that was asked for since', () => {
  const [known] = stated(15, 95).targets ?? []
  if (known?.contract === undefined) throw new Error('no contract')
  const contract = { ...known.contract, drainRaiseSeconds: 4 }
  const pace = { phase: 'Holding', message: '', drainRaiseSeconds: 8 } as const
  const asked: number[] = []
  decided({
    spec: { pacing: {} },
    status: { observedGeneration: 3, targets: [{ ...known, uid: carried.view.uid, contract, pace }] },
    targets: [targetOf({ deployment: carried })],
    context: {
      pace: (...[, , , drainRaiseInForce]) => {
        asked.push(drainRaiseInForce)
        return { status: pace, claims: {}, epoch: undefined, rolling: true }
      },
    },
  })
  expect(asked).toEqual([4])
})
