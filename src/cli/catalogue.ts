import type { Scenario } from '../lab/scenario.ts'
import type { Catalogue } from './choose-scenarios.ts'

/** Provisional. */
const rollout: Scenario = {
  name: 'http-rollout',
  title: 'A rolling restart',
  about: 'provisional',
  replicas: 4,
  disruption: 'restart',
  disruptions: 2,
  load: { protocol: 'http', ratePerSecond: 200 },
  lag: { default: { kind: 'fixed', ms: 300 } },
  variants: [
    { name: 'naive', title: 'naive', server: 'exit-at-once', expect: 'losses' },
    {
      name: 'sleep',
      title: 'folklore: preStop sleep 5',
      server: 'close-at-once',
      preStopSleepSeconds: 5,
      expect: 'any',
    },
    {
      name: 'drainkeeper',
      title: 'drainkeeper',
      server: 'drained',
      policy: { propagation: { quantile: 0.8, confidence: 0.95, initial: '3s' } },
      learning: 6,
      expect: 'none',
    },
  ],
}

export const catalogue: Catalogue = { scenarios: [rollout], groups: { default: ['http-rollout'] }, check: () => [] }
