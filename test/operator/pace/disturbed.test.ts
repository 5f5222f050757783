import { afterEach, expect, test } from 'vitest'
import { deployments, type KubeObject } from '../../../src/kube/index.ts'
import { shop, templateOf } from '../../cluster/controllers/rig.ts'
import { defaultFields, PacedRig } from './paced-rig.ts'

let rig: PacedRig

afterEach(async () => {
  await rig.end()
  expect(rig.cluster.errors).toEqual([])
})

const web = { namespace: shop, name: 'web' }

async function rolling(pacing: object = {}): Promise<void> {
  rig = await PacedRig.atRest(pacing)
  await rig.release('v2')
  await rig.seconds(3)
  expect(rig.condition()).toMatch(/^Unknown Holding/)
}

async function ends(version: string): Promise<void> {
  expect(await rig.until(() => rig.isOn(version), 300)).toBeDefined()
  await rig.seconds(10)
  expect(rig.fields).toEqual(defaultFields)
  expect(rig.condition()).toMatch(/^True AtRest/)
}

test('a second change of the template in the middle is the rollout from then on', async () => {
  await rolling()
  await rig.release('v3')
  await rig.seconds(3)
  expect(rig.condition()).toMatch(/^Unknown Holding/)
  await ends('v3')
})

test.each([3, 14])('an autoscaler that wants %i pods in the middle has them', async (replicas) => {
  await rolling()
  await rig.cluster.api.mergePatch(deployments, web, { spec: { replicas } }, { subresource: 'scale' })
  await ends('v2')
  expect(rig.cluster.deployment.spec.replicas).toBe(replicas)
})

test('kubectl rollout restart in the middle, and undo after it, end where they should', async () => {
  await rolling()
  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' }
  const restart = { spec: { template: { metadata: { annotations } } } }
  await rig.cluster.api.mergePatch(deployments, web, restart, { fieldManager: 'kubectl-rollout' })
  await rig.seconds(5)
  await rig.release('v1')
  await ends('v1')
})

test('somebody who states minReadySeconds and maxSurge in the middle has them at once', async () => {
  await rolling()
  const stated = { minReadySeconds: 4, strategy: { rollingUpdate: { maxSurge: 3 } } }
  await rig.cluster.api.mergePatch(deployments, web, { spec: stated }, { fieldManager: 'kubectl-edit' })
  await rig.seconds(5)
  expect(rig.fields).toMatchObject({ minReadySeconds: 4, maxSurge: 3 })
  expect(await rig.until(() => rig.isOn('v2'), 300)).toBeDefined()
  await rig.seconds(10)
  expect(rig.fields).toEqual({ ...defaultFields, minReadySeconds: 4, maxSurge: 3 })
})

test('somebody who pauses in the middle is waited for', async () => {
  await rolling()
  await rig.cluster.api.mergePatch(deployments, web, { spec: { paused: true } }, { fieldManager: 'kubectl-rollout' })
  await rig.seconds(120)
  expect(rig.fields.paused).toBe(true)
  expect(rig.condition()).toMatch(/PausedByUser.*: kubectl rollout resume deployment\/web --namespace shop/)
  await rig.resume()
  await ends('v2')
})

test.each(['in a young rollout', 'later'])(
  'a longer contract of ours waits for the end of a pause, %s',
  async (when) => {
    rig = await PacedRig.atRest()
    await rig.release('v2')
    if (when === 'later') await rig.until(() => (rig.versions['v2'] ?? 0) > 3, 120)
    rig.sights!.script = { outcome: 'Breached', afterMs: 1000 }
    expect(await rig.until(() => rig.fields.paused, 60)).toBeDefined()
    const sets = rig.cluster.replicaSets.length
    await rig.policy({ maxHold: '5m' }, { propagation: { initial: '9s' } })
    rig.sights!.script = { outcome: 'Inconclusive', afterMs: 1000 }
    await rig.seconds(60)
    expect(rig.fields.paused).toBe(true)
    expect(rig.cluster.replicaSets.length).toBe(sets)
    expect(rig.condition('ContractDelivered')).toMatch(/^False Delivering: .* is written when the rollout goes on/)
    await rig.resume()
    expect(await rig.until(() => rig.isOn('v2'), 120)).toBeDefined()
    await rig.seconds(30)
    expect(rig.condition('ContractDelivered')).toMatch(/^True Reconciled/)
    expect(rig.cluster.replicaSets.length).toBe(sets + 1)
  },
)

test('a caller and its callee in one rolloutGroup do not roll together, and both end', async () => {
  const pacing = { rolloutGroup: { name: 'front' } }
  await rolling(pacing)
  await rig.cluster.create<KubeObject>(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: shop, name: 'callee' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web', role: 'callee' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { ...templateOf('v1'), metadata: { labels: { app: 'web', role: 'callee' } } },
    },
  } as KubeObject)
  await rig.policy({ maxHold: '5m', ...pacing }, {}, 'callee')
  await rig.seconds(3)
  expect(rig.paceOf('callee')?.phase).toBe('WaitingForTurn')
  const together: string[] = []
  const done = await rig.until(() => {
    const phases = ['web', 'callee'].map((name) => rig.paceOf(name)?.phase ?? '')
    if (phases.every((phase) => phase === 'Holding' || phase === 'Stepping')) together.push(phases.join())
    return phases.every((phase) => phase === 'AtRest')
  }, 900)
  expect(done).toBeDefined()
  expect(together).toEqual([])
})
