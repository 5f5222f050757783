import { afterEach, describe, expect, test } from 'vitest'
import { customResourceDefinition } from '../../../src/api/crd.ts'
import { deployments, type KubeObject } from '../../../src/kube/index.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import { shop, templateOf } from '../../cluster/controllers/rig.ts'
import { defaultFields, definitions, PacedRig } from './paced-rig.ts'

let rig: PacedRig

afterEach(async () => {
  await rig.end()
  expect(rig.cluster.errors).toEqual([])
})

const web = { namespace: shop, name: 'web' }

/** Eight pods on v1, paced, at rest. */
async function settled(pacing: object = {}): Promise<void> {
  rig = await PacedRig.atRest(pacing)
}

/** A rollout of v2 that was paused. */
async function paused(pacing: object = {}): Promise<void> {
  await settled(pacing)
  rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
  await rig.release('v2')
  expect(await rig.until(() => rig.fields.paused, 60)).toBeDefined()
  await rig.seconds(5)
}

/** Policies are written that this version cannot read, as after going back from a newer one. */
async function unvalidated(): Promise<void> {
  const raw = structuredClone(customResourceDefinition()) as unknown as KubeObject & {
    spec: { versions: { schema: object }[] }
  }
  raw.spec.versions[0]!.schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  }
  const present = rig.cluster.server.objects(definitions)[0]!
  await rig.cluster.api.replace(definitions, { ...present, spec: raw.spec } as KubeObject)
}

async function deployCallee(replicas = 4): Promise<void> {
  await rig.cluster.create<KubeObject>(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: shop, name: 'callee', labels: { tier: 'back' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web', role: 'callee' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { ...templateOf('v1'), metadata: { labels: { app: 'web', role: 'callee' } } },
    },
  } as KubeObject)
}

test('nothing stays paused for a policy that can no longer be read', async () => {
  await paused()
  await unvalidated()
  await rig.cluster.api.mergePatch(drainPolicies, web, { spec: { mode: 'Dream' } })
  await rig.seconds(5)
  expect(rig.condition('Ready')).toMatch(/InvalidSpec/)
  expect(rig.fields).toEqual(defaultFields)
})

test('nothing stays paused for a deleted policy, whatever other policies cannot be read', async () => {
  await paused()
  await unvalidated()
  const other = { apiVersion: 'drainkeeper.dev/v1alpha1', kind: 'DrainPolicy', spec: { mode: 'Dream' } }
  await rig.cluster.create(drainPolicies, { ...other, metadata: { namespace: shop, name: 'other' } })
  await rig.cluster.api.delete(drainPolicies, web)
  await rig.seconds(5)
  expect(rig.fields).toEqual(defaultFields)
})

const contradictory = { propagation: { initial: '1s', quantile: 0.9999, confidence: 0.9999, window: 10 } }

test('a policy that contradicts itself paces nothing, and says nothing of a pause', async () => {
  await paused()
  await rig.policy({ maxHold: '5m' }, contradictory)
  await rig.seconds(1)
  expect(rig.fields).toEqual(defaultFields)
  expect(rig.pace).toBeUndefined()
  expect(rig.status.summary?.rollout).toBeUndefined()
})

test('corrected at once, it is not taken for somebody who resumed', async () => {
  await paused()
  await rig.policy({ maxHold: '5m' }, contradictory)
  await rig.seconds(1)
  await rig.policy({ maxHold: '5m' })
  await rig.seconds(1)
  expect(rig.pace?.phase).not.toBe('Overridden')
})

test.each([
  ['contradicts itself', contradictory],
  ['only observes', { mode: 'Observe' }],
])('a member of a rolloutGroup that %s has no place, and nobody waits for it', async (_, change) => {
  const pacing = { rolloutGroup: { name: 'front' } }
  await settled(pacing)
  await rig.release('v2')
  await rig.seconds(3)
  await deployCallee()
  await rig.policy({ maxHold: '5m', ...pacing }, { targetRef: { name: 'callee' } }, 'callee')
  await rig.seconds(3)
  expect(rig.paceOf('callee')?.phase).toBe('WaitingForTurn')
  await rig.policy({ maxHold: '5m', ...pacing }, change)
  await rig.seconds(40)
  expect(rig.paceOf('callee')?.phase).not.toBe('WaitingForTurn')
})

test('of a Deployment that was made anew, only the present one is watched', async () => {
  await settled()
  const { uid } = rig.cluster.deployment.metadata
  // Both within one look of the operator.
  await Promise.all([rig.cluster.api.delete(deployments, web), rig.cluster.deploy({ replicas: 8 })])
  await rig.seconds(30)
  expect(rig.cluster.deployment.metadata.uid).not.toBe(uid)
  expect([...rig.sights!.followed.keys()]).toEqual([rig.cluster.deployment.metadata.uid])
})

test('a policy that is deleted before its first status is watched no longer', async () => {
  rig = await PacedRig.start()
  await rig.cluster.deploy({ replicas: 8 })
  await rig.seconds(5)
  rig.wire = (transport) => ({
    request: async (request) => {
      if (request.method === 'PATCH' && request.path.endsWith('/status')) await rig.cluster.clock.sleep(5000)
      return transport.request(request)
    },
  })
  await rig.operate()
  await rig.policy({})
  await rig.seconds(2)
  expect(rig.sights!.followed.size).toBe(1)
  await rig.cluster.api.delete(drainPolicies, web)
  await rig.seconds(30)
  expect(rig.sights!.followed.size).toBe(0)
})

test('where the pace of one Deployment is refused, the others are paced, status says so, and it is tried now and then', async () => {
  const slow = { readyAfterMs: 20_000 }
  rig = await PacedRig.start({ lifeOf: ({ metadata }) => (metadata.labels?.['role'] === 'callee' ? slow : {}) })
  let asked = 0
  let refuses = false
  const invalid = (body: string): string => body.replaceAll(/"minReadySeconds":\d+/g, '"minReadySeconds":-1')
  rig.wire = (transport) => ({
    request: (request) => {
      const isPace = request.method === 'PATCH' && request.query?.['fieldManager'] === 'drainkeeper-pace'
      if (!isPace || !request.path.endsWith('/callee')) return transport.request(request)
      asked += 1
      return transport.request(refuses ? { ...request, body: invalid(request.body ?? '') } : request)
    },
  })
  await rig.cluster.deploy({ replicas: 8 }, { labels: { tier: 'back' } })
  await deployCallee(12)
  await rig.seconds(5)
  await rig.policy({ maxHold: '5m' }, { targetRef: undefined, selector: { matchLabels: { tier: 'back' } } })
  await rig.operate({ outcome: 'Inconclusive' })
  await rig.seconds(700)
  refuses = true
  asked = 0
  await rig.release('v2', 'callee')
  await rig.release('v2', 'web')
  const refusal = /^Unknown Refused: callee: .*; not in force, as the API server refused it: 422 .*minReady/
  expect(await rig.until(() => refusal.test(rig.condition() ?? ''), 5)).toBeDefined()
  expect(rig.fields.minReadySeconds).toBeGreaterThan(0)
  asked = 0
  await rig.seconds(60)
  expect(asked).toBeLessThan(20)
  refuses = false
  await rig.seconds(35)
  expect(rig.condition()).toMatch(/^Unknown Holding/)
})

describe('nothing stays paused', () => {
  const patch = (body: object): Promise<unknown> =>
    rig.cluster.api.mergePatch(deployments, web, body, { fieldManager: 'kubectl-edit' })
  const changes: [string, () => Promise<unknown>][] = [
    ['when the policy names another Deployment', () => rig.policy({ maxHold: '5m' }, { targetRef: { name: 'other' } })],
    [
      'when its selector is of others',
      () => rig.policy({ maxHold: '5m' }, { targetRef: undefined, selector: { matchLabels: { tier: 'x' } } }),
    ],
    ['with Recreate', () => patch({ spec: { strategy: { type: 'Recreate', rollingUpdate: null } } })],
    ['without pods', () => patch({ spec: { replicas: 0 } })],
  ]
  test.each(changes)('%s', async (_, change) => {
    await paused()
    await change()
    await rig.seconds(5)
    expect(rig.fields.paused).toBe(false)
    await rig.seconds(60)
    expect(rig.managers).not.toContain('drainkeeper-pace')
  })

  test('where an older policy, which does not pace, has the Deployment', async () => {
    rig = await PacedRig.start()
    await rig.cluster.deploy({ replicas: 8 })
    await rig.policy(undefined, { targetRef: { name: 'other' } }, 'older')
    await rig.seconds(5)
    await rig.policy({ maxHold: '5m' })
    await rig.operate({ outcome: 'Breached', afterMs: 3000 })
    await rig.seconds(60)
    await rig.release('v2')
    expect(await rig.until(() => rig.fields.paused, 60)).toBeDefined()
    await rig.policy(undefined, { targetRef: { name: 'web' } }, 'older')
    await rig.seconds(5)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.pace).toBeUndefined()
    await rig.cluster.api.delete(drainPolicies, { namespace: shop, name: 'older' })
    await rig.seconds(5)
    expect(rig.pace).toBeDefined()
    expect(rig.isOn('v2') || rig.fields.minReadySeconds > 0).toBe(true)
  })

  test('when the policy is made anew while its watch is away', async () => {
    await paused()
    await rig.halt()
    await rig.cluster.api.delete(drainPolicies, web)
    await rig.policy({ maxHold: '5m' })
    await rig.operate({ outcome: 'Healthy' })
    expect(await rig.until(() => rig.isOn('v2'), 300)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
  })
})

test.each([
  ['one pod, no surge', { replicas: 1, maxSurge: 0, maxUnavailable: 1 }],
  ['one pod, one more', { replicas: 1, maxSurge: 1, maxUnavailable: 0 }],
  ['two pods, no surge', { replicas: 2, maxSurge: 0, maxUnavailable: 1 }],
  ['three pods, all at once', { replicas: 3, maxSurge: '100%', maxUnavailable: '100%' }],
])('%s: a rollout ends, and gives back what it took', async (_, { replicas, ...rollingUpdate }) => {
  rig = await PacedRig.start()
  await rig.cluster.deploy({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate } })
  await rig.seconds(5)
  await rig.policy({ maxHold: '1m' })
  await rig.operate()
  await rig.seconds(60)
  await rig.release('v2')
  expect(await rig.until(() => rig.isOn('v2'), 300)).toBeDefined()
  await rig.seconds(10)
  expect(rig.fields).toEqual({ ...defaultFields, ...rollingUpdate })
  expect(rig.managers).not.toContain('drainkeeper-pace')
})

test('a rollback that is forbidden is told at once, tried now and then, and becomes a pause', async () => {
  const message = 'drainkeeper may not change what a pod is'
  // Whoever refuses may name what is another one each time.
  const text = (): string =>
    JSON.stringify({
      kind: 'Status',
      status: 'Failure',
      code: 403,
      reason: 'Forbidden',
      message: `${message} (${asked})`,
    })
  const forbidden = { status: 403, headers: {}, text: async () => text(), cancel: () => {} }
  rig = await PacedRig.start()
  let asked = 0
  rig.wire = (transport) => ({
    request: async (request) => {
      if (request.query?.['fieldManager'] !== 'drainkeeper-rollback') return transport.request(request)
      asked += 1
      return { ...forbidden, body: (async function* () {})() }
    },
  })
  await rig.cluster.deploy({ replicas: 8 }, { annotations: { 'drainkeeper.dev/rollback': 'allowed' } })
  await rig.seconds(5)
  await rig.policy({ maxHold: '5m', onBreach: 'Rollback' })
  await rig.operate()
  await rig.seconds(60)
  rig.sights!.script = { outcome: 'Breached', afterMs: 3000 }
  await rig.release('v2')
  expect(await rig.until(() => asked > 0, 60)).toBeDefined()
  await rig.seconds(1)
  expect(rig.condition()).toMatch(
    /^False Refused: web: .*; not in force, .*: 403 drainkeeper may not change what a pod is/,
  )
  expect(await rig.until(() => rig.fields.paused, 200)).toBeGreaterThan(90)
  await rig.seconds(5)
  expect(rig.condition()).toMatch(/^False Paused: web: .*the template could not be written.*kubectl rollout resume/)
  expect(rig.told).not.toContain('RolloutRolledBack')
  expect(asked).toBeLessThan(12)
})
