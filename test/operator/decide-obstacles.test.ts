import { carried, decidesOn, stated } from './decisions.ts'
import { deploymentOf, targetOf } from './facts.ts'

decidesOn({
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
})
