import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { deployments } from '../../../src/kube/index.ts'
import { Operator } from '../../../src/operator/index.ts'
import { OperatorMetrics } from '../../../src/operator/metrics.ts'
import { PodsEar } from '../../../src/operator/pace/pods-ear.ts'
import { RolloutSights } from '../../../src/operator/pace/rollout-sights.ts'
import type { Ask } from '../../../src/signals/index.ts'
import { templateOf, versionOf } from '../../cluster/controllers/rig.ts'
import { PacedRig } from './paced-rig.ts'

/** One request in so many fails, by version. */
const failing: Record<string, number> = { bad: 5, worse: 5 }
const requestsPerSecond = 200

let rig: PacedRig
let stop: AbortController
let running: Promise<unknown>
let metrics: OperatorMetrics
const logged: string[] = []

/** Eight pods of v1 that serve, an operator that asks them. */
async function served(pacing: object): Promise<void> {
  rig = await PacedRig.start()
  const { clock } = rig.cluster
  const { spec } = templateOf('v1') as { spec: { containers: object[] } }
  const containers = [{ ...spec.containers[0], ports: [{ name: 'drain', containerPort: 9909 }] }]
  await rig.cluster.deploy({ replicas: 8, template: { ...templateOf('v1'), spec: { containers } } } as never)
  await rig.seconds(5)
  await rig.policy({ maxHold: '5m', ...pacing })
  const versions = new Map<string, string>()
  const firstMs = new Map<string, number>()
  const ask: Ask = async ({ url: { hostname: uid } }) => {
    const begunMs = firstMs.get(uid) ?? clock.monotonicMs()
    firstMs.set(uid, begunMs)
    const requests = Math.floor(((clock.monotonicMs() - begunMs) / 1000) * requestsPerSecond)
    const every = failing[versions.get(uid) ?? ''] ?? Number.POSITIVE_INFINITY
    const errors = Math.floor(requests / every)
    const lines = Object.entries({ '2xx': requests - errors, '5xx': errors })
    const text = lines.map(([code, count]) => `drain_server_requests_total{code="${code}"} ${count}\n`).join('')
    return { kind: 'body', text }
  }
  metrics = new OperatorMetrics()
  logged.length = 0
  const operator = new Operator({
    transport: rig.cluster.server.client('operator'),
    clock,
    random: () => 0.5,
    log: pino({ level: 'warn', base: null }, { write: (line: string) => void logged.push(line) }),
    metrics,
    identity: 'operator',
    leaseNamespace: 'drainkeeper-system',
    leaderElection: false,
    createSights: (parts) =>
      new RolloutSights({
        ...parts,
        endpoints: {},
        // Pods of this cluster have no address: their names stand for one.
        pods: (namespace, deployment) =>
          parts.pods(namespace, deployment).map((pod) => {
            const owner = rig.cluster.replicaSets.find(({ metadata }) => metadata.name.endsWith(`-${pod.hash}`))
            if (owner !== undefined) versions.set(pod.uid, versionOf(owner.spec.template))
            return { ...pod, podIP: pod.uid }
          }),
        listen: (_, pods) => new PodsEar({ pods, ask, monotonicMs: () => clock.monotonicMs() }),
      }),
  })
  stop = new AbortController()
  running = operator.run(stop.signal)
  await rig.seconds(60)
}

afterEach(async () => {
  stop.abort()
  await rig.cluster.clock.advance(0)
  await running
  await rig.end()
  expect(logged).toEqual([])
})

test('a good version goes through, because of what its pods say', async () => {
  await served({})
  await rig.release('v2')
  const seconds = await rig.until(() => rig.isOn('v2'), 280)
  expect(seconds, 'every step is found healthy before its maxHold').toBeDefined()
})

test('a bad version is paused within seconds, and told with its counts', async () => {
  await served({})
  await rig.release('bad')
  expect(await rig.until(() => rig.fields.paused, 30)).toBeDefined()
  expect(rig.condition()).toMatch(/^False Paused: web: .*newVersion failed \d+ of \d+ requests/)
  expect(rig.versions['bad']).toBeLessThan(8)
  const text = await metrics.registry.metrics()
  expect(text).toContain('drainkeeper_rollout_verdict{namespace="shop",policy="web",target="web",verdict="Breached"}')
})

test('a bad version is rolled back where that is asked for', async () => {
  await served({ onBreach: 'Rollback' })
  await rig.cluster.api.mergePatch(
    deployments,
    { namespace: 'shop', name: 'web' },
    { metadata: { annotations: { 'drainkeeper.dev/rollback': 'allowed' } } },
  )
  await rig.release('bad')
  expect(await rig.until(() => rig.told.includes('RolloutRolledBack') && rig.isOn('v1'), 120)).toBeDefined()
  const breached = rig.cluster.told('DrainPolicy').find((told) => told.startsWith('RolloutBreached'))
  expect(breached).toMatch(/newVersion failed \d+ of \d+ requests/)
  await rig.seconds(60)
  expect(rig.isOn('v1')).toBe(true)
})

test('what replaces a bad version is told by what is heard of it, and its own breach is news', async () => {
  await served({ onBreach: 'Report' })
  const breaches = (): readonly string[] => rig.told.filter((told) => told.startsWith('RolloutBreached'))
  await rig.release('bad')
  expect(await rig.until(() => breaches().length === 1, 30)).toBeDefined()
  await rig.release('worse')
  expect(await rig.until(() => breaches().length === 2, 60)).toBeDefined()
})
