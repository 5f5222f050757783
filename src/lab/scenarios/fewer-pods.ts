import type { Scenario } from '../scenario.ts'
import { drainkeeper, naive } from './policy.ts'

export const singleReplica: Scenario = {
  name: 'single-replica',
  title: 'A single replica',
  about:
    'With one pod, the last endpoint is the one that goes. A rollout that adds the new pod first loses nothing when the ' +
    'old one drains; one that takes the old pod away first (maxUnavailable 1) leaves nobody to serve until the new one ' +
    'is ready, and no drain can cure that. The owner has to allow a surge, or a second replica.',
  replicas: 1,
  disruption: 'restart',
  disruptions: 2,
  load: { protocol: 'http', ratePerSecond: 60, workMs: 40 },
  lag: { default: { kind: 'fixed', ms: 400 } },
  variants: [
    naive(),
    drainkeeper({
      name: 'no-surge',
      title: 'drainkeeper, but the old pod goes first',
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      expect: 'any',
    }),
    drainkeeper(),
  ],
}

export const nodeDrain: Scenario = {
  name: 'node-drain',
  title: 'A node is drained',
  about:
    'kubectl drain evicts every pod of a node, and nothing waits for their replacements: several pods go in the same ' +
    'second. Each of them ends as it would in a rollout, so what helps there helps here, and no rollout has to be ' +
    'rehearsed for it. A PodDisruptionBudget keeps enough of them; it does not keep their requests.',
  replicas: 4,
  disruption: 'node-drain',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 120, workMs: 40 },
  lag: { default: { kind: 'fixed', ms: 400 } },
  variants: [naive(), drainkeeper()],
}

export const scaleDown: Scenario = {
  name: 'scale-down',
  title: 'The autoscaler takes pods away',
  about:
    'Scaling down deletes pods while nobody is deploying: the losses come every evening, in no release, and look like ' +
    'noise. The contract is in the pods, so it holds whoever deletes them.',
  replicas: 4,
  disruption: 'scale-down',
  disruptions: 1,
  load: { protocol: 'http', ratePerSecond: 120, workMs: 40 },
  lag: { default: { kind: 'fixed', ms: 400 } },
  variants: [naive(), drainkeeper()],
}
