import { afterEach, describe, expect, it } from 'vitest'
import type {
  DisruptionBudget,
  EndpointSlice,
  Node,
  Pod,
  Service,
} from '../../../src/cluster/controllers/shared/objects.ts'
import { podCondition } from '../../../src/cluster/controllers/shared/pods.ts'
import { disruptionBudgets, replicaSets, serviceAccounts } from '../../../src/cluster/controllers/shared/resources.ts'
import {
  deployments,
  endpointSlices,
  isKubeError,
  type KubeObject,
  leases,
  namespaces,
  nodes,
  pods,
  services,
} from '../../../src/kube/index.ts'
import { Rig, type RigOptions, shop, templateOf } from './rig.ts'

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

const serve = (spec: Partial<Service['spec']> = {}): Promise<Service> =>
  rig.create<Service>(services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...web },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
  })

const slices = (): EndpointSlice[] => rig.server.objects(endpointSlices, shop) as EndpointSlice[]
const conditions = (): Record<string, string> =>
  Object.fromEntries(
    rig.endpoints.map(({ targetRef, conditions }) => [
      targetRef.name,
      Object.entries(conditions)
        .flatMap(([name, is]) => (is ? [name] : []))
        .join(' '),
    ]),
  )
const podNames = (): string[] => rig.pods.map(({ metadata }) => metadata.name).sort()
const barePod = (name: string, spec: Partial<Pod['spec']> = {}): Promise<Pod> =>
  rig.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: shop, name, labels: { app: 'web' } },
    spec: { ...templateOf('v1').spec, ...spec },
  })

describe('endpoint slices', () => {
  it('have what is ready, and tell what is ending from the moment of its deletion', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 10 * secondsMs }) })
    await serve()
    await rig.deploy({ replicas: 2 })
    await clock.advance(5 * secondsMs)
    expect(Object.values(conditions())).toEqual(['ready serving', 'ready serving'])
    const triggerKey = 'endpoints.kubernetes.io/last-change-trigger-time'
    expect(slices()[0]?.metadata.annotations?.[triggerKey]).toBe('2026-01-01T00:00:00Z')
    const [first = ''] = podNames()
    await rig.api.delete(pods, { namespace: shop, name: first })
    await clock.advance(50)
    expect(conditions()[first]).toBe('serving terminating')
    await clock.advance(12 * secondsMs)
    expect(Object.keys(conditions()).sort()).toEqual(podNames())
    expect(slices()).toMatchObject([
      {
        metadata: {
          labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ])
  })

  it('wait for one another when asked to', async () => {
    const { clock } = await start({ controllers: { endpointSlices: { batchMs: 2000 } } })
    await serve()
    await rig.deploy({ replicas: 3 })
    await clock.advance(1900)
    expect(rig.endpoints).toEqual([])
    await clock.advance(2000)
    expect(rig.endpoints).toHaveLength(3)
  })

  it('are many when there are many endpoints', async () => {
    const { clock } = await start({ controllers: { endpointSlices: { maxEndpointsPerSlice: 4 } } })
    await serve()
    await rig.deploy({ replicas: 10 })
    await clock.advance(60 * secondsMs)
    expect(rig.endpoints).toHaveLength(10)
    expect(slices().every(({ endpoints }) => (endpoints?.length ?? 0) <= 4)).toBe(true)
  })

  it('of a Service without a selector are left alone', async () => {
    const { clock } = await start()
    const { metadata } = await serve()
    await clock.advance(secondsMs)
    expect(slices()).toHaveLength(1)
    await rig.api.delete(services, metadata)
    await clock.advance(secondsMs)
    expect(slices()).toEqual([])
    await rig.create<KubeObject>(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...web },
      spec: { ports: [{ port: 80 }] },
    } as KubeObject)
    await clock.advance(secondsMs)
    expect(slices()).toEqual([])
  })

  it('that somebody spoils are put right', async () => {
    const { clock } = await start()
    await serve()
    await rig.deploy({ replicas: 2 })
    await clock.advance(5 * secondsMs)
    const [slice] = slices()
    const ref = { namespace: shop, name: slice?.metadata.name ?? '' }
    await rig.api.mergePatch(endpointSlices, ref, { endpoints: [] })
    await clock.advance(2 * secondsMs)
    expect(rig.endpoints).toHaveLength(2)
    await rig.api.delete(endpointSlices, ref)
    await clock.advance(2 * secondsMs)
    expect(rig.endpoints).toHaveLength(2)
  })

  it('stay right when watches break', async () => {
    const { clock, server } = await start()
    await serve()
    await rig.deploy({ replicas: 4 })
    for (let round = 2; round < 6; round += 1) {
      server.compact()
      await rig.patchDeployment({ template: templateOf(`v${round}`) })
      await clock.advance(200)
      server.dropWatches()
      await clock.advance(30 * secondsMs)
    }
    await clock.advance(60 * secondsMs)
    expect(Object.keys(conditions()).sort()).toEqual(podNames())
    rig.errors.length = 0
  })
})

describe('the scheduler', () => {
  it('tells why there is no node, and goes on when there is one', async () => {
    const { clock } = await start({ nodes: [] })
    await rig.deploy({ replicas: 2 })
    await clock.advance(5 * secondsMs)
    expect(rig.pods.map((pod) => podCondition(pod, 'PodScheduled'))).toMatchObject([
      { status: 'False', reason: 'Unschedulable', message: 'no nodes available to schedule pods' },
      { status: 'False', reason: 'Unschedulable' },
    ])
    await rig.addNode('late')
    await clock.advance(5 * secondsMs)
    expect(rig.pods.map(({ spec }) => spec.nodeName)).toEqual(['late', 'late'])
    expect(rig.deployment.status).toMatchObject({ availableReplicas: 2 })
    expect(rig.told('Pod').map((text) => text.split(':')[0])).toEqual(
      expect.arrayContaining(['FailedScheduling', 'Scheduled']),
    )
  })

  it('keeps away from a node that is cordoned', async () => {
    const { clock } = await start({ nodes: ['a', 'b'] })
    await rig.api.mergePatch(nodes, { name: 'a' }, { spec: { unschedulable: true } })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    expect(new Set(rig.pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(['b']))
    const node = await rig.api.get<Node>(nodes, { name: 'a' })
    expect(node.spec?.taints).toMatchObject([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }])
  })

  it('leaves pods of another scheduler alone', async () => {
    const { clock } = await start()
    await barePod('other', { schedulerName: 'mine' })
    await clock.advance(5 * secondsMs)
    expect(rig.pods[0]?.spec.nodeName ?? '').toBe('')
  })
})

describe('what is left behind', () => {
  it('is deleted with its owner', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.api.delete(deployments, web, { propagationPolicy: 'Background' })
    await clock.advance(5 * secondsMs)
    expect([rig.replicaSets, rig.pods]).toEqual([[], []])
  })

  it('is deleted before its owner when that waits for it', async () => {
    const { clock, server } = await start({ lifeOf: () => ({ endsAfterMs: 3 * secondsMs }) })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const gone: string[] = []
    server.onWrite(({ resource, removed }) => {
      if (removed && resource.plural !== 'events') gone.push(resource.plural)
    })
    await rig.api.delete(deployments, web, { propagationPolicy: 'Foreground' })
    await clock.advance(20 * secondsMs)
    expect(gone).toEqual(['pods', 'pods', 'pods', 'pods', 'replicasets', 'deployments'])
  })

  it('stays when it is to be orphaned', async () => {
    const { clock } = await start()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.api.delete(deployments, web, { propagationPolicy: 'Orphan' })
    await clock.advance(5 * secondsMs)
    expect(rig.server.objects(deployments, shop)).toEqual([])
    expect(rig.replicaSets.map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]])
    expect(rig.pods).toHaveLength(4)
  })

  it('loses the owner that is gone, and stays with the one that is not', async () => {
    const { clock } = await start()
    const [one, other] = [await serve(), await rig.create<KubeObject>(services, second)]
    const references = [one, other].map(({ metadata: { name, uid = '' } }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      name,
      uid,
    }))
    await barePod('owned')
    await rig.api.mergePatch(pods, { namespace: shop, name: 'owned' }, { metadata: { ownerReferences: references } })
    await rig.api.delete(services, web)
    await clock.advance(5 * secondsMs)
    expect(rig.pods[0]?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['second'])
    await rig.api.delete(services, { namespace: shop, name: 'second' })
    await clock.advance(5 * secondsMs)
    expect(rig.pods).toEqual([])
  })

  it('was never owned by another object of the same name', async () => {
    const { clock } = await start()
    await serve()
    await barePod('owned')
    const stranger = { apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'somebody-else' }
    await rig.api.mergePatch(pods, { namespace: shop, name: 'owned' }, { metadata: { ownerReferences: [stranger] } })
    await clock.advance(5 * secondsMs)
    expect(rig.pods).toEqual([])
  })

  it('of a node that is gone is deleted after a while', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 1e9 }), nodes: ['a', 'b'] })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.api.delete(nodes, { name: 'a' })
    await clock.advance(30 * secondsMs)
    expect(rig.pods.filter(({ spec }) => spec.nodeName === 'a')).toHaveLength(2)
    await clock.advance(15 * secondsMs)
    expect(rig.pods.map(({ spec }) => spec.nodeName)).toEqual(['b', 'b', 'b', 'b'])
  })
})

const second = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: shop, name: 'second' },
  spec: { ports: [{ port: 80 }] },
}

describe('a namespace', () => {
  it('has a service account', async () => {
    const { clock } = await start()
    await clock.advance(secondsMs)
    expect(rig.server.objects(serviceAccounts, shop).map(({ metadata }) => metadata.name)).toEqual(['default'])
  })

  it('takes everything in it along, and waits for pods to end', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 5 * secondsMs }) })
    await serve()
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    await rig.api.delete(namespaces, { name: shop })
    await clock.advance(3 * secondsMs)
    expect((await rig.api.get(namespaces, { name: shop })).metadata.deletionTimestamp).toBeDefined()
    await clock.advance(20 * secondsMs)
    for (const resource of [pods, replicaSets, deployments, services, endpointSlices, serviceAccounts]) {
      expect(rig.server.objects(resource, shop)).toEqual([])
    }
    await expect(rig.api.get(namespaces, { name: shop })).rejects.toSatisfy((error) => isKubeError(error, 'NotFound'))
  })
})

describe('a disruption budget', () => {
  it('follows the pods that it is for', async () => {
    const { clock } = await start({ lifeOf: () => ({ endsAfterMs: 20 * secondsMs }) })
    await rig.create<DisruptionBudget>(disruptionBudgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...web },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
    })
    await rig.deploy()
    await clock.advance(5 * secondsMs)
    const status = async () => (await rig.api.get<DisruptionBudget>(disruptionBudgets, web)).status
    expect(await status()).toMatchObject({
      expectedPods: 4,
      desiredHealthy: 3,
      currentHealthy: 4,
      disruptionsAllowed: 1,
      observedGeneration: 1,
    })
    await rig.api.delete(pods, { namespace: shop, name: podNames()[0] ?? '' })
    await clock.advance(20)
    expect(await status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 0 })
    await rig.patchDeployment({ replicas: 6 })
    await clock.advance(30 * secondsMs)
    expect(await status()).toMatchObject({ expectedPods: 6, desiredHealthy: 5, currentHealthy: 6 })
  })
})

describe('a node whose kubelet is silent', () => {
  it('is given up, its pods count no more, and leave when they may not stay', async () => {
    const { clock } = await start({ nodes: ['a'], controllers: { nodes: { gracePeriodMs: 50 * secondsMs } } })
    const renew = (second: number) =>
      rig.api.mergePatch(leases, lease, { spec: { renewTime: `2026-01-01T00:00:${second}.000000Z` } })
    const lease = { namespace: 'kube-node-lease', name: 'a' }
    const present = await rig.api.list(namespaces)
    if (!present.items.some(({ metadata }) => metadata.name === lease.namespace)) {
      await rig.create<KubeObject>(namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: lease.namespace },
      })
    }
    await rig.create<KubeObject>(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease,
      spec: { holderIdentity: 'a' },
    } as KubeObject)
    const toleration = {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 30,
    }
    await barePod('web', { tolerations: [toleration] })
    for (let second = 10; second < 60; second += 10) {
      await renew(second)
      await clock.advance(20 * secondsMs)
    }
    const ready = async () =>
      (await rig.api.get<Node>(nodes, { name: 'a' })).status?.conditions?.find(({ type }) => type === 'Ready')
    expect(await ready()).toMatchObject({ status: 'True' })
    const pod = (): Pod | undefined => rig.pods[0]
    expect(podCondition(pod() as Pod, 'Ready')?.status).toBe('True')
    await clock.advance(32 * secondsMs)
    expect(await ready()).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' })
    expect((await rig.api.get<Node>(nodes, { name: 'a' })).spec?.taints).toMatchObject([
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
    ])
    expect(podCondition(pod() as Pod, 'Ready')?.status).toBe('False')
    expect(pod()?.metadata.deletionTimestamp).toBeUndefined()
    await clock.advance(31 * secondsMs)
    expect(rig.pods).toEqual([])
    expect(rig.told('Pod')).toContain('TaintManagerEviction: Marking for deletion Pod shop/web')
  })
})
