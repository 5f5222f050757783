import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chooseContainer,
  chooseMethod,
  type FieldOwner,
  type Hook,
  podOnContract,
  projectDeployment,
  projectPodContract,
  readContract,
} from '../../src/contract/index.ts'
import { hookCovers, hookSeconds, readHook } from '../../src/contract/hook.ts'
import { isOurs } from '../../src/contract/managers.ts'
import { readRecorded } from './fixture.ts'

const recorded = readRecorded()

describe('projecting', () => {
  test('anything at all is read without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const raw = { metadata: { managedFields: [value], annotations: value }, spec: { template: { spec: value } } }
        expect(projectDeployment(value).template.containers).toEqual([])
        expect(projectDeployment(raw).template.terminationGracePeriodSeconds).toBe(30)
        expect(projectPodContract(value).containers).toEqual([])
      }),
    )
  })

  test('a last-applied-configuration that cannot be read is as good as none', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":' }
    expect(projectDeployment({ metadata: { annotations } })).not.toHaveProperty('lastApplied')
  })

  test('ownership is reduced to the paths that a plan may write', () => {
    const view = projectDeployment(
      recorded['drain-server is there: its hook carries the contract, and its readiness is used'],
    )
    const kubectl = { manager: 'kubectl', operation: 'Apply', subresource: '' }
    expect(view.ownership).toEqual({
      gracePeriod: [],
      containers: { app: { item: [kubectl], preStop: [], readiness: [] } },
      creators: [kubectl],
      lastAppliedWriters: [],
    })
  })

  test('the leaves of our own fields are known one by one', () => {
    const view = projectDeployment(
      recorded[
        'somebody edits the path of our hook: the rest of the handler stays held, since half a handler is refused'
      ],
    )
    const owned = view.ownership.containers['app']?.preStop.map(({ owner, leaves }) => [owner.manager, leaves])
    expect(owned).toEqual([
      ['drainkeeper', ['httpGet.port']],
      ['kubectl-edit', ['httpGet.path']],
    ])
  })
})

describe('the present contract tells who stands behind each value', () => {
  test.each([
    [
      'kubectl apply without a grace period: its default is taken by force, and that is told',
      'Default',
      'Absent',
      'Absent',
    ],
    ['kubectl apply that states 30: the same value as the default, but meant', 'Stated', 'Absent', 'Absent'],
    [
      'server-side apply without a grace period: nobody owns the default, no force is needed',
      'Default',
      'Absent',
      'Absent',
    ],
    ['our own earlier apply says it already: no request', 'Ours', 'Ours', 'Absent'],
    ['a stated sleep that covers is kept', 'Default', 'Stated', 'Absent'],
    ['drain-server is there and the user has a probe: the probe is left alone', 'Default', 'Absent', 'Stated'],
    ['somebody edits the period of our probe: theirs stays, the handler stays ours', 'Ours', 'Ours', 'Stated'],
  ])('%s', (sentence, grace, preStop, readiness) => {
    const contract = readContract(projectDeployment(recorded[sentence]), 'app')
    expect([contract.graceSource.kind, contract.preStopSource.kind, contract.readinessSource.kind]).toEqual([
      grace,
      preStop,
      readiness,
    ])
  })

  test('a last-applied-configuration whose value is not in force, and that nobody owns, is stale', () => {
    const sentence = 'server-side apply without a grace period: nobody owns the default, no force is needed'
    const raw = structuredClone(recorded[sentence]) as { metadata: Record<string, unknown> }
    const lastApplied = JSON.stringify({ spec: { template: { spec: { terminationGracePeriodSeconds: 45 } } } })
    raw.metadata['annotations'] = { 'kubectl.kubernetes.io/last-applied-configuration': lastApplied }
    expect(readContract(projectDeployment(raw), 'app').graceSource.kind).toBe('Default')
  })

  test('a value that is not the default and has no owner on record is stated by somebody', () => {
    const raw = structuredClone(
      recorded['server-side apply without a grace period: nobody owns the default, no force is needed'],
    ) as { spec: { template: { spec: Record<string, unknown> } } }
    raw.spec.template.spec['terminationGracePeriodSeconds'] = 20
    expect(readContract(projectDeployment(raw), 'app').graceSource).toEqual({ kind: 'Stated', by: [] })
  })
})

test.each<[string, FieldOwner, boolean]>([
  ['our apply', { manager: 'drainkeeper', operation: 'Apply', subresource: '' }, true],
  ['an update under our name', { manager: 'drainkeeper', operation: 'Update', subresource: '' }, false],
  ['our apply to a subresource', { manager: 'drainkeeper', operation: 'Apply', subresource: 'scale' }, false],
  ['another apply', { manager: 'kubectl', operation: 'Apply', subresource: '' }, false],
])('ours is what we applied to the object itself: %s', (_, owner, expected) => {
  expect(isOurs(owner)).toBe(expected)
})

describe('a hook', () => {
  test.each<[string, object, number | undefined, boolean]>([
    ['sleeps for its seconds', { sleep: { seconds: 5 } }, 5, true],
    ['that sleeps too short does not cover', { sleep: { seconds: 4 } }, 4, false],
    ['that runs sleep alone is as long', { exec: { command: ['sleep', '15'] } }, 15, true],
    ['that runs sleep in a shell is as long', { exec: { command: ['/bin/sh', '-c', 'sleep 5'] } }, 5, true],
    [
      'that does more than sleep is of unknown length',
      { exec: { command: ['sh', '-c', 'sleep 5; nginx -s quit'] } },
      undefined,
      false,
    ],
    ['that sleeps for minutes is of unknown length', { exec: { command: ['sleep', '5m'] } }, undefined, false],
    [
      'that calls drain-server leaves the delay to it',
      { httpGet: { path: '/admin/drain', port: 'drain' } },
      undefined,
      true,
    ],
    [
      'that calls drain-server for long enough covers',
      { httpGet: { path: '/admin/drain?delaySeconds=5', port: 1 } },
      5,
      true,
    ],
    [
      'that calls drain-server for too short does not',
      { httpGet: { path: '/admin/drain?delaySeconds=4', port: 1 } },
      4,
      false,
    ],
    [
      'that calls something else does not cover',
      { httpGet: { path: '/admin/drainage', port: 'drain' } },
      undefined,
      false,
    ],
    ['by tcpSocket does nothing', { tcpSocket: { port: 1 } }, undefined, false],
  ])('%s', (_, raw, seconds, covers) => {
    const hook = readHook(raw)
    expect(hook).toBeDefined()
    expect(hookSeconds(hook)).toBe(seconds)
    expect(hookCovers(hook, 5)).toBe(covers)
  })
})

describe('the container', () => {
  const view = projectDeployment({
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'app', ports: [{ name: 'http', containerPort: 8080 }] },
            { name: 'metrics', ports: [{ name: 'prom', containerPort: 9090 }] },
          ],
        },
      },
    },
  })

  test.each<[string, string | undefined, (string | number)[], object]>([
    ['that is named', 'metrics', [], { name: 'metrics' }],
    ['whose port a Service names', undefined, ['http'], { name: 'app' }],
    ['whose port a Service gives by number', undefined, [9090], { name: 'metrics' }],
    ['that is the only one to serve, whatever else is targeted', undefined, ['http', 'grpc'], { name: 'app' }],
    ['is ambiguous when two serve', undefined, ['http', 9090], { problem: { code: 'ContainerAmbiguous' } }],
    ['is ambiguous when none serves', undefined, ['grpc'], { problem: { code: 'ContainerAmbiguous' } }],
    [
      'is unknown when nothing is like it',
      'checkout',
      [],
      { problem: { message: expect.stringContaining('app, metrics') as unknown } },
    ],
    [
      'is suggested when the name is close',
      'metric',
      [],
      { problem: { message: expect.stringContaining('Did you mean metrics?') as unknown } },
    ],
  ])('%s', (_, wanted, ports, expected) => {
    expect(chooseContainer(view, wanted, ports)).toMatchObject(expected)
  })

  test('drains by HTTP only where its own ports name drain', () => {
    expect(chooseMethod(view, 'app')).toEqual({ method: 'Sleep' })
    expect(chooseMethod(view, 'app', 'HTTP').problem?.message).toContain('{name: drain, containerPort: 9909}')
  })
})

describe('a pod is on contract', () => {
  const contract = { container: 'app', drainDelaySeconds: 5, gracePeriodSeconds: 41 }

  test.each<[string, number, Hook | undefined, boolean]>([
    ['with exactly the contract', 41, { kind: 'Sleep', seconds: 5 }, true],
    ['with more grace', 60, { kind: 'Sleep', seconds: 5 }, true],
    ['with a longer sleep and the grace for it', 46, { kind: 'Sleep', seconds: 10 }, true],
    [
      "with drain-server's hook",
      41,
      { kind: 'HTTP', path: '/admin/drain?delaySeconds=5&graceSeconds=41', port: 'drain' },
      true,
    ],
    ['not with less grace', 40, { kind: 'Sleep', seconds: 5 }, false],
    ['not with a shorter sleep', 41, { kind: 'Sleep', seconds: 4 }, false],
    ['not with a longer sleep that eats the grace', 45, { kind: 'Sleep', seconds: 10 }, false],
    ['not without a hook', 41, undefined, false],
    ['not with a hook of unknown length', 41, { kind: 'Exec', command: '/stop' }, false],
  ])('%s', (_, terminationGracePeriodSeconds, preStop, expected) => {
    const containers = [{ name: 'app', ...(preStop && { preStop }) }]
    expect(podOnContract({ terminationGracePeriodSeconds, containers }, contract)).toBe(expected)
  })

  test('only with the hook on the right container', () => {
    const pod = projectPodContract({
      spec: {
        terminationGracePeriodSeconds: 41,
        containers: [{ name: 'app' }, { name: 'proxy', lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
      },
    })
    expect(podOnContract(pod, contract)).toBe(false)
    expect(podOnContract(pod, { ...contract, container: 'proxy' })).toBe(true)
  })
})
