import type { LoadShape, Scenario } from '../scenario.ts'
import { drainkeeper, naive, quickPolicy } from './policy.ts'

/** Half of the pods are replaced at once, each by one that is there already; routing takes long to hear of it. */
const rollingUpdate = { maxSurge: '50%', maxUnavailable: 0 }

const load: LoadShape = {
  protocol: 'http',
  ratePerSecond: 120,
  connections: 'per-request',
  workMs: 100,
  timeoutMs: 2000,
  // Half of the pods can do all of the work: what is lost is lost to routing, not to a lack of pods.
  serverConcurrency: 16,
}

const shared = {
  replicas: 4,
  disruption: 'restart',
  disruptions: 1,
  lag: { default: { kind: 'fixed', ms: 1500 } },
} as const

const variants = [naive({ rollingUpdate }), drainkeeper({ rollingUpdate, policy: quickPolicy({ initial: '3s' }) })]

export const retryStorm: Scenario = {
  ...shared,
  name: 'retry-storm',
  title: 'A retry storm',
  about:
    'Clients repeat what fails, at once and together: while pods refuse connections, the load is a multiple of what ' +
    'people ask for, and it falls on the pods that are left. Retries hide a few losses and multiply the rest. What does ' +
    'not fail is not repeated: with a drain there is no storm to begin with.',
  load: { ...load, retries: { attempts: 4, backoffMs: 20 } },
  variants,
}

export const retryBudget: Scenario = {
  ...shared,
  name: 'retry-budget',
  title: 'Retries with a budget',
  about:
    'A budget allows retries up to a share of the requests, here a tenth: what a failure can add to the load is bounded, ' +
    'whatever happens. It saves the servers, not the requests beyond it: those fail, and they fail at once. Both are ' +
    'needed, a budget for the failures that nobody saw coming, and a drain for those that everybody could.',
  load: { ...load, retries: { attempts: 4, backoffMs: 20, budgetRatio: 0.1 } },
  variants,
}
