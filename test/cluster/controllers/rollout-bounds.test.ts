import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { fencepostsOf } from '../../../src/cluster/controllers/deployment/rolling-update.ts'
import { replicasOf } from '../../../src/cluster/controllers/deployment/replica-sets.ts'
import { isActive, isAvailable } from '../../../src/cluster/controllers/shared/pods.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import { Rig, templateOf, versionOf } from './rig.ts'

const amount = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
)

/**
 * A rollout over a rollout and minReadySeconds do not go together in Kubernetes: the Deployment takes pods that are ready
 * and not available for spare, and its ReplicaSet, which ranks by readiness, deletes an available one for them.
 */
const kinds = fc.oneof(
  fc.record({ versions: fc.constant(1), minReadySeconds: fc.constantFrom(0, 3) }),
  fc.record({ versions: fc.integer({ min: 2, max: 3 }), minReadySeconds: fc.constant(0) }),
)

/** A new node is tainted until the node controller has seen that it is ready. */
const needed = ['deployment-controller', 'replicaset-controller', 'default-scheduler', 'node-controller'] as const

const rollouts = fc.record({
  /** How many templates follow each other before a rollout is through. */
  kind: kinds,
  replicas: fc.integer({ min: 1, max: 8 }),
  maxSurge: amount,
  maxUnavailable: amount,
  /** How long pods take to become ready and to end, each by chance. */
  seed: fc.integer(),
  slowestMs: fc.integer({ min: 1, max: 4000 }),
  betweenMs: fc.integer({ min: 100, max: 8000 }),
})

it('at every step of any rollout enough pods are available, and there are not too many', async () => {
  await fc.assert(
    fc.asyncProperty(rollouts, async (drawn) => {
      const { replicas, maxSurge, maxUnavailable, seed, slowestMs, betweenMs } = drawn
      const { versions, minReadySeconds } = drawn.kind
      // The API server refuses a rollout that may do neither.
      fc.pre(!(['0%', 0].includes(maxSurge) && ['0%', 0].includes(maxUnavailable)))
      const chance = seededRandom(seed)
      const within = (mostMs: number): number => 1 + Math.floor(chance() * mostMs)
      const rig = await Rig.start({
        lifeOf: () => ({ readyAfterMs: within(slowestMs), endsAfterMs: within(slowestMs) }),
        controllers: { only: needed, events: false },
      })
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
      await rig.deploy({ replicas, minReadySeconds, strategy })
      await rig.clock.advance(15_000)
      const bounds = fencepostsOf(rig.deployment)
      const violations: string[] = []
      let steps = 0
      const stop = rig.server.onWrite(({ resource }) => {
        if (resource.plural !== 'pods' && resource.plural !== 'replicasets') return
        steps += 1
        const active = rig.pods.filter(isActive)
        const available = active.filter((pod) => isAvailable(pod, minReadySeconds, rig.clock.now())).length
        const wanted = rig.replicaSets.reduce((sum, set) => sum + replicasOf(set), 0)
        if (available < replicas - bounds.maxUnavailable) violations.push(`only ${available} pods are available`)
        if (wanted > replicas + bounds.maxSurge) violations.push(`${wanted} pods are wanted`)
        if (active.length > replicas + bounds.maxSurge) violations.push(`${active.length} pods are active`)
      })
      for (let version = 2; version < 2 + versions; version += 1) {
        await rig.patchDeployment({ template: templateOf(`v${version}`) })
        await rig.clock.advance(betweenMs)
      }
      await rig.clock.advance(240_000)
      stop()
      expect(violations).toEqual([])
      expect(steps).toBeGreaterThan(0)
      expect(rig.pods.map((pod) => versionOf(pod))).toEqual(Array<string>(replicas).fill(`v${versions + 1}`))
      expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
      expect(rig.errors).toEqual([])
      await rig.stop()
    }),
    { numRuns: 25 },
  )
}, 120_000)
