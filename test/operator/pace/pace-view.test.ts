import { describe, expect, test } from 'vitest'
import type { KubeObject, ManagedFieldsEntry } from '../../../src/kube/index.ts'
import { PACE_MANAGER } from '../../../src/operator/pace/pace-apply.ts'
import { type PaceView, projectPaceView, ROLLBACK_ANNOTATION } from '../../../src/operator/pace/pace-view.ts'
import { paceDefaults } from '../../../src/pacing/index.ts'

interface Raw {
  spec?: object
  status?: object
  annotations?: Record<string, string>
  managedFields?: ManagedFieldsEntry[]
}

function viewOf({ spec = {}, status = {}, annotations = {}, managedFields = [] }: Raw): PaceView {
  const metadata = { namespace: 'shop', name: 'checkout', annotations, managedFields }
  return projectPaceView({ metadata, spec, status } as KubeObject)
}

const entry = (manager: string, spec: object, more: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Apply',
  fieldsV1: { 'f:spec': spec },
  ...more,
})
const surge = { 'f:strategy': { 'f:rollingUpdate': { 'f:maxSurge': {} } } }
const lastApplied = (text: string) => ({ 'kubectl.kubernetes.io/last-applied-configuration': text })

test('what is not there has the default of the API', () => {
  const view = viewOf({})
  expect(view).toMatchObject({ strategy: 'RollingUpdate', live: paceDefaults, ours: [], taken: [] })
  expect(view).toMatchObject({ deadlineExceeded: false, rollbackAllowed: false })
  expect(view).not.toHaveProperty('gitOpsManager')
  expect(view).not.toHaveProperty('drainPort')
})

test.each([null, 'x', 7, [], { strategy: 'x', template: [], paused: 'true', minReadySeconds: '5' }])(
  'a spec of %j is read without failing',
  (spec) => {
    expect(viewOf({ spec: spec as object }).live).toEqual(paceDefaults)
  },
)

describe('a surge of 2', () => {
  const spec = { strategy: { rollingUpdate: { maxSurge: 2 } } }
  const update = { operation: 'Update' } as const
  const cases: Record<string, [ManagedFieldsEntry[], 'ours' | 'taken' | 'both']> = {
    'that nobody owns': [[], 'taken'],
    'of which all owners were wiped': [[{}], 'taken'],
    'that somebody applies': [[entry('helm', surge)], 'taken'],
    'that somebody wrote': [[entry('helm', surge, update)], 'taken'],
    'that we apply': [[entry(PACE_MANAGER, surge)], 'ours'],
    'that we and another one apply': [[entry(PACE_MANAGER, surge), entry('helm', surge)], 'both'],
    'that we apply and another one wrote': [[entry(PACE_MANAGER, surge), entry('helm', surge, update)], 'both'],
    'that an Update of our name wrote': [[entry(PACE_MANAGER, surge, update)], 'taken'],
    'that a subresource has under our name': [[entry(PACE_MANAGER, surge, { subresource: 'scale' })], 'taken'],
  }
  test.each(Object.entries(cases))('%s', (_, [managedFields, whose]) => {
    const { ours, taken } = viewOf({ spec, managedFields })
    expect({ ours, taken }).toEqual({
      ours: whose === 'taken' ? [] : ['maxSurge'],
      taken: whose === 'ours' ? [] : ['maxSurge'],
    })
  })
})

describe('a default', () => {
  const spec = { strategy: { rollingUpdate: { maxSurge: '25%' } }, paused: false }
  const written = [entry('helm', { ...surge, 'f:paused': {} }, { operation: 'Update' })]
  test.each<[string, Raw, string[]]>([
    ['that an Update wrote is nobody’s word', { managedFields: written }, []],
    ['that somebody applies is his word', { managedFields: [entry('helm', surge)] }, ['maxSurge']],
    [
      'that the last kubectl apply names is its word',
      { annotations: lastApplied(JSON.stringify({ spec })), managedFields: written },
      ['maxSurge', 'paused'],
    ],
    [
      'that it names as null is not',
      { annotations: lastApplied('{"spec":{"paused":null}}'), managedFields: written },
      [],
    ],
    ['is not when it cannot be read', { annotations: lastApplied('{"spec":'), managedFields: written }, []],
  ])('%s', (_, raw, taken) => {
    expect(viewOf({ spec, ...raw }).taken).toEqual(taken)
  })
})

describe('who decides of the version', () => {
  const image = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } } }
  const other = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:env': {} } } } } }
  const tools = [
    'argocd-controller',
    'argocd-application-controller',
    'kustomize-controller',
    'helm-controller',
    'fleet-agent',
    'fleetagent',
  ]
  test.each(tools)('%s, by Apply and by Update', (manager) => {
    expect(viewOf({ managedFields: [entry('helm', image), entry(manager, image)] }).gitOpsManager).toBe(manager)
    const update = entry(manager, image, { operation: 'Update' })
    expect(viewOf({ managedFields: [update] }).gitOpsManager).toBe(manager)
  })

  test.each([
    ['nobody whom we know', [entry('helm', image), entry('toString', image)]],
    ['not a tool that owns something else of the container', [entry('argocd-controller', other)]],
  ])('%s', (_, managedFields) => {
    expect(viewOf({ managedFields })).not.toHaveProperty('gitOpsManager')
  })
})

test.each([
  ['False', 'ProgressDeadlineExceeded', true],
  ['False', 'ReplicaSetCreateError', false],
  ['Unknown', 'DeploymentPaused', false],
  ['True', 'ProgressDeadlineExceeded', false],
])('Progressing is %s for %s: exceeded is %s', (status, reason, exceeded) => {
  const conditions = [
    { type: 'Available', status: 'False', reason: 'ProgressDeadlineExceeded' },
    { type: 'Progressing', status, reason },
  ]
  expect(viewOf({ status: { conditions: conditions.slice(1) } }).deadlineExceeded).toBe(exceeded)
  expect(viewOf({ status: { conditions: conditions.slice(0, 1) } }).deadlineExceeded).toBe(false)
})

test('only a strategy that says so is Recreate', () => {
  expect(viewOf({ spec: { strategy: { type: 'Recreate' } } }).strategy).toBe('Recreate')
  expect(viewOf({ spec: { strategy: {} } }).strategy).toBe('RollingUpdate')
})

test.each([
  [{ [ROLLBACK_ANNOTATION]: 'allowed' }, true],
  [{ [ROLLBACK_ANNOTATION]: 'true' }, false],
  [{ [ROLLBACK_ANNOTATION]: '' }, false],
])('a rollback is the owner’s to allow: %j', (annotations, allowed) => {
  expect(viewOf({ annotations }).rollbackAllowed).toBe(allowed)
})

test('the drain port is that of the first container that declares it', () => {
  const port = (name: string, containerPort: number) => ({ ports: [{ name, containerPort }] })
  const containers = [port('http', 80), {}, port('drain', 9000), port('drain', 9001)]
  expect(viewOf({ spec: { template: { spec: { containers } } } }).drainPort).toBe(9000)
})
