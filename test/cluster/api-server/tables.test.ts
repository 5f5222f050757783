import { describe, expect, test } from 'vitest'
import { humanDuration } from '../../../src/cluster/api-server/tables/human-duration.ts'
import { readJsonPath } from '../../../src/cluster/api-server/tables/json-path.ts'
import { podColumns } from '../../../src/cluster/api-server/tables/pod-columns.ts'
import type { KubeObject } from '../../../src/kube/index.ts'
import { deployment, deployments, Rig } from './rig.ts'

const nowMs = Date.UTC(2026, 0, 1)

/** Ready, status and restarts of a pod. */
function shown(status: object, more: object = {}, metadata: object = {}): string {
  const spec = { containers: [{ name: 'app' }, { name: 'other' }], ...more }
  const object = { metadata: { name: 'p', ...metadata }, spec, status } as unknown as KubeObject
  return podColumns
    .slice(1, 4)
    .map(({ cell }) => cell(object, nowMs))
    .join(' ')
}

const running = { ready: true, state: { running: {} } }
const ready = { type: 'Ready', status: 'True' }

describe('what kubectl shows of a pod', () => {
  test.each([
    ['nothing yet', { phase: 'Pending' }, {}, '0/2 Pending 0'],
    ['all is well', { phase: 'Running', containerStatuses: [running, running] }, {}, '2/2 Running 0'],
    [
      'an image that is not there',
      { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] },
      {},
      '0/2 ErrImagePull 0',
    ],
    [
      'an exit without reason',
      { phase: 'Running', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] },
      {},
      '0/2 ExitCode:3 0',
    ],
    [
      'a signal',
      { phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 137, signal: 9 } } }] },
      {},
      '0/2 Signal:9 0',
    ],
    ['its own reason', { phase: 'Failed', reason: 'Evicted' }, {}, '0/2 Evicted 0'],
    [
      'one that is done beside one that runs',
      {
        phase: 'Running',
        conditions: [ready],
        containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }, running],
      },
      {},
      '1/2 Running 0',
    ],
    [
      'one that is done beside one that runs and is not ready',
      {
        phase: 'Running',
        containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }, running],
      },
      {},
      '1/2 NotReady 0',
    ],
    [
      'restarts, and the last of them',
      {
        phase: 'Running',
        containerStatuses: [
          { ...running, restartCount: 2, lastState: { terminated: { finishedAt: '2025-12-31T23:59:00Z' } } },
          running,
        ],
      },
      {},
      '2/2 Running 2 (60s ago)',
    ],
    [
      'init containers under way',
      {
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'i', state: { terminated: { exitCode: 0 } } },
          { name: 'j', state: { running: {} } },
        ],
      },
      { initContainers: [{ name: 'i' }, { name: 'j' }] },
      '0/2 Init:1/2 0',
    ],
    [
      'two init containers that have not begun',
      {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'i' }, { name: 'j', state: { waiting: { reason: 'Later' } } }],
      },
      { initContainers: [{ name: 'i' }, { name: 'j' }] },
      '0/2 Init:0/2 0',
    ],
    [
      'an init container that fails',
      {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'i', restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      { initContainers: [{ name: 'i' }] },
      '0/2 Init:CrashLoopBackOff 4',
    ],
    [
      'a sidecar',
      {
        phase: 'Running',
        initContainerStatuses: [{ name: 's', started: true, ready: true, state: { running: {} } }],
        containerStatuses: [running, running],
      },
      { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      '3/3 Running 0',
    ],
    [
      'a gate',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      {},
      '0/2 SchedulingGated 0',
    ],
  ])('%s', (_what, status, spec, expected) => {
    expect(shown(status, spec)).toBe(expected)
  })

  test.each([
    ['Running', undefined, 'Terminating'],
    ['Running', 'NodeLost', 'Unknown'],
    ['Succeeded', undefined, 'Succeeded'],
  ])('that is being deleted in phase %s for %s', (phase, reason, expected) => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' }
    expect(shown({ phase, ...(reason === undefined ? {} : { reason }) }, {}, metadata)).toBe(`0/2 ${expected} 0`)
  })
})

test.each([
  [-5, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [599, '9m59s'],
  [600, '10m'],
  [3 * 3600 - 1, '179m'],
  [3 * 3600, '3h'],
  [5 * 3600 + 60, '5h1m'],
  [8 * 3600, '8h'],
  [49 * 3600, '2d1h'],
  [8 * 86_400, '8d'],
  [800 * 86_400, '2y70d'],
  [3000 * 86_400, '8y'],
])('%i seconds are %s', (seconds, expected) => {
  expect(humanDuration(seconds * 1000)).toBe(expected)
})

describe('JSON paths of columns', () => {
  const object = {
    spec: { name: 'x', list: [{ a: 1 }, { a: 2 }] },
    metadata: { annotations: { 'a.b/c': 'dotted' } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'False' },
      ],
    },
  }

  test.each([
    ['.spec.name', ['x']],
    ['.spec.list[1].a', [2]],
    ['.spec.list[-1].a', [2]],
    ['.spec.list[*].a', [1, 2]],
    [".metadata.annotations['a.b/c']", ['dotted']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [`.status.conditions[?(@.type!='Ready')].status`, ['False']],
    ['.spec.missing.deep', []],
    ['.spec.constructor', []],
    ['.spec[', []],
  ])('%s', (path, expected) => {
    expect(readJsonPath(path)(object)).toEqual(expected)
  })
})

test('a Deployment’s table, as wide as it gets', async () => {
  const rig = new Rig()
  await rig.ask('POST', deployments, deployment('web', { replicas: 3 }))
  await rig.patch(`${deployments}/web/status`, {
    status: { replicas: 3, readyReplicas: 2, availableReplicas: 1, updatedReplicas: 3 },
  })
  await rig.clock.advance(125_000)
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
  const { body } = await rig.ask('GET', deployments, undefined, { headers })
  expect(
    body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => `${name} ${priority}`),
  ).toEqual(['Name 0', 'Ready 0', 'Up-to-date 0', 'Available 0', 'Age 0', 'Containers 1', 'Images 1', 'Selector 1'])
  expect(body.rows[0].cells).toEqual(['web', '2/3', 3, 1, '2m5s', 'app', 'example.com/app:1', 'app=web'])
  expect(body.rows[0].object.kind).toBe('PartialObjectMetadata')
})
