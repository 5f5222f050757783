import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/kube/index.ts'
import {
  isAtLeast,
  projectDeploymentFacts,
  projectPod,
  projectPolicy,
  projectService,
  projectSlice,
  selectsByEquality,
} from '../../src/operator/projections.ts'
import { rawPod } from './facts.ts'

const bare = (rest: object = {}): KubeObject => ({ metadata: { namespace: 'shop', name: 'x' }, ...rest })

describe('a pod', () => {
  test('belongs to the Deployment that its ReplicaSet is named after', () => {
    expect(projectPod(rawPod())?.deployment).toBe('checkout')
  })

  test('of a name with dashes belongs to the whole of it', () => {
    const owner = { kind: 'ReplicaSet', name: 'a-b-c-5d8f', controller: true }
    const pod = rawPod({}, { ownerReferences: [owner], labels: { 'pod-template-hash': '5d8f' } })
    expect(projectPod(pod)?.deployment).toBe('a-b-c')
  })

  const foreign: Record<string, Record<string, unknown>> = {
    'of a StatefulSet': { ownerReferences: [{ kind: 'StatefulSet', name: 'checkout-abc', controller: true }] },
    'of nobody': { ownerReferences: undefined },
    'without the hash of its template': { labels: {} },
    'whose hash is not that of its ReplicaSet': { labels: { 'pod-template-hash': 'xyz' } },
    'that its ReplicaSet does not control': { ownerReferences: [{ kind: 'ReplicaSet', name: 'checkout-abc' }] },
  }
  test.each(Object.entries(foreign))('%s is not kept', (_, metadata) => {
    expect(projectPod(rawPod({}, metadata))).toBeUndefined()
  })

  const states: Record<string, [object[] | undefined, boolean]> = {
    'that runs has run': [[{ name: 'app', state: { running: {} } }], true],
    'that ran and ended has run': [
      [{ name: 'app', state: { terminated: { startedAt: '2026-01-01T00:00:00Z' } } }],
      true,
    ],
    'that waits has not': [[{ name: 'app', state: { waiting: { reason: 'ContainerCreating' } } }], false],
    'of which one container runs has': [[{ state: { waiting: {} } }, { state: { running: {} } }], true],
    'that ended without a start has not': [[{ name: 'app', state: { terminated: { startedAt: null } } }], false],
    'without a status has not': [undefined, false],
  }
  test.each(Object.entries(states))('%s', (_, [containerStatuses, hasRun]) => {
    expect(projectPod(rawPod({ status: { containerStatuses } }))?.hasRun).toBe(hasRun)
  })

  test('says of which template it is, where it is, and since when', () => {
    const lastTransitionTime = '2026-01-01T00:00:09Z'
    const conditions = [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:01Z' },
      { type: 'Ready', status: 'True', lastTransitionTime },
    ]
    const status = { conditions, podIP: '10.0.0.7', startTime: '2026-01-01T00:00:02Z' }
    expect(projectPod(rawPod({ status }))).toMatchObject({
      hash: 'abc',
      ready: true,
      readySinceMs: Date.parse(lastTransitionTime),
      startedMs: Date.parse(status.startTime),
      podIP: '10.0.0.7',
      restarts: 0,
    })
    const unready = { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }], startTime: 'x' }
    const pod = projectPod(rawPod({ status: unready }))
    expect(pod?.ready).toBe(false)
    for (const unknown of ['readySinceMs', 'startedMs', 'podIP']) expect(pod).not.toHaveProperty(unknown)
  })

  test.each([
    ['all its containers', [], 5],
    ['the container whose counters are asked', [{ name: 'drain', containerPort: 9909 }], 3],
    ['all its containers, when another port is named', [{ name: 'http', containerPort: 80 }], 5],
  ])('counts the restarts of %s', (_, ports, restarts) => {
    const spec = { containers: [{ name: 'proxy' }, { name: 'app', ports }] }
    const containerStatuses = [
      { name: 'proxy', restartCount: 2 },
      { name: 'app', restartCount: 3 },
    ]
    expect(projectPod(rawPod({ spec, status: { containerStatuses } }))?.restarts).toBe(restarts)
  })

  test('keeps the end of each container', () => {
    const terminated = { exitCode: 137, signal: 9, reason: 'Error', message: 'm', finishedAt: '2026-01-01T00:00:00Z' }
    const pod = projectPod(rawPod({ status: { containerStatuses: [{ name: 'app', state: { terminated } }] } }))
    expect(pod?.terminated).toEqual([{ container: 'app', ...terminated }])
  })
})

describe('an EndpointSlice', () => {
  const slice = (conditions: object | undefined) =>
    projectSlice({
      ...bare({ endpoints: [{ targetRef: { uid: 'pod-1' }, conditions }, { addresses: ['10.0.0.1'] }] }),
      metadata: { namespace: 'shop', name: 'x', labels: { 'kubernetes.io/service-name': 'checkout' } },
    })?.endpoints

  test.each([
    ['ready', { ready: true, terminating: false }, 'ready'],
    ['of unknown readiness, which counts as ready', undefined, 'ready'],
    ['terminating', { ready: false, terminating: true }, 'terminating'],
    ['not ready', { ready: false, terminating: false }, 'notReady'],
    ['published although it is terminating', { ready: true, terminating: true }, 'ready'],
  ])('has an endpoint that is %s', (_, conditions, expected) => {
    expect(slice(conditions)).toEqual({ 'pod-1': expected })
  })

  test('of no Service is not kept', () => {
    expect(projectSlice(bare())).toBeUndefined()
  })
})

describe('a Service', () => {
  test('gives the ports of the pods, and says how it routes', () => {
    const spec = {
      selector: { app: 'x' },
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ port: 80 }, { port: 81, targetPort: 'http' }, { port: 82, targetPort: 8082 }],
    }
    expect(projectService(bare({ spec }))).toMatchObject({
      selector: { app: 'x' },
      targetPorts: [80, 'http', 8082],
      headless: true,
      publishNotReadyAddresses: true,
    })
  })

  test('without a selector selects nothing', () => {
    expect(selectsByEquality(projectService(bare()).selector, { app: 'x' })).toBe(false)
    expect(selectsByEquality({ app: 'x' }, { app: 'x', team: 'y' })).toBe(true)
    expect(selectsByEquality({ app: 'x', team: 'z' }, { app: 'x', team: 'y' })).toBe(false)
  })
})

describe('a policy', () => {
  test('gets its defaults', () => {
    const policy = projectPolicy(bare({ spec: { targetRef: { name: 'checkout' } } }))
    expect(policy.spec).toMatchObject({ mode: 'Enforce', targetRef: { kind: 'Deployment', name: 'checkout' } })
  })

  test('that cannot be read says where', () => {
    expect(projectPolicy(bare({ spec: { targetRef: { name: 'x' }, mode: 'Guess' } })).unreadable).toMatch(
      /^spec\.mode: /,
    )
    expect(projectPolicy(bare()).unreadable).toMatch(/^spec/)
  })

  test('of which one target in status cannot be read keeps what was measured of the others', () => {
    const good = { name: 'checkout', requestTimeHistory: '12 13' }
    const bad = { name: 'cart', rollout: { phase: 'Held', message: 'by a newer version' }, requestTimeHistory: '5' }
    const { status } = projectPolicy(bare({ spec: { targetRef: { name: 'x' } }, status: { targets: [good, bad] } }))
    expect(status.targets).toEqual([good, { name: 'cart', requestTimeHistory: '5' }])
  })

  test('whose status is garbage has none', () => {
    for (const status of ['x', null, { targets: 'x' }, { conditions: [{}] }]) {
      const policy = projectPolicy(bare({ spec: { targetRef: { name: 'x' } }, status }))
      expect(policy.status.targets ?? []).toEqual([])
      expect(policy.status.conditions ?? []).toEqual([])
    }
  })
})

describe('a Deployment', () => {
  test('of any shape is read without failing', () => {
    for (const rest of [{}, { spec: null }, { spec: { template: { spec: { containers: 'x' } } }, status: 'x' }]) {
      const facts = projectDeploymentFacts(bare(rest))
      expect(facts.rollout).toMatchObject({ updated: 0, total: 0 })
      expect(facts.pace).toMatchObject({ strategy: 'RollingUpdate', ours: [], taken: [] })
    }
  })
})

test.each([
  ['10', '9', true],
  ['9', '10', false],
  ['10', '10', true],
  ['99', '100', false],
])('version %s is at least %s: %s', (one, other, expected) => {
  expect(isAtLeast(one, other)).toBe(expected)
})
