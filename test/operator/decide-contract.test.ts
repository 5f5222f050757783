import type { PaceStatus } from '../../src/api/index.ts'
import type { PaceDecision } from '../../src/operator/pace/decide-pace.ts'
import { carried, decidesOn, fast, slow, stated, written } from './decisions.ts'
import { deploymentOf, drains, podOf, targetOf } from './facts.ts'

const young = deploymentOf(written, { replicas: 3, updatedReplicas: 1 })
const pacedAs = (phase: PaceStatus['phase']): PaceDecision => ({
  status: { phase, message: '' },
  claims: {},
  epoch: undefined,
  rolling: true,
})

decidesOn({
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
  'a longer contract does not ride on a rollout that is paused for what its pods did': {
    spec: { pacing: {} },
    status: stated(15, 95),
    targets: [targetOf({ deployment: young, propagation: slow })],
    context: { pace: () => pacedAs('Paused') },
    expected: { contract: [15, 95], ready: 'False Delivering', delivered: 'False Delivering' },
  },
  'nor on one that is rolled back': {
    spec: { pacing: {} },
    status: stated(15, 95),
    targets: [targetOf({ deployment: young, propagation: slow })],
    context: { pace: () => pacedAs('RollingBack') },
    expected: { contract: [15, 95], ready: 'False Delivering' },
  },
  'a longer contract is written when the pause is over': {
    spec: { pacing: {} },
    status: stated(15, 95),
    targets: [targetOf({ deployment: young, propagation: slow })],
    context: { pace: () => pacedAs('Holding') },
    expected: { patch: [30, 115], contract: [30, 115], ready: 'False Delivering' },
  },
  'a shorter contract does not ride on a rollout that is paused either': {
    spec: { pacing: {} },
    status: stated(15, 95),
    targets: [targetOf({ deployment: young, propagation: fast })],
    context: { pace: () => pacedAs('Paused') },
    expected: { contract: [15, 95], ready: 'True Reconciled', delivered: 'True LoweringDeferred' },
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
})
