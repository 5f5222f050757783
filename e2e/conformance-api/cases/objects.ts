import { deployments, leases, namespaces, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { budgets, configMap, configMaps, deployment, lease, pod, replicaSets, service } from '../objects.ts'

const area = new Area('objects', 'api')
export const objectCases = area.cases

area.case('create, get, list, delete', async (c) => {
  await c.create(configMaps, configMap('one'))
  await c.get(configMaps, 'one')
  await c.list(configMaps)
  await c.delete(configMaps, 'one')
  await c.get(configMaps, 'one')
  await c.delete(configMaps, 'one')
})

area.case('a name that is taken', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  await c.create(configMaps, configMap('one'))
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.create(deployments, deployment('web'))
})

area.case('names that nothing can have', async (c) => {
  for (const name of ['UPPER', 'a_b', '-a', 'a.', 'a'.repeat(254), '']) await c.create(configMaps, configMap(name))
  await c.create(services, service('has.dots'))
  await c.create(services, service('1digit'))
  await c.create(deployments, deployment('Web'))
  await c.create(namespaces, { metadata: { name: 'has.dots' } })
})

area.case('generateName', async (c) => {
  const { body } = await c.create(configMaps, { metadata: { generateName: 'made-' }, data: {} })
  c.check(
    'five characters are appended',
    /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(String(at(body, 'metadata.name'))),
  )
  await c.create(configMaps, { metadata: { generateName: 'BAD-' } })
  await c.create(configMaps, { metadata: { generateName: 'ignored-', name: 'stated' } })
})

area.case('a long generateName is cut', async (c) => {
  const { body } = await c.create(configMaps, { metadata: { generateName: 'x'.repeat(250) } }, { show: 'status' })
  c.note('length', String(at(body, 'metadata.name')).length)
})

area.case('what the server fills in cannot be chosen', async (c) => {
  const metadata = {
    name: 'one',
    uid: '11111111-2222-3333-4444-555555555555',
    creationTimestamp: '2001-01-01T00:00:00Z',
    generation: 7,
    selfLink: '/x',
    deletionTimestamp: '2001-01-01T00:00:00Z',
    deletionGracePeriodSeconds: 5,
  }
  const { body } = await c.create(configMaps, { metadata, data: {} })
  c.check('the uid is new', at(body, 'metadata.uid') !== metadata.uid)
  c.check('the time is now', at(body, 'metadata.creationTimestamp') !== metadata.creationTimestamp)
})

area.case('a resourceVersion in a new object', async (c) => {
  await c.create(configMaps, configMap('one', {}, { resourceVersion: '5' }))
  await c.create(configMaps, configMap('two', {}, { resourceVersion: '' }), { show: 'status' })
})

area.case('status in a new object is dropped', async (c) => {
  const { body } = await c.create(deployments, { ...deployment('web'), status: { replicas: 9, observedGeneration: 5 } })
  c.check('no replicas', at(body, 'status.replicas') === undefined)
})

area.case('another kind, version or namespace than the path says', async (c) => {
  await c.create(configMaps, { ...configMap('one'), kind: 'Service' })
  await c.create(configMaps, { ...configMap('one'), apiVersion: 'v2' })
  await c.create(configMaps, configMap('one', {}, { namespace: 'elsewhere' }))
  await c.create(configMaps, { metadata: { name: 'silent' } })
  await c.create(configMaps, { kind: 'ConfigMap', metadata: { name: 'half' } })
  await c.create(configMaps, { apiVersion: 'v1', metadata: { name: 'other-half' } })
})

area.case('a namespace that is not there', async (c) => {
  const path = '/api/v1/namespaces/nowhere/configmaps'
  await c.ask('POST', path, { body: configMap('one') })
  await c.ask('GET', path)
  await c.ask('GET', `${path}/one`)
  await c.ask('DELETE', `${path}/one`)
})

area.case('update', async (c) => {
  const { body } = await c.create(configMaps, configMap('one', { a: '1', b: '2' }))
  await c.update(configMaps, { ...(body as object), data: { a: '2' } })
  await c.update(configMaps, { ...(body as object), data: { a: '3' } })
})

area.case('update without a version overwrites where the kind allows it', async (c) => {
  await c.create(configMaps, configMap('one'))
  await c.update(configMaps, configMap('one', { b: '2' }))
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.update(deployments, deployment('web', { replicas: 5 }), { show: ['spec.replicas', 'metadata.generation'] })
  await c.create(services, service('web'), { show: 'status' })
  await c.update(services, service('web', { sessionAffinity: 'ClientIP' }), { show: 'status' })
  await c.create(leases, lease('one'), { show: 'status' })
  await c.update(leases, lease('one', { holderIdentity: 'me' }))
})

area.case('update of what is not there', async (c) => {
  await c.update(configMaps, configMap('one'))
  await c.update(configMaps, configMap('one', {}, { resourceVersion: '1' }))
  await c.update(configMaps, configMap('one', {}, { uid: '11111111-2222-3333-4444-555555555555' }))
  // Leases may be made by an update.
  await c.update(leases, lease('one', { holderIdentity: 'me' }))
})

area.case('update under another name or uid', async (c) => {
  await c.create(configMaps, configMap('one'))
  await c.ask('PUT', c.path(configMaps, 'one'), { body: configMap('two') })
  await c.ask('PUT', c.path(configMaps, 'one'), { body: { data: {} } })
  await c.update(configMaps, configMap('one', {}, { uid: '11111111-2222-3333-4444-555555555555' }))
})

area.case('a write that changes nothing keeps the version', async (c) => {
  const { body } = await c.create(configMaps, configMap('one'))
  await c.update(configMaps, body)
  await c.patch('merge', configMaps, 'one', { data: { a: '1' } })
  await c.patch('json', configMaps, 'one', [{ op: 'replace', path: '/data/a', value: '1' }])
  await c.patch('strategic', configMaps, 'one', {})
  const web = await c.create(deployments, deployment('web'))
  await c.update(deployments, web.body)
  await c.patch('strategic', deployments, 'web', { spec: { replicas: 2 } })
})

area.case('a write that changes nothing by another manager', async (c) => {
  await c.create(configMaps, configMap('one'))
  await c.patch('merge', configMaps, 'one', { data: { a: '1' } }, { query: { fieldManager: 'other' } })
})

area.case('metadata that an update leaves out', async (c) => {
  await c.create(
    configMaps,
    configMap('one', {}, { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['x.io/y'] }),
  )
  await c.update(configMaps, configMap('one', {}))
})

area.case('generation of a Deployment', async (c) => {
  await c.create(deployments, deployment('web'))
  const step = (patch: object, subresource?: string) =>
    c.patch('merge', deployments, 'web', patch, subresource === undefined ? {} : { subresource })
  await step({ spec: { replicas: 3 } })
  await step({ metadata: { labels: { a: 'b' } } })
  await step({ metadata: { annotations: { a: 'b' } } })
  await step({ metadata: { finalizers: ['x.io/y'] } })
  await step({ status: { replicas: 1 } })
  await step({ status: { replicas: 1 } }, 'status')
  await step({ spec: { replicas: 4 } }, 'scale')
  await step({ metadata: { generation: 40 } })
  await step({ spec: { template: { spec: { terminationGracePeriodSeconds: 40 } } } })
})

area.case('generation of other kinds', async (c) => {
  await c.create(
    replicaSets,
    {
      metadata: { name: 'rs' },
      spec: (deployment('rs') as { spec: unknown }).spec,
    },
    { show: ['metadata.generation', 'status'] },
  )
  await c.patch('merge', replicaSets, 'rs', { spec: { replicas: 3 } }, { show: ['metadata.generation'] })
  await c.patch(
    'merge',
    replicaSets,
    'rs',
    { metadata: { annotations: { a: 'b' } } },
    { show: ['metadata.generation'] },
  )
  await c.create(
    budgets,
    { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: {} } },
    { show: ['metadata.generation', 'spec', 'status'] },
  )
  await c.patch('merge', budgets, 'pdb', { spec: { minAvailable: 2 } }, { show: ['metadata.generation'] })
  await c.patch(
    'merge',
    budgets,
    'pdb',
    { status: { disruptionsAllowed: 2 } },
    { subresource: 'status', show: ['metadata.generation', 'status'] },
  )
  await c.create(services, service('svc'), { show: ['metadata.generation'] })
  await c.patch(
    'merge',
    services,
    'svc',
    { spec: { sessionAffinity: 'ClientIP' } },
    { show: ['metadata.generation', 'spec.sessionAffinityConfig'] },
  )
  await c.create(leases, lease('lease'), { show: ['metadata.generation'] })
  await c.create(pods, pod('pod'), { show: ['metadata.generation'] })
  await c.patch('merge', pods, 'pod', { metadata: { labels: { a: 'b' } } }, { show: ['metadata.generation'] })
  await c.patch('merge', pods, 'pod', { spec: { activeDeadlineSeconds: 100 } }, { show: ['metadata.generation'] })
})

area.case('status is only written by its subresource', async (c) => {
  await c.create(deployments, deployment('web'))
  await c.patch('merge', deployments, 'web', { status: { replicas: 3, availableReplicas: 3 }, spec: { replicas: 1 } })
  await c.patch(
    'merge',
    deployments,
    'web',
    { status: { replicas: 3 }, spec: { replicas: 9 }, metadata: { labels: { z: 'z' } } },
    { subresource: 'status' },
  )
  await c.ask('GET', c.path(deployments, 'web', 'status'))
  await c.patch('merge', deployments, 'web', { metadata: { annotations: { q: 'r' } } }, { subresource: 'status' })
})

area.case('PUT of a status', async (c) => {
  const { body } = await c.create(deployments, deployment('web'))
  await c.update(
    deployments,
    { ...(body as object), spec: { replicas: 9 }, status: { replicas: 1, observedGeneration: 1 } },
    { subresource: 'status' },
  )
  await c.update(deployments, { ...(body as object), status: {} }, { subresource: 'status' })
})

area.case('a status with bad values', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.patch('merge', deployments, 'web', { status: { replicas: -1 } }, { subresource: 'status' })
  await c.patch(
    'merge',
    deployments,
    'web',
    { status: { replicas: 1, availableReplicas: 2, readyReplicas: 3 } },
    { subresource: 'status' },
  )
})

area.case('scale', async (c) => {
  await c.create(deployments, deployment('web', { replicas: 3 }), { show: 'status' })
  const { body } = await c.ask('GET', c.path(deployments, 'web', 'scale'))
  await c.ask('PUT', c.path(deployments, 'web', 'scale'), { body: { ...(body as object), spec: { replicas: 5 } } })
  await c.ask('PUT', c.path(deployments, 'web', 'scale'), { body: { ...(body as object), spec: { replicas: 6 } } })
  await c.patch('merge', deployments, 'web', { spec: { replicas: 1 } }, { subresource: 'scale' })
  await c.patch('json', deployments, 'web', [{ op: 'replace', path: '/spec/replicas', value: 0 }], {
    subresource: 'scale',
  })
  await c.patch('merge', deployments, 'web', { spec: { replicas: -1 } }, { subresource: 'scale' })
  await c.get(deployments, 'web', { show: ['spec.replicas', 'metadata.generation', 'metadata.managedFields'] })
  await c.ask('GET', c.path(deployments, 'missing', 'scale'))
})

area.case('scale of a ReplicaSet', async (c) => {
  await c.create(
    replicaSets,
    { metadata: { name: 'rs' }, spec: (deployment('rs') as { spec: unknown }).spec },
    { show: 'status' },
  )
  await c.ask('GET', c.path(replicaSets, 'rs', 'scale'))
  await c.patch('merge', replicaSets, 'rs', { spec: { replicas: 7 } }, { subresource: 'scale' })
})

area.case('dry runs store nothing', async (c) => {
  const query = { dryRun: 'All' }
  await c.create(configMaps, configMap('one'), { query })
  await c.get(configMaps, 'one')
  await c.create(configMaps, configMap('one'))
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, { query })
  await c.apply('a', configMaps, 'one', { data: { z: '1' } }, { query })
  await c.delete(configMaps, 'one', { query })
  await c.get(configMaps, 'one')
  await c.create(configMaps, configMap('bad name'), { query })
  await c.create(configMaps, configMap('two'), { query: { dryRun: 'Some' } })
})

area.case('a dry run of a Deployment is defaulted and validated', async (c) => {
  const query = { dryRun: 'All' }
  await c.create(deployments, deployment('web'), { query })
  await c.create(deployments, deployment('web', { replicas: -1 }), { query })
})

area.case('unknown and duplicate fields', async (c) => {
  const body = '{"metadata":{"name":"one","nmae":"x"},"data":{"a":"1","a":"2"},"dta":{}}'
  for (const fieldValidation of ['Strict', 'Warn', 'Ignore', 'Other']) {
    await c.ask('POST', c.path(configMaps), { body, query: { fieldValidation, dryRun: 'All' } })
  }
  await c.create(
    deployments,
    deployment('web', {
      replicsa: 1,
      template: { spec: { containers: [{ name: 'app', image: 'a', imagePullPolcy: 'x' }] } },
    }),
    { query: { fieldValidation: 'Strict' } },
  )
  await c.create(deployments, deployment('web'), { query: { fieldValidation: 'Strict' }, show: 'status' })
  await c.patch('merge', deployments, 'web', { spec: { nope: 1 } }, { query: { fieldValidation: 'Strict' } })
  await c.patch('strategic', deployments, 'web', { spec: { nope: 1 } }, { query: { fieldValidation: 'Strict' } })
  await c.patch('json', deployments, 'web', [{ op: 'add', path: '/spec/nope', value: 1 }], {
    query: { fieldValidation: 'Strict' },
  })
  await c.patch('merge', deployments, 'web', { spec: { nope: 1 } })
})
