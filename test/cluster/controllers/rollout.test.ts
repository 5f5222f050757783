import { afterEach, describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/cluster/controllers/shared/objects.ts'
import { controllerOf } from '../../../src/cluster/controllers/shared/ownership.ts'
import { replicaSets } from '../../../src/cluster/controllers/shared/resources.ts'
import { deployments, pods } from '../../../src/kube/index.ts'
import { Rig, type RigOptions, shop, templateOf, versionOf } from './rig.ts'

let rig: Rig

afterEach(async () => {
  expect(rig.errors).toEqual([])
  await rig.stop()
})

async function start(options?: RigOptions): Promise<Rig> {
  rig = await Rig.start(options)
  return rig
}

const secondsMs = 1000
const web = { namespace: shop, name: 'web' }

/** Pods of a version never become ready. */
const broken = (version: string) => (pod: Pod) => (versionOf(pod) === version ? { readyAfterMs: undefined } : {})

describe('a new Deployment', () => {
  it('gets its pods, and says so', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    expect(rig.deployment).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '1' } },
      status: {
        observedGeneration: 1,
        replicas: 4,
        updatedReplicas: 4,
        readyReplicas: 4,
        availableReplicas: 4,
        terminatingReplicas: 0,
      },
    })
    expect(rig.condition('Available')).toBe('True MinimumReplicasAvailable')
    expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
    const [set] = rig.replicaSets
    expect(set?.metadata).toMatchObject({
      name: `web-${set?.metadata.labels?.['pod-template-hash']}`,
      annotations: {
        'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '4',
        'deployment.kubernetes.io/max-replicas': '5',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', controller: true }],
    })
    expect(rig.told('Deployment')).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 4`,
    ])
    for (const pod of rig.pods) {
      expect(pod.metadata.name.startsWith(`${set?.metadata.name}-`)).toBe(true)
      expect(controllerOf(pod)?.name).toBe(set?.metadata.name)
    }
  })

  it('spreads its pods over the nodes', async () => {
    const { clock } = await start({ nodes: ['a', 'b', 'c'] })
    await rig.deploy({ replicas: 6 })
    await clock.advance(secondsMs)
    const counts = Map.groupBy(rig.pods, ({ spec }) => spec.nodeName)
    expect([...counts].map(([name, { length }]) => `${name} ${length}`).sort()).toEqual(['a 2', 'b 2', 'c 2'])
    expect(rig.told('Pod')[0]).toMatch(/^Scheduled: Successfully assigned shop\/web-\S+ to [abc]$/)
  })

  it('comes to rest: nothing more is written, and nothing is asked', async () => {
    const { clock, server } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const writes: unknown[] = []
    server.onWrite((write) => writes.push(write))
    await clock.advance(3600 * secondsMs)
    expect(writes).toEqual([])
  })
})

describe('a history', () => {
  it('is the same every time', async () => {
    const history = async (): Promise<string[]> => {
      const { clock, server } = await start()
      const writes: string[] = []
      server.onWrite(({ client, verb, resource, object }) => {
        const { name, resourceVersion } = object.metadata
        writes.push(`${clock.monotonicMs()} ${client} ${verb} ${resource.plural} ${name} ${resourceVersion}`)
      })
      await rig.deploy()
      await clock.advance(5 * secondsMs)
      await rig.patchDeployment({ template: templateOf('v2') })
      server.dropWatches()
      await clock.advance(30 * secondsMs)
      await rig.stop()
      return writes
    }
    const first = await history()
    expect(first.length).toBeGreaterThan(50)
    expect(await history()).toEqual(first)
  })
})

describe('a rollout', () => {
  it('replaces pods within its bounds, and remembers the old ReplicaSet', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0, v2: 4 })
    expect(rig.pods.map((pod) => versionOf(pod))).toEqual(['v2', 'v2', 'v2', 'v2'])
    expect(rig.deployment.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' })
    expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
  })

  it('back is the old ReplicaSet again, with a higher revision', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v1') })
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 4, v2: 0 })
    const old = rig.replicaSets.find(({ spec }) => versionOf(spec.template) === 'v1')
    expect(old?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
    expect(rig.deployment.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3' })
  })

  it('that does not work stops at its bounds, and is told when its time is over', async () => {
    const { clock } = await start({ lifeOf: broken('v2') })
    await rig.deploy({ progressDeadlineSeconds: 60 })
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(30 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 3, v2: 2 })
    expect(rig.condition('Progressing')).toBe('True ReplicaSetUpdated')
    await clock.advance(60 * secondsMs)
    expect(rig.condition('Progressing')).toBe('False ProgressDeadlineExceeded')
    expect(rig.condition('Available')).toBe('True MinimumReplicasAvailable')
    // The third version rolls over the second.
    await rig.patchDeployment({ template: templateOf('v3') })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0, v2: 0, v3: 4 })
    expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
  })

  it('waits until new pods have been ready for minReadySeconds', async () => {
    const { clock } = await start()
    await rig.deploy({
      minReadySeconds: 30,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    })
    await clock.advance(20 * secondsMs)
    expect(rig.deployment.status).toMatchObject({ readyReplicas: 4, unavailableReplicas: 4 })
    await clock.advance(20 * secondsMs)
    expect(rig.deployment.status).toMatchObject({ availableReplicas: 4 })
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(25 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 4, v2: 1 })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 3, v2: 2 })
    // Lowering it lets the rollout through, and makes no ReplicaSet.
    await rig.patchDeployment({ minReadySeconds: 0 })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0, v2: 4 })
  })

  it('does not wait for pods that are terminating', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 60 * secondsMs }) })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(10 * secondsMs)
    expect(rig.pods).toHaveLength(8)
    expect(rig.deployment.status).toMatchObject({ replicas: 4, terminatingReplicas: 4 })
    await clock.advance(60 * secondsMs)
    expect(rig.deployment.status).toMatchObject({ replicas: 4, terminatingReplicas: 0 })
  })

  it('of a Deployment that is recreated waits for the last old pod to be gone', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 20 * secondsMs }) })
    await rig.deploy({ strategy: { type: 'Recreate' } })
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0 })
    expect(rig.pods.every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true)
    await clock.advance(15 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0, v2: 4 })
    expect(rig.deployment.status).toMatchObject({ availableReplicas: 4 })
  })

  it('keeps as many old ReplicaSets as it is told to', async () => {
    const { clock } = await start()
    await rig.deploy({ revisionHistoryLimit: 2 })
    for (const version of ['v2', 'v3', 'v4', 'v5']) {
      await clock.advance(5 * secondsMs)
      await rig.patchDeployment({ template: templateOf(version) })
    }
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v3: 0, v4: 0, v5: 4 })
  })
})

describe('a Deployment', () => {
  it('that is paused does not roll out, and is scaled', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ paused: true, template: templateOf('v2') })
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 4 })
    expect(rig.condition('Progressing')).toBe('Unknown DeploymentPaused')
    await rig.patchDeployment({ replicas: 6 })
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 6 })
    await rig.patchDeployment({ paused: false })
    await clock.advance(10 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 0, v2: 6 })
    expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
  })

  it('that is scaled in the middle of a rollout keeps the proportions', async () => {
    const { clock } = await start({ lifeOf: broken('v2') })
    await rig.deploy({
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    })
    await clock.advance(5 * secondsMs)
    await rig.patchDeployment({ template: templateOf('v2') })
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 8, v2: 5 })
    await rig.patchDeployment({ replicas: 15 })
    await clock.advance(5 * secondsMs)
    expect(rig.sizes).toEqual({ v1: 11, v2: 7 })
  })

  it('copies its annotations to its ReplicaSet, and its own stay with it', async () => {
    const { clock } = await start()
    await rig.deploy({}, { annotations: { note: 'one' } })
    await clock.advance(5 * secondsMs)
    await rig.api.mergePatch(deployments, web, { metadata: { annotations: { note: 'two' } } })
    await clock.advance(5 * secondsMs)
    expect(rig.replicaSets[0]?.metadata.annotations).toMatchObject({ note: 'two' })
    expect(rig.deployment.status?.observedGeneration).toBe(rig.deployment.metadata.generation)
  })

  it('takes another name for its ReplicaSet when somebody else has it', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const [first] = rig.replicaSets
    if (first === undefined) throw new Error('there is no ReplicaSet')
    await rig.api.delete(deployments, web)
    await clock.advance(5 * secondsMs)
    expect(rig.replicaSets).toEqual([])
    await rig.create(replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { namespace: shop, name: first.metadata.name },
      spec: { ...first.spec, replicas: 0, selector: { matchLabels: { app: 'other' } }, template: otherTemplate },
    })
    await rig.deploy()
    await clock.advance(10 * secondsMs)
    expect(rig.deployment.status).toMatchObject({ collisionCount: 1, availableReplicas: 4 })
  })
})

const podUids = (): Set<string> => new Set(rig.pods.map(({ metadata }) => metadata.uid ?? ''))

const otherTemplate = { metadata: { labels: { app: 'other' } }, spec: templateOf('other').spec }

describe('a ReplicaSet', () => {
  it('replaces a pod at once when it is deleted', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 60 * secondsMs }) })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const [victim] = rig.pods
    await rig.api.delete(pods, { namespace: shop, name: victim?.metadata.name ?? '' })
    await clock.advance(2 * secondsMs)
    expect(rig.pods).toHaveLength(5)
    expect(rig.deployment.status).toMatchObject({ availableReplicas: 4, terminatingReplicas: 1 })
  })

  it('lets a pod go whose label changes, and takes one that fits', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const [first] = rig.pods
    const name = first?.metadata.name ?? ''
    const patch = (app: string) =>
      rig.api.mergePatch(pods, { namespace: shop, name }, { metadata: { labels: { app } } })
    await patch('debug')
    await clock.advance(5 * secondsMs)
    expect(rig.pods).toHaveLength(5)
    expect(rig.pods.find(({ metadata }) => metadata.name === name)?.metadata.ownerReferences ?? []).toEqual([])
    await patch('web')
    await clock.advance(5 * secondsMs)
    expect(rig.pods).toHaveLength(4)
  })

  it('that was left behind is adopted by the Deployment that selects it', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const uids = podUids()
    await rig.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await clock.advance(5 * secondsMs)
    expect(rig.replicaSets.map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]])
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    expect(rig.replicaSets).toHaveLength(1)
    expect(podUids()).toEqual(uids)
  })

  it('makes no pod twice when the controllers are started again', async () => {
    const { clock, server } = await start()
    await rig.deploy({ replicas: 20 })
    await rig.stop()
    await rig.run()
    await clock.advance(5 * secondsMs)
    let made = 0
    server.onWrite(({ resource, verb }) => {
      if (resource.plural === 'pods' && verb === 'create') made += 1
    })
    server.dropWatches()
    await clock.advance(60 * secondsMs)
    expect([rig.pods.length, made]).toEqual([20, 0])
  })
})
