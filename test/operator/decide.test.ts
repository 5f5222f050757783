import { describe, expect, test } from 'vitest'
import { type DrainPolicyStatus, statusSchema } from '../../src/api/index.ts'
import { decide, type Decision } from '../../src/operator/index.ts'
import type { DecisionContext } from '../../src/operator/decide.ts'
import type { TargetFacts } from '../../src/operator/gather.ts'
import { deploymentOf, drains, podOf, policyOf, serviceOf, targetOf } from './facts.ts'

const context: DecisionContext = { now: '2026-02-01T00:00:00Z', serverVersion: { major: 1, minor: 36 } }

type Spec = Parameters<typeof policyOf>[0]

/** What status says when `contract` is in force. */
function stated(drainDelaySeconds: number, gracePeriodSeconds: number, name = 'checkout'): DrainPolicyStatus {
  const contract = { drainDelaySeconds, terminationGracePeriodSeconds: gracePeriodSeconds, because: 'as before' }
  return { targets: [{ name, contract }] }
}

interface Case {
  spec?: Spec
  status?: DrainPolicyStatus
  targets?: TargetFacts[]
  context?: Partial<DecisionContext>
  expected: {
    /** D and G of the patch; absent when nothing is written. */
    patch?: [number | undefined, number]
    /** D and G in status. */
    contract?: [number, number]
    ready: string
    delivered?: string
    stalled?: string
    message?: string | RegExp
  }
}

const written = { graceSeconds: 95, sleepSeconds: 15 }
const carried = deploymentOf(written)
const fast = drains(59, 400)
const slow = drains(59, 20_000)

const cases: Record<string, Case> = {
  'a first delivery writes the assumed contract': {
    targets: [targetOf()],
    expected: { patch: [15, 95], contract: [15, 95], ready: 'False Delivering', delivered: 'False Delivering' },
  },
  'a template that carries the contract is left alone': {
    targets: [targetOf({ deployment: carried })],
    status: stated(15, 95),
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True Reconciled' },
  },
  'a longer delay that a stated hook covers costs no rollout, though less grace would do': {
    spec: { propagation: { initial: '5s' }, contract: { requestTime: { source: 'Static', max: '1s' } } },
    targets: [targetOf({ deployment: deploymentOf({ graceSeconds: 57, sleepSeconds: 30, hookOwner: 'helm' }) })],
    status: stated(3, 30),
    expected: { contract: [5, 30], ready: 'True Reconciled', delivered: 'True Reconciled' },
  },
  'the same in a rollout that has just begun gives back what is too much': {
    spec: { propagation: { initial: '5s' }, contract: { requestTime: { source: 'Static', max: '1s' } } },
    targets: [
      targetOf({
        deployment: deploymentOf(
          { graceSeconds: 57, sleepSeconds: 30, hookOwner: 'helm' },
          { replicas: 3, updatedReplicas: 1 },
        ),
      }),
    ],
    status: stated(3, 30),
    expected: { patch: [undefined, 55], contract: [5, 30], ready: 'False Delivering', delivered: 'False Delivering' },
  },
  'Observe computes and writes nothing': {
    spec: { mode: 'Observe' },
    targets: [targetOf()],
    expected: {
      contract: [15, 95],
      ready: 'True Observing',
      delivered: 'False Observing',
      message: /^mode is Observe/,
    },
  },
  'Observe follows what is measured at once, since it costs nothing': {
    spec: { mode: 'Observe' },
    status: stated(15, 95),
    targets: [targetOf({ propagation: fast })],
    expected: { contract: [1, 89], ready: 'True Observing' },
  },
  'a shorter contract waits for a rollout': {
    status: stated(15, 95),
    targets: [targetOf({ deployment: carried, propagation: fast })],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a shorter contract rides on a rollout that is under way': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf({ graceSeconds: 95, sleepSeconds: 15 }, { replicas: 3, updatedReplicas: 1 }),
        propagation: fast,
      }),
    ],
    expected: { patch: [1, 89], contract: [1, 89], ready: 'False Delivering' },
  },
  'a shorter contract rides on a deploy that came after our last write': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf(
          { ...written, writtenAt: '2026-02-01T00:00:00Z', deployedAt: '2026-02-01T00:00:01Z' },
          { replicas: 3, updatedReplicas: 1 },
        ),
        propagation: fast,
      }),
    ],
    expected: { patch: [1, 89], contract: [1, 89], ready: 'False Delivering' },
  },
  'a shorter contract does not ride on a rollout of our own, also within the second of a deploy': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf(
          { ...written, writtenAt: '2026-02-01T00:00:01Z', deployedAt: '2026-02-01T00:00:01Z' },
          { replicas: 3, updatedReplicas: 1 },
        ),
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a shorter contract does not ride on a rollout that is nearly over': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf({ graceSeconds: 95, sleepSeconds: 15 }, { replicas: 61, updatedReplicas: 58 }),
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a scale-up is no rollout for a shorter contract to ride on': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf({ graceSeconds: 95, sleepSeconds: 15 }, { replicas: 1, updatedReplicas: 1 }),
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a change that its controller has not looked at yet is not taken for a rollout': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf(
          { graceSeconds: 95, sleepSeconds: 15 },
          { observedGeneration: 3, replicas: 3, updatedReplicas: 2 },
        ),
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'without any pod a shorter contract costs nothing': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf(written, { replicas: 0, updatedReplicas: 0 }),
        pods: [],
        propagation: fast,
      }),
    ],
    expected: { patch: [1, 89], contract: [1, 89], ready: 'False Delivering' },
  },
  'scaled to nothing, a shorter contract waits for the drains of the last pods': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf(written, { replicas: 0, updatedReplicas: 0 }),
        pods: [podOf({}, { deletionTimestamp: '2026-02-01T00:00:00Z' })],
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a contract that was computed but never written is not waited for': {
    status: stated(15, 95),
    targets: [targetOf({ propagation: fast })],
    expected: { patch: [1, 89], contract: [1, 89], ready: 'False Delivering' },
  },
  'a template ahead of status, as after a crash, is not taken back': {
    status: stated(5, 75),
    spec: { propagation: { initial: '5s' } },
    targets: [targetOf({ deployment: carried })],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'beside a longer hook of somebody else, a shorter grace period waits too': {
    status: stated(15, 95),
    targets: [
      targetOf({
        deployment: deploymentOf({ graceSeconds: 100, sleepSeconds: 20, hookOwner: 'helm-controller' }),
        propagation: fast,
      }),
    ],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
  },
  'a longer contract is written at once': {
    status: stated(15, 95),
    targets: [targetOf({ deployment: carried, propagation: slow })],
    expected: { patch: [30, 115], contract: [30, 115], ready: 'False Delivering' },
  },
  'a longer contract waits a moment after our last write': {
    status: stated(15, 95),
    targets: [targetOf({ deployment: carried, propagation: slow })],
    context: { raiseWaits: () => true },
    expected: { contract: [15, 95], ready: 'False Delivering', delivered: 'False Delivering' },
  },
  'a longer contract rides on a rollout of somebody at once': {
    status: stated(15, 95),
    targets: [targetOf({ deployment: deploymentOf(written, { replicas: 3, updatedReplicas: 1 }), propagation: slow })],
    context: { raiseWaits: () => true },
    expected: { patch: [30, 115], contract: [30, 115], ready: 'False Delivering' },
  },
  'a contract that somebody took away is written at once, however short ago we wrote': {
    status: stated(15, 95),
    targets: [targetOf({ propagation: slow })],
    context: { raiseWaits: () => true },
    expected: { patch: [30, 115], contract: [30, 115], ready: 'False Delivering' },
  },
  'noise changes nothing': {
    status: stated(15, 95),
    targets: [targetOf({ deployment: carried, propagation: drains(59, 9500) })],
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True Reconciled' },
  },
  'a stated grace period that is too small blocks': {
    targets: [targetOf({ deployment: deploymentOf({ graceSeconds: 20, owner: 'helm-controller' }) })],
    expected: {
      contract: [15, 95],
      ready: 'False ContractBlocked',
      delivered: 'False ContractBlocked',
      stalled: 'True ContractBlocked',
      message: /Flux.*Write terminationGracePeriodSeconds: 95/,
    },
  },
  'a stated hook that is too short blocks': {
    targets: [targetOf({ deployment: deploymentOf({ graceSeconds: 120, sleepSeconds: 3, owner: 'me' }) })],
    expected: {
      contract: [15, 95],
      ready: 'False ContractBlocked',
      stalled: 'True ContractBlocked',
      message: /lasts 3 s and the drain delay is 15 s/,
    },
  },
  'a container that is not there blocks': {
    spec: { contract: { container: 'web' } },
    targets: [targetOf()],
    expected: { contract: [15, 95], ready: 'False ContractBlocked', stalled: 'True ContractBlocked', message: /web/ },
  },
  'drain-server that is asked for and not there blocks': {
    spec: { contract: { drain: { method: 'HTTP' } } },
    targets: [targetOf()],
    expected: { contract: [15, 95], ready: 'False ContractBlocked', stalled: 'True ContractBlocked', message: /drain/ },
  },
  'an API server without preStop.sleep blocks': {
    context: { serverVersion: { major: 1, minor: 29 } },
    targets: [targetOf()],
    expected: { contract: [15, 95], ready: 'False ContractBlocked', stalled: 'True ContractBlocked', message: /1\.30/ },
  },
  'a hook that somebody keeps putting back blocks': {
    context: { reverted: () => ['preStop'] },
    targets: [targetOf()],
    expected: {
      contract: [15, 95],
      ready: 'False ContractBlocked',
      stalled: 'True ContractBlocked',
      message: /put back each time/,
    },
  },
  'what was put back before and is left alone now is no obstacle': {
    context: { reverted: () => ['preStop'] },
    status: stated(15, 95),
    targets: [targetOf({ deployment: carried })],
    expected: { contract: [15, 95], ready: 'True Reconciled' },
  },
  'another policy for the same Deployment stops this one': {
    targets: [targetOf({ rival: 'older' })],
    expected: {
      contract: [15, 95],
      ready: 'False TargetConflict',
      stalled: 'True TargetConflict',
      message: /^policy older is for Deployment checkout already/,
    },
  },
  'a Service that is named and not there stops this policy': {
    targets: [targetOf({ missingServices: ['chekout'] })],
    expected: {
      contract: [15, 95],
      ready: 'False ServiceNotFound',
      stalled: 'True ServiceNotFound',
      message: /chekout/,
    },
  },
  'a Service that selects other pods stops this policy': {
    targets: [targetOf({ mismatchedServices: ['cart'] })],
    expected: { contract: [15, 95], ready: 'False ServiceMismatch', stalled: 'True ServiceMismatch', message: /cart/ },
  },
  'a bound below the need is written as far as it goes, and told': {
    spec: { contract: { bounds: { gracePeriod: { max: '60s' } } } },
    targets: [targetOf()],
    expected: {
      patch: [15, 60],
      contract: [15, 60],
      ready: 'False BudgetShort',
      delivered: 'False Delivering',
      message: /raise bounds\.gracePeriod\.max/,
    },
  },
  'a window that is too small for the quantile is told, with what to write': {
    spec: { propagation: { quantile: 0.99, window: 200 } },
    targets: [targetOf()],
    expected: {
      ready: 'False InvalidSpec',
      stalled: 'True InvalidSpec',
      message: /takes 299 drains, and window keeps 200: write window: 299/,
    },
  },
  'a quantile that no window can hold is told': {
    spec: { propagation: { quantile: 0.9999, window: 1000 } },
    targets: [targetOf()],
    expected: { ready: 'False InvalidSpec', stalled: 'True InvalidSpec', message: /write a lower quantile$/ },
  },
  'a spec of another version is told, and nothing is done': {
    spec: { mode: 'Guess' },
    expected: { ready: 'False InvalidSpec', stalled: 'True InvalidSpec', message: /^spec\.mode: / },
  },
  'without its Deployment a policy waits': {
    targets: [],
    expected: { ready: 'False TargetNotFound', delivered: 'False TargetNotFound', message: /no Deployment checkout/ },
  },
  'a selector that nothing has is told': {
    spec: { selector: { matchLabels: { team: 'shop' } } },
    targets: [],
    expected: { ready: 'False TargetNotFound', message: /labels team=shop:/ },
  },
}

function decided(input: Omit<Case, 'expected'>): Decision {
  const policy = policyOf(input.spec, input.status)
  return decide({ policy, targets: input.targets ?? [] }, { ...context, ...input.context })
}

function conditionOf({ status }: Decision, type: string): string | undefined {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

function patchOf({ targets }: Decision): [number | undefined, number | undefined] | undefined {
  const podSpec = targets[0]?.patch?.body?.spec?.template.spec
  if (podSpec === undefined) return undefined
  return [podSpec.containers?.[0]?.lifecycle?.preStop.sleep?.seconds, podSpec.terminationGracePeriodSeconds]
}

describe('a decision', () => {
  test.each(Object.entries(cases))('%s', (_, { expected, ...input }) => {
    const decision = decided(input)
    const { contract } = decision.status.targets?.[0] ?? {}
    const ready = decision.status.conditions?.find(({ type }) => type === 'Ready')
    expect(patchOf(decision)).toEqual(expected.patch)
    expect(contract && [contract.drainDelaySeconds, contract.terminationGracePeriodSeconds]).toEqual(expected.contract)
    expect(conditionOf(decision, 'Ready')).toBe(expected.ready)
    expect(conditionOf(decision, 'Stalled')).toBe(expected.stalled)
    if (expected.delivered !== undefined) expect(conditionOf(decision, 'ContractDelivered')).toBe(expected.delivered)
    if (expected.message !== undefined) expect(ready?.message).toMatch(expected.message)
  })

  test.each(Object.entries(cases))('%s: the status is one that the API server takes', (_, input) => {
    const { status } = decided(input)
    expect(statusSchema.parse(status)).toEqual(status)
  })

  test.each(Object.entries(cases))('%s: decided again on its own status, it is the same', (_, input) => {
    const once = decided(input)
    const later = { ...input.context, now: '2026-03-01T00:00:00Z' }
    const again = decided({ ...input, status: once.status, context: later })
    expect(again.status).toEqual(once.status)
    expect(patchOf(again)).toEqual(patchOf(once))
  })
})

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
