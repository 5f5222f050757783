import { describe, expect, test } from 'vitest'
import type { Probe } from '../../../src/cluster/kubelet/pod.ts'
import { KubeletRig } from './rig.ts'

const http: Probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 2, failureThreshold: 2, timeoutSeconds: 1 }
const ports = [{ name: 'http', containerPort: 8080 }]

describe('a readiness probe', () => {
  test('makes the container ready when it passes, and unready after enough failures', async () => {
    const rig = await new KubeletRig().start()
    rig.network.answer = () => ({ failed: 'ECONNREFUSED' })
    await rig.run({ ports, readinessProbe: http })
    await rig.clock.advance(1000)
    expect(rig.containers()).toEqual(['app: running'])
    expect(rig.network.asked[0]).toMatchObject({ what: '10.1.1.2:8080/', atMs: 1000 })
    expect(rig.network.asked[0]?.headers).toEqual({ 'user-agent': 'kube-probe/1.36', accept: '*/*' })
    rig.network.answer = () => ({ status: 200 })
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running, ready'])
    rig.network.answer = () => ({ status: 503 })
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running, ready'])
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running'])
    expect(rig.condition('Ready')).toBe('False ContainersNotReady')
    expect(rig.events()).toContain(
      'Unhealthy: Readiness probe failed: Get "http://10.1.1.2:8080/": dial tcp 10.1.1.2:8080: connect: connection refused',
    )
    expect(rig.events()).toContain('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503')
  })

  test('waits for its initial delay and for enough successes', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ ports, readinessProbe: { ...http, initialDelaySeconds: 3, successThreshold: 2 } })
    await rig.clock.advance(4900)
    expect(rig.network.asked).toEqual([])
    await rig.clock.advance(200)
    expect(rig.network.asked.length).toBe(1)
    expect(rig.containers()).toEqual(['app: running'])
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running, ready'])
  })

  test.each<[string, Probe, string]>([
    ['a TCP probe', { tcpSocket: { port: 'http' } }, 'tcp 10.1.1.2:8080'],
    ['a gRPC probe', { grpc: { port: 9000, service: 'shop' } }, 'grpc 10.1.1.2:9000 shop'],
  ])('%s asks so', async (_, probe, what) => {
    const rig = await new KubeletRig().start()
    await rig.run({ ports, readinessProbe: { ...probe, periodSeconds: 1, failureThreshold: 1 } })
    await rig.clock.advance(1000)
    expect(rig.network.asked[0]?.what).toBe(what)
    expect(rig.containers()).toEqual(['app: running, ready'])
    rig.network.answer = () => ({ failed: 'ECONNREFUSED' })
    await rig.clock.advance(2000)
    expect(rig.containers()).toEqual(['app: running'])
  })

  test('an exec probe fails by its exit code, and by its time', async () => {
    const probe = { exec: { command: ['check'] }, periodSeconds: 5, failureThreshold: 1, timeoutSeconds: 2 }
    const failing = await new KubeletRig({ app: { execCode: 1 } }).start()
    await failing.run({ readinessProbe: probe })
    await failing.clock.advance(2000)
    expect(failing.runtime.last().commands).toEqual([['check']])
    expect(failing.containers()).toEqual(['app: running'])
    const slow = await new KubeletRig({ app: { execMs: 3000 } }).start()
    await slow.run({ readinessProbe: probe })
    await slow.clock.advance(4000)
    expect(slow.containers()).toEqual(['app: running'])
    expect(slow.events()).toContain('Unhealthy: Readiness probe failed: command timed out: "check"')
  })

  test('a port that nobody has named fails the probe', async () => {
    const rig = await new KubeletRig().start()
    await rig.run({ readinessProbe: http })
    await rig.clock.advance(1000)
    expect(rig.events()).toContain('Unhealthy: Readiness probe failed: couldn\'t find port: "http" in container "app"')
  })
})

describe('a liveness probe', () => {
  test('ends the container with its hook and grace when it fails, and it is started again', async () => {
    const rig = await new KubeletRig({ app: { termMs: 1000 } }).start()
    await rig.run({ ports, livenessProbe: http, lifecycle: { preStop: { sleep: { seconds: 3 } } } })
    await rig.clock.advance(4000)
    rig.network.answer = () => ({ status: 500 })
    await rig.clock.advance(3000)
    expect(rig.runtime.last().signals).toEqual([])
    await rig.clock.advance(1000)
    rig.network.answer = () => ({ status: 200 })
    expect(rig.events()).toContain('Killing: Container app failed liveness probe, will be restarted')
    await rig.clock.advance(8000)
    expect(rig.containers()).toEqual(['app: running, ready, restarted 1'])
    expect(rig.runtime.containers[0]?.signals.map(({ signal }) => signal)).toEqual(['SIGTERM'])
  })

  test('a deletion meanwhile waits for that ending, and sends no second signal', async () => {
    const rig = await new KubeletRig({ app: {} }).start()
    await rig.run({ ports, livenessProbe: { ...http, failureThreshold: 1 } }, { terminationGracePeriodSeconds: 10 })
    rig.network.answer = () => ({ status: 500 })
    await rig.clock.advance(3000)
    await rig.delete()
    await rig.clock.advance(60_000)
    expect(rig.runtime.last().signals.map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGKILL'])
    expect(rig.runtime.containers.length).toBe(1)
    expect(rig.pod()).toBeUndefined()
  })
})

describe('a startup probe', () => {
  test('holds the other probes back until it passes', async () => {
    const rig = await new KubeletRig().start()
    rig.network.answer = (path) => ({ status: path === '/start' ? 503 : 200 })
    const startupProbe = { ...http, httpGet: { path: '/start', port: 8080 }, failureThreshold: 30 }
    await rig.run({ ports, startupProbe, readinessProbe: http })
    await rig.clock.advance(10_000)
    expect(rig.network.asked.every(({ what }) => what.endsWith('/start'))).toBe(true)
    expect(rig.status().containerStatuses?.[0]).toMatchObject({ started: false, ready: false })
    rig.network.answer = () => ({ status: 200 })
    await rig.clock.advance(2000)
    expect(rig.status().containerStatuses?.[0]).toMatchObject({ started: true, ready: true })
    const startsAsked = () => rig.network.asked.filter(({ what }) => what.endsWith('/start')).length
    const before = startsAsked()
    await rig.clock.advance(10_000)
    expect(startsAsked()).toBe(before)
  })

  test('ends the container when it never passes', async () => {
    const rig = await new KubeletRig().start()
    rig.network.answer = () => ({ status: 503 })
    await rig.run({ ports, startupProbe: http })
    await rig.clock.advance(6000)
    expect(rig.events()).toContain('Killing: Container app failed startup probe, will be restarted')
    expect(rig.runtime.containers.length).toBe(2)
  })
})

test('a postStart hook that fails ends the container', async () => {
  const rig = await new KubeletRig({ app: { execCode: 2, termMs: 0 } }).start()
  await rig.run({ lifecycle: { postStart: { exec: { command: ['warm-up'] } } } })
  await rig.clock.advance(3000)
  expect(rig.events()).toContain('FailedPostStartHook: PostStartHook failed')
  expect(rig.runtime.containers[0]?.alive).toBe(false)
})
