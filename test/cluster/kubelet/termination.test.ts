import { describe, expect, test } from 'vitest'
import type { Container, PodSpec } from '../../../src/cluster/kubelet/pod.ts'
import { KubeError, pods } from '../../../src/kube/index.ts'
import type { Behaviour } from './model.ts'
import { KubeletRig } from './rig.ts'

/** A pod that has run for 10 s and is deleted then; times count from there. */
async function deleted(
  container: Partial<Container>,
  behaviour: Behaviour = { termMs: 0 },
  { spec = {}, graceSeconds }: { spec?: Partial<PodSpec>; graceSeconds?: number } = {},
) {
  const rig = await new KubeletRig({ app: behaviour }).start()
  await rig.run(container, { terminationGracePeriodSeconds: 30, ...spec })
  await rig.clock.advance(10_000)
  const startMs = rig.clock.monotonicMs()
  const seen = rig.sights.length
  await rig.delete(graceSeconds)
  const signals = () => rig.runtime.last().signals.map(({ signal, atMs }) => `${signal} ${atMs - startMs}`)
  /** When the pod went away. */
  const goneMs = () => (rig.sights.find(({ gone }) => gone)?.atMs ?? Number.NaN) - startMs
  return { rig, signals, goneMs, seen }
}

describe('a deleted pod', () => {
  test('gets SIGTERM at once, and is gone when it has ended', async () => {
    const { rig, signals, goneMs } = await deleted({}, { termMs: 700 })
    await rig.clock.advance(60_000)
    expect(signals()).toEqual(['SIGTERM 0'])
    expect(goneMs()).toBe(700)
    expect(rig.events()).toContain('Killing: Stopping container app')
    expect(rig.network.used.size).toBe(0)
    expect(rig.errors).toEqual([])
  })

  test('leaves its termination message before it goes', async () => {
    const { rig, seen } = await deleted({}, { termMs: 700, message: '{"verdict":"clean"}' })
    await rig.clock.advance(60_000)
    const told = rig.sights.slice(seen).map(({ pod, gone }) => {
      const state = pod.status?.containerStatuses?.[0]?.state
      const { deletionGracePeriodSeconds } = pod.metadata
      return [gone ? 'gone' : `grace ${deletionGracePeriodSeconds}`, pod.status?.phase, state?.terminated?.message]
    })
    const message = '{"verdict":"clean"}'
    expect(told).toEqual([
      ['grace 30', 'Running', undefined],
      ['grace 30', 'Running', undefined],
      ['grace 30', 'Succeeded', message],
      ['grace 0', 'Succeeded', message],
      ['gone', 'Succeeded', message],
    ])
    const last = rig.sights.at(-1)?.pod.status?.containerStatuses?.[0]
    expect(last).toMatchObject({
      ready: false,
      started: false,
      state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:00:10Z' } },
    })
  })

  test('is killed at the end of its grace', async () => {
    const { rig, signals, goneMs } = await deleted({}, {})
    await rig.clock.advance(60_000)
    expect(signals()).toEqual(['SIGTERM 0', 'SIGKILL 30000'])
    expect(goneMs()).toBe(30_000)
    expect(rig.sights.at(-1)?.pod.status).toMatchObject({ phase: 'Failed' })
    expect(rig.sights.at(-1)?.pod.status?.containerStatuses?.[0]?.state.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    })
  })

  test.each<[string, Partial<Container>, Behaviour, string[]]>([
    [
      'a sleep comes before SIGTERM',
      { lifecycle: { preStop: { sleep: { seconds: 5 } } } },
      {},
      ['SIGTERM 5000', 'SIGKILL 30000'],
    ],
    [
      'a hook counts in whole seconds',
      { lifecycle: { preStop: { exec: { command: ['a'] } } } },
      { execMs: 4700 },
      ['SIGTERM 4700', 'SIGKILL 30700'],
    ],
    [
      'at least two seconds are left, however long a hook takes',
      { lifecycle: { preStop: { exec: { command: ['a'] } } } },
      { execMs: 60_000 },
      ['SIGTERM 30000', 'SIGKILL 32000'],
    ],
  ])('%s', async (_, container, behaviour, expected) => {
    const { rig, signals } = await deleted(container, behaviour)
    await rig.clock.advance(120_000)
    expect(signals()).toEqual(expected)
  })

  test('gets SIGTERM at once when its hook fails, and an event says so', async () => {
    const { rig, signals } = await deleted({ lifecycle: { preStop: { exec: { command: ['a'] } } } }, { execCode: 1 })
    await rig.clock.advance(40_000)
    expect(signals()).toEqual(['SIGTERM 0', 'SIGKILL 30000'])
    expect(rig.events()).toContain('FailedPreStopHook: PreStopHook failed')
  })

  test('an HTTP hook fails when nobody answers, and not by its status', async () => {
    const hook = { lifecycle: { preStop: { httpGet: { path: '/drain', port: 9909 } } } }
    const refused = await deleted(hook)
    expect(refused.rig.network.asked.at(-1)).toMatchObject({
      what: '10.1.1.2:9909/drain',
      headers: { 'user-agent': 'kube-lifecycle/1.36' },
    })
    const failing = await new KubeletRig().start()
    failing.network.answer = () => ({ failed: 'ECONNREFUSED' })
    await failing.run(hook)
    await failing.clock.advance(1000)
    await failing.delete()
    await failing.clock.advance(1000)
    expect(failing.events()).toContain('FailedPreStopHook: PreStopHook failed')
    const unhappy = await new KubeletRig().start()
    unhappy.network.answer = () => ({ status: 500 })
    await unhappy.run(hook)
    await unhappy.clock.advance(1000)
    await unhappy.delete()
    await unhappy.clock.advance(1000)
    expect(unhappy.events()).not.toContain('FailedPreStopHook: PreStopHook failed')
    expect(unhappy.pod()).toBeUndefined()
  })

  test('has the grace that its deletion says', async () => {
    const { rig, signals, goneMs } = await deleted({}, {}, { graceSeconds: 5 })
    await rig.clock.advance(60_000)
    expect(signals()).toEqual(['SIGTERM 0', 'SIGKILL 5000'])
    expect(goneMs()).toBe(5000)
  })

  test('is not hurried by a second deletion, as real kubelets are not', async () => {
    const { rig, signals } = await deleted({ lifecycle: { preStop: { sleep: { seconds: 12 } } } }, {})
    await rig.clock.advance(1000)
    await rig.delete(3)
    expect(rig.pod()?.metadata.deletionGracePeriodSeconds).toBe(3)
    await rig.clock.advance(60_000)
    expect(signals()).toEqual(['SIGTERM 12000', 'SIGKILL 30000'])
  })

  test('that is gone by force ends within seconds, and nothing is written', async () => {
    const { rig, signals, seen } = await deleted({}, {}, { graceSeconds: 0 })
    expect(rig.pod()).toBeUndefined()
    await rig.clock.advance(60_000)
    expect(signals()).toEqual(['SIGTERM 0', 'SIGKILL 2000'])
    expect(rig.sights.slice(seen).every(({ pod }) => pod.metadata.deletionGracePeriodSeconds === 0)).toBe(true)
    expect(rig.network.used.size).toBe(0)
    expect(rig.errors).toEqual([])
  })

  test('by force has a second for its hook', async () => {
    const hook = { lifecycle: { preStop: { exec: { command: ['bye'] } } } }
    const { rig, signals } = await deleted(hook, { execMs: 400 }, { graceSeconds: 0 })
    await rig.clock.advance(10_000)
    expect(rig.runtime.last().commands).toEqual([['bye']])
    expect(signals()).toEqual(['SIGTERM 400', 'SIGKILL 2400'])
  })

  test('tells of its containers only when the last one has ended', async () => {
    const { rig } = await deleted(
      {},
      { termMs: 5000 },
      {
        spec: {
          containers: [
            { name: 'app', image: 'app' },
            { name: 'quick', image: 'app' },
          ],
        },
      },
    )
    rig.runtime.last('quick').exit(0)
    await rig.clock.advance(2000)
    const ref = { namespace: 'default', name: 'web' }
    await rig.kube.mergePatch(pods, ref, { metadata: { annotations: { touched: 'yes' } } })
    await rig.clock.advance(1000)
    expect(rig.containers()).toEqual(['app: running, ready', 'quick: running, ready'])
    await rig.clock.advance(5000)
    expect(rig.sights.at(-1)?.pod.status?.containerStatuses?.map(({ state }) => state.terminated?.exitCode)).toEqual([
      0, 0,
    ])
  })

  test('is asked whether it is ready as long as it runs, and not whether it lives', async () => {
    const probe = (path: string) => ({ httpGet: { path, port: 80 }, periodSeconds: 1, failureThreshold: 1 })
    const { rig } = await deleted({ readinessProbe: probe('/ready'), livenessProbe: probe('/live') }, { termMs: 5000 })
    const from = rig.network.asked.length
    rig.network.answer = () => ({ status: 503 })
    await rig.clock.advance(3000)
    expect(rig.condition('Ready')).toBe('False ContainersNotReady')
    expect(rig.containers()).toEqual(['app: running'])
    await rig.clock.advance(10_000)
    const asked = rig.network.asked.slice(from).map(({ what }) => what)
    expect(asked.filter((what) => what.endsWith('/ready')).length).toBe(4)
    expect(asked.filter((what) => what.endsWith('/live')).length).toBe(0)
    expect(rig.runtime.last().signals.length).toBe(1)
  })

  test('that never ran is removed, and told as failed', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ image: 'nowhere:1' })
    await rig.clock.advance(5000)
    await rig.delete()
    await rig.clock.advance(1000)
    expect(rig.pod()).toBeUndefined()
    expect(rig.sights.at(-1)?.pod.status?.phase).toBe('Failed')
  })

  test('is not started any more when it is deleted between two starts', async () => {
    const rig = await new KubeletRig({ app: { exitAfterMs: 500, exitCode: 1 } }).start()
    await rig.run()
    await rig.clock.advance(5000)
    const started = rig.runtime.containers.length
    await rig.delete()
    await rig.clock.advance(60_000)
    expect(rig.runtime.containers.length).toBe(started)
    expect(rig.pod()).toBeUndefined()
  })
})

describe('a pod with a deadline', () => {
  test('is told as not ready at once, ended with all of its grace, and stays as failed', async () => {
    const rig = await new KubeletRig({ app: { termMs: 1000 } }).start()
    await rig.run({ lifecycle: { preStop: { sleep: { seconds: 4 } } } }, { activeDeadlineSeconds: 6 })
    await rig.clock.advance(6000)
    expect(rig.condition('Ready')).toBe('False PodFailed')
    expect(rig.status().phase).toBe('Running')
    expect(rig.runtime.last().signals).toEqual([])
    await rig.clock.advance(10_000)
    expect(rig.runtime.last().signals).toEqual([{ signal: 'SIGTERM', atMs: 10_000 }])
    expect(rig.status()).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    })
    expect(rig.containers()).toEqual(['app: Completed 0'])
  })

  test('that is set while it runs counts from its start', async () => {
    const rig = await new KubeletRig({ app: { termMs: 0 } }).start()
    await rig.run()
    await rig.clock.advance(10_000)
    await rig.kube.mergePatch(pods, { namespace: 'default', name: 'web' }, { spec: { activeDeadlineSeconds: 15 } })
    await rig.clock.advance(4900)
    expect(rig.condition('Ready')).toBe('True')
    await rig.clock.advance(200)
    expect(rig.status().phase).toBe('Failed')
  })
})

test('a status that meets a newer object is made anew from it: both writes are kept', async () => {
  const rig = await new KubeletRig().start()
  await rig.run()
  const ref = { namespace: 'default', name: 'web' }
  const warm = { type: 'shop.example/warm', status: 'True' }
  rig.onRequest = ({ method }) => {
    if (method !== 'PATCH') return
    rig.onRequest = () => {}
    void rig.kube.jsonPatch(pods, ref, [{ op: 'add', path: '/status/conditions/-', value: warm }], {
      subresource: 'status',
    })
  }
  const seen = rig.sights.length
  await rig.clock.advance(1000)
  expect(rig.condition('shop.example/warm')).toBe('True')
  expect(rig.condition('Ready')).toBe('True')
  expect(rig.sights.length).toBe(seen + 2)
  expect(rig.errors).toEqual([])
})

test('a status that cannot be written is written later', async () => {
  const rig = await new KubeletRig().start()
  await rig.run()
  let failures = 3
  rig.onRequest = ({ method }) => {
    if (method === 'PATCH' && failures-- > 0) throw new KubeError('Unavailable', 'no answer')
  }
  await rig.clock.advance(3500)
  expect(rig.containers()).toEqual(['app: ContainerCreating'])
  await rig.clock.advance(2000)
  expect(rig.containers()).toEqual(['app: running, ready'])
  expect(rig.errors.length).toBe(3)
})
