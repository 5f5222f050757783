import { describe, expect, test } from 'vitest'
import { leases, nodes, type KubeObject } from '../../../src/kube/index.ts'
import { KubeletRig } from './rig.ts'

const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true } as const
const secrets = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true } as const

describe('a node', () => {
  test('makes itself known as ready, and renews its lease each 10 s', async () => {
    const rig = await new KubeletRig().start()
    const [node] = rig.api.objects(nodes) as (KubeObject & { status: { conditions: object[]; addresses: object[] } })[]
    expect(node?.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1' })
    expect(node?.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }))
    expect(node?.status.addresses).toContainEqual({ type: 'InternalIP', address: '10.1.1.1' })
    const renewed = () => (rig.api.objects(leases)[0] as KubeObject & { spec: { renewTime: string } }).spec.renewTime
    expect(renewed()).toBe('2026-01-01T00:00:00.000000Z')
    await rig.clock.advance(25_000)
    expect(renewed()).toBe('2026-01-01T00:00:20.000000Z')
    expect(rig.errors).toEqual([])
  })
})

describe('a pod that runs', () => {
  test('goes from creating to running and ready, with its address', async () => {
    const rig = await new KubeletRig().start()
    await rig.run()
    expect(rig.status()).toMatchObject({ phase: 'Pending', hostIP: '10.1.1.1', startTime: '2026-01-01T00:00:00Z' })
    expect(rig.containers()).toEqual(['app: ContainerCreating'])
    expect(rig.condition('Ready')).toBe('False ContainersNotReady')
    expect(rig.condition('PodReadyToStartContainers')).toBe('True')
    await rig.clock.advance(1000)
    expect(rig.containers()).toEqual(['app: running, ready'])
    const since = Object.fromEntries(
      rig.status().conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]) ?? [],
    )
    expect(since).toMatchObject({ Initialized: '2026-01-01T00:00:00Z', Ready: '2026-01-01T00:00:01Z' })
    expect(rig.status()).toMatchObject({ phase: 'Running', podIP: '10.1.1.2', podIPs: [{ ip: '10.1.1.2' }] })
    for (const type of ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled']) {
      expect(rig.condition(type)).toBe('True')
    }
    expect(rig.events()).toEqual([
      'Pulled: Container image "app" already present on machine and can be accessed by the pod',
      'Created: Container created',
      'Started: Container started',
    ])
    expect(rig.errors).toEqual([])
  })

  test('rests: no write without a change', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 } })
    await rig.clock.advance(5000)
    const seen = rig.sights.length
    await rig.clock.advance(60_000)
    expect(rig.sights.length).toBe(seen)
  })

  test('has the environment that it asks for', async () => {
    const rig = new KubeletRig()
    await rig.create(configMaps, 'settings', { data: { COLOR: 'red', SIZE: '3' } })
    await rig.create(secrets, 'keys', { data: { token: Buffer.from('s3cret').toString('base64') } })
    await rig.start()
    await rig.run({
      args: ['--color=$(COLOR)', '--cost=$$5', '$(NOBODY)'],
      envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'K_', secretRef: { name: 'keys' } }],
      resources: { limits: { memory: '128Mi' } },
      env: [
        { name: 'SIZE', value: '4' },
        { name: 'BOTH', value: '$(COLOR)-$(SIZE)' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
        { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'other', key: 'a', optional: true } } },
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
        { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      ],
    })
    expect(rig.runtime.last().start.env).toEqual({
      REDIS_SERVICE_HOST: '10.9.9.9',
      COLOR: 'red',
      K_token: 's3cret',
      SIZE: '4',
      BOTH: 'red-4',
      TOKEN: 's3cret',
      NAME: 'web',
      APP: 'web',
      NODE: 'node-1',
      IP: '10.1.1.2',
      HOST: '10.1.1.1',
      MEMORY: '128',
    })
    expect(rig.runtime.last().start.args).toEqual(['--color=red', '--cost=$5', '$(NOBODY)'])
  })

  test('waits for what its environment refers to', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }] })
    expect(rig.containers()).toEqual(['app: CreateContainerConfigError'])
    expect(rig.status().containerStatuses?.[0]?.state.waiting?.message).toBe('configmap "settings" not found')
    await rig.create(configMaps, 'settings', { data: { a: '1' } })
    await rig.clock.advance(11_000)
    expect(rig.containers()).toEqual(['app: running, ready'])
  })

  test('waits for ever, less and less often, for an image that is not there', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ image: 'nowhere:1' })
    expect(rig.containers()).toEqual(['app: ErrImagePull'])
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: ImagePullBackOff'])
    await rig.clock.advance(600_000)
    expect(rig.containers()).toEqual(['app: ImagePullBackOff'])
    expect(rig.status().phase).toBe('Pending')
  })

  test('on the network of its node has the address of its node', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({}, { hostNetwork: true })
    await rig.clock.advance(1000)
    expect(rig.status().podIP).toBe('10.1.1.1')
    expect(rig.network.used.size).toBe(0)
  })
})

describe('containers that end by themselves', () => {
  test('are started again, after 0, 10, 20, 40 ... 300 s', async () => {
    const rig = await new KubeletRig({ app: { exitAfterMs: 500, exitCode: 1 } }).start()
    await rig.run()
    const starts = async (forMs: number): Promise<number> => {
      const before = rig.runtime.containers.length
      await rig.clock.advance(forMs)
      return rig.runtime.containers.length - before
    }
    expect(rig.runtime.containers.length).toBe(1)
    expect(await starts(3000)).toBe(1)
    expect(rig.containers()).toEqual(['app: CrashLoopBackOff, restarted 1'])
    const { state, lastState } = rig.status().containerStatuses?.[0] ?? {}
    expect(state?.waiting?.message).toMatch(/^back-off 10s restarting failed container=app pod=web_default\(.+\)$/)
    expect(lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    expect(rig.status().phase).toBe('Running')
    expect(await starts(9000)).toBe(1)
    expect(await starts(15_000)).toBe(0)
    expect(await starts(8000)).toBe(1)
    await rig.clock.advance(1_000_000)
    expect(await starts(301_000)).toBe(1)
    expect(rig.status().containerStatuses?.[0]?.state.waiting?.message).toContain('back-off 5m0s')
  })

  test.each([
    ['Never', 0, 'Succeeded', 'Completed 0', 'False PodCompleted'],
    ['Never', 3, 'Failed', 'Error 3', 'False PodFailed'],
    ['OnFailure', 0, 'Succeeded', 'Completed 0', 'False PodCompleted'],
  ] as const)(
    'with restartPolicy %s and exit code %i make the pod %s',
    async (restartPolicy, exitCode, phase, told, ready) => {
      const rig = await new KubeletRig({ app: { exitAfterMs: 500, exitCode } }).start()
      await rig.run({}, { restartPolicy })
      await rig.clock.advance(60_000)
      expect(rig.status().phase).toBe(phase)
      expect(rig.containers()).toEqual([`app: ${told}`])
      expect(rig.condition('Ready')).toBe(ready)
      expect(rig.runtime.containers.length).toBe(1)
      expect(rig.network.used.size).toBe(0)
      await rig.delete()
      expect(rig.pod()).toBeUndefined()
    },
  )

  test('that ended before anybody looked were never told as running', async () => {
    const rig = await new KubeletRig({ app: { exitAfterMs: 500, exitCode: 0 } }).start()
    await rig.run({}, { restartPolicy: 'Never' })
    await rig.clock.advance(5000)
    const told = rig.sights.map(({ pod }) => Object.keys(pod.status?.containerStatuses?.[0]?.state ?? {})[0])
    expect([...new Set(told)]).toEqual([undefined, 'waiting', 'terminated'])
    expect(rig.status().containerStatuses?.[0]?.state.terminated?.finishedAt).toBe('2026-01-01T00:00:00Z')
  })

  test('are killed by somebody: exit code 137, and started again', async () => {
    const rig = await new KubeletRig().start()
    await rig.run()
    await rig.clock.advance(1000)
    expect(rig.kubelet.killContainer(rig.pod()?.metadata.uid ?? '', 'app')).toBe(true)
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running, ready, restarted 1'])
    expect(rig.status().containerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(137)
  })

  test('leave what they wrote: for now, and for `previous`', async () => {
    const rig = await new KubeletRig().start()
    await rig.run()
    const uid = rig.pod()?.metadata.uid ?? ''
    rig.runtime.last().written = 'one'
    expect(rig.kubelet.logs(uid, undefined, false)).toBe('one')
    expect(rig.kubelet.logs(uid, undefined, true)).toBeUndefined()
    rig.runtime.last().exit(1)
    await rig.clock.advance(2000)
    rig.runtime.last().written = 'two'
    expect(rig.kubelet.logs(uid, 'app', false)).toBe('two')
    expect(rig.kubelet.logs(uid, 'app', true)).toBe('one')
    expect(rig.kubelet.logs(uid, 'other', false)).toBeUndefined()
  })
})

describe('init containers', () => {
  const init = { name: 'init', image: 'init' }
  const sidecar = { name: 'sidecar', image: 'app', restartPolicy: 'Always' as const }

  test('run first, one after the other', async () => {
    const rig = await new KubeletRig({ init: { exitAfterMs: 500 }, app: { termMs: 0 } }).start()
    await rig.run({}, { initContainers: [init, { ...init, name: 'init-2' }] })
    expect(rig.containers()).toEqual(['init: PodInitializing', 'init-2: PodInitializing', 'app: PodInitializing'])
    await rig.clock.advance(1000)
    expect(rig.containers()[0]).toBe('init: Completed 0, ready')
    expect(rig.condition('Initialized')).toBe('False ContainersNotInitialized')
    expect(rig.status().phase).toBe('Pending')
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['init: Completed 0, ready', 'init-2: Completed 0, ready', 'app: running, ready'])
    expect(rig.condition('Initialized')).toBe('True')
  })

  test('that fail hold the others back, or fail the pod', async () => {
    const rig = await new KubeletRig({ init: { exitAfterMs: 500, exitCode: 1 }, app: {} }).start()
    await rig.run({}, { initContainers: [init] })
    await rig.run({}, { initContainers: [init], restartPolicy: 'Never' }, 'job')
    await rig.clock.advance(60_000)
    expect(rig.errors).toEqual([])
    expect(rig.containers()).toEqual(['init: CrashLoopBackOff, restarted 3', 'app: PodInitializing'])
    expect(rig.status('job').phase).toBe('Failed')
    expect(rig.runtime.containers.some(({ start }) => start.container === 'app')).toBe(false)
  })

  test('a sidecar starts before, goes on beside, and ends after the main container', async () => {
    const rig = await new KubeletRig({ app: { termMs: 3000 } }).start()
    await rig.run({}, { initContainers: [sidecar] })
    await rig.clock.advance(3000)
    expect(rig.containers()).toEqual(['sidecar: running, ready', 'app: running, ready'])
    await rig.delete()
    const startMs = rig.clock.monotonicMs()
    await rig.clock.advance(10_000)
    const sent = (name: string) => rig.runtime.last(name).signals.map(({ signal, atMs }) => [signal, atMs - startMs])
    expect(sent('app')).toEqual([['SIGTERM', 0]])
    expect(sent('sidecar')).toEqual([['SIGTERM', 3000]])
    expect(rig.pod()).toBeUndefined()
  })

  test('sidecars end one after the other, the last one first', async () => {
    const rig = await new KubeletRig({ app: { termMs: 3000 } }).start()
    await rig.run({}, { initContainers: [sidecar, { ...sidecar, name: 'second' }] })
    await rig.clock.advance(5000)
    await rig.delete()
    const startMs = rig.clock.monotonicMs()
    await rig.clock.advance(20_000)
    const sentMs = (name: string) => (rig.runtime.last(name).signals[0]?.atMs ?? Number.NaN) - startMs
    expect(['app', 'second', 'sidecar'].map(sentMs)).toEqual([0, 3000, 6000])
  })
})
