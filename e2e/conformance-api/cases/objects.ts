import { deployments, leases, namespaces, nodes, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { budgets, configMap, configMaps, deployment, lease, pod, replicaSets, secrets, service } from '../objects.ts'

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

area.case('delete with preconditions', async (c) => {
  const { body } = await c.create(configMaps, configMap('one'), { show: 'status' })
  const uid = at(body, 'metadata.uid')
  const resourceVersion = at(body, 'metadata.resourceVersion')
  await c.delete(configMaps, 'one', { body: { preconditions: { uid: '11111111-2222-3333-4444-555555555555' } } })
  await c.delete(configMaps, 'one', { body: { preconditions: { uid, resourceVersion: '1' } } })
  await c.delete(configMaps, 'one', { body: { preconditions: { uid, resourceVersion } } })
})

area.case('finalizers hold an object', async (c) => {
  await c.create(configMaps, configMap('one', {}, { finalizers: ['example.com/hold', 'example.com/too'] }))
  await c.delete(configMaps, 'one')
  await c.delete(configMaps, 'one')
  await c.patch('merge', configMaps, 'one', { metadata: { finalizers: ['example.com/hold', 'example.com/new'] } })
  await c.patch('merge', configMaps, 'one', { data: { still: 'writable' } })
  await c.patch('merge', configMaps, 'one', { metadata: { finalizers: ['example.com/hold'] } })
  await c.create(configMaps, configMap('one'))
  await c.patch('merge', configMaps, 'one', { metadata: { finalizers: null } })
  await c.get(configMaps, 'one')
})

area.case('finalizers of bad names', async (c) => {
  await c.create(configMaps, configMap('one', {}, { finalizers: ['unqualified'] }))
  await c.create(configMaps, configMap('two', {}, { finalizers: ['bad name/x'] }))
})

area.case('a deleted Deployment with a finalizer counts a generation', async (c) => {
  await c.create(deployments, deployment('web', {}, { finalizers: ['example.com/hold'] }), {
    show: ['metadata.generation'],
  })
  await c.delete(deployments, 'web')
  await c.patch(
    'merge',
    deployments,
    'web',
    { spec: { replicas: 5 } },
    { show: ['metadata.generation', 'spec.replicas'] },
  )
})

area.case('propagation policies', async (c) => {
  for (const propagationPolicy of ['Background', 'Foreground', 'Orphan', 'Sideways']) {
    const name = `web-${propagationPolicy.toLowerCase()}`
    await c.create(deployments, deployment(name), { show: 'status' })
    await c.delete(deployments, name, { body: { propagationPolicy } })
    await c.get(deployments, name, {
      show: ['metadata.finalizers', 'metadata.deletionGracePeriodSeconds', 'metadata.generation'],
    })
  }
  await c.create(deployments, deployment('web-old'), { show: 'status' })
  await c.delete(deployments, 'web-old', { body: { orphanDependents: true } })
  await c.delete(deployments, 'web-old', { query: { propagationPolicy: 'Background', orphanDependents: true } })
})

area.case('delete answers', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  await c.delete(configMaps, 'one', { body: { kind: 'DeleteOptions', apiVersion: 'v1' } })
  await c.create(pods, pod('pod'), { show: 'status' })
  await c.delete(pods, 'pod')
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.delete(deployments, 'web')
  await c.create(services, service('svc'), { show: 'status' })
  await c.delete(services, 'svc')
  await c.create(leases, lease('lease'), { show: 'status' })
  await c.delete(leases, 'lease')
  await c.delete(leases, 'lease', { body: { gracePeriodSeconds: -1 } })
})

area.case('deletecollection', async (c) => {
  for (const name of ['a', 'b', 'c']) {
    await c.create(configMaps, configMap(name, {}, { labels: { half: name === 'c' ? 'no' : 'yes' } }), {
      show: 'status',
    })
  }
  await c.ask('DELETE', c.path(configMaps), { query: { labelSelector: 'half=yes' } })
  const { body } = await c.list(configMaps)
  c.check('one is left', (at(body, 'items') as unknown[]).length === 1)
  await c.ask('DELETE', c.path(configMaps), { query: { dryRun: 'All' } })
  await c.ask('DELETE', c.path(configMaps))
  await c.ask('DELETE', c.path(services), { query: { labelSelector: 'none=none' } })
})

area.case('a pod on a node goes in two steps', async (c) => {
  await c.create(pods, pod('bound', { nodeName: 'no-such-node' }))
  await c.delete(pods, 'bound')
  await c.delete(pods, 'bound')
  await c.delete(pods, 'bound', { body: { gracePeriodSeconds: 60 } })
  await c.delete(pods, 'bound', { body: { gracePeriodSeconds: 5 } })
  await c.patch('merge', pods, 'bound', { metadata: { labels: { still: 'here' } } })
  await c.delete(pods, 'bound', { body: { gracePeriodSeconds: 0 } })
  await c.get(pods, 'bound')
})

area.case('grace of a deletion', async (c) => {
  const graces: (number | undefined)[] = [undefined, 0, 1, 90]
  for (const [index, gracePeriodSeconds] of graces.entries()) {
    const name = `pod-${index}`
    await c.create(pods, pod(name, { nodeName: 'no-such-node', terminationGracePeriodSeconds: 12 }), { show: 'status' })
    await c.delete(pods, name, {
      ...(gracePeriodSeconds === undefined ? {} : { body: { gracePeriodSeconds } }),
      show: ['metadata.deletionGracePeriodSeconds', 'metadata.generation'],
    })
    await c.get(pods, name, { show: ['metadata.deletionGracePeriodSeconds'] })
  }
  await c.create(pods, pod('query', { nodeName: 'no-such-node' }), { show: 'status' })
  await c.delete(pods, 'query', { query: { gracePeriodSeconds: 7 }, show: ['metadata.deletionGracePeriodSeconds'] })
  await c.create(pods, pod('negative', { nodeName: 'no-such-node' }), { show: 'status' })
  await c.delete(pods, 'negative', { query: { gracePeriodSeconds: -5 }, show: ['metadata.deletionGracePeriodSeconds'] })
})

area.case('a pod that has ended is gone at once', async (c) => {
  await c.create(pods, pod('done', { nodeName: 'no-such-node' }), { show: 'status' })
  await c.patch(
    'merge',
    pods,
    'done',
    { status: { phase: 'Succeeded' } },
    { subresource: 'status', show: ['status.phase', 'metadata.generation'] },
  )
  await c.delete(pods, 'done', { show: ['metadata.deletionGracePeriodSeconds'] })
  await c.get(pods, 'done')
})

area.case('binding', async (c) => {
  await c.create(pods, pod('one'))
  const bind = (node: string, metadata: object = {}) =>
    c.ask('POST', c.path(pods, 'one', 'binding'), {
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'one', ...metadata },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      },
    })
  await bind('')
  await bind('node-x', { uid: '11111111-2222-3333-4444-555555555555' })
  await bind('node-x')
  await c.get(pods, 'one')
  await bind('node-y')
})

area.case('label selectors', async (c) => {
  const labels = [{ app: 'a', tier: 'x' }, { app: 'b', tier: 'x' }, { app: 'a' }, {}]
  for (const [index, set] of labels.entries())
    await c.create(configMaps, configMap(`m${index}`, {}, { labels: set }), { show: 'status' })
  const selectors = [
    'app=a',
    'app==a',
    'app!=a',
    'app in (a,b)',
    'app notin (a)',
    'tier',
    '!tier',
    'app=a,tier=x',
    'app in (a),!tier',
    'x=',
    'app=a,',
    'app=a b',
    '=a',
    'app in',
    'a!b',
    '',
    'app>1',
    'BAD!=',
  ]
  for (const labelSelector of selectors) {
    const { body, status } = await c.list(configMaps, { labelSelector }, { show: 'status' })
    if (status === 200)
      c.note(
        `selected by ${labelSelector}`,
        (at(body, 'items') as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
      )
  }
})

area.case('field selectors', async (c) => {
  await c.create(pods, pod('one', { nodeName: 'no-such-node' }), { show: 'status' })
  await c.create(pods, pod('two'), { show: 'status' })
  const selectors = [
    'metadata.name=one',
    'metadata.name!=one',
    'spec.nodeName=no-such-node',
    'spec.nodeName=',
    'status.phase=Pending',
    'status.phase!=Pending',
    `metadata.namespace=${c.namespace}`,
    'spec.restartPolicy=Always',
    'spec.schedulerName=nobody',
    'metadata.name=one,spec.nodeName=',
    'spec.hostNetwork=true',
    'nope=1',
    'metadata.name',
    'status.podIP=',
  ]
  for (const fieldSelector of selectors) {
    const { body, status } = await c.list(pods, { fieldSelector }, { show: 'status' })
    if (status === 200)
      c.note(
        `selected by ${fieldSelector}`,
        (at(body, 'items') as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
      )
  }
  await c.list(configMaps, { fieldSelector: 'data.a=1' })
  await c.list(deployments, { fieldSelector: 'spec.replicas=1' })
})

area.case('pages', async (c) => {
  for (let index = 0; index < 5; index++)
    await c.create(configMaps, configMap(`m${index}`, {}, { labels: { odd: String(index % 2) } }), { show: 'status' })
  const first = await c.list(configMaps, { limit: 2 })
  await c.create(configMaps, configMap('m00'), { show: 'status' })
  const second = await c.quietly('GET', c.path(configMaps), {
    query: { limit: 2, continue: String(at(first.body, 'metadata.continue')) },
  })
  const names = (body: unknown) =>
    (at(body, 'items') as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
  c.note('second page', { names: names(second.body), remaining: at(second.body, 'metadata.remainingItemCount') })
  const last = await c.quietly('GET', c.path(configMaps), {
    query: { limit: 2, continue: String(at(second.body, 'metadata.continue')) },
  })
  c.note('last page', {
    names: names(last.body),
    remaining: at(last.body, 'metadata.remainingItemCount'),
    continue: at(last.body, 'metadata.continue') ?? 'none',
  })
  c.check(
    'all pages have the version of the first',
    at(second.body, 'metadata.resourceVersion') === at(first.body, 'metadata.resourceVersion') &&
      at(last.body, 'metadata.resourceVersion') === at(first.body, 'metadata.resourceVersion'),
  )
  const selected = await c.quietly('GET', c.path(configMaps), { query: { limit: 1, labelSelector: 'odd=1' } })
  c.note('with a selector', {
    names: names(selected.body),
    remaining: at(selected.body, 'metadata.remainingItemCount') ?? 'not told',
    more: at(selected.body, 'metadata.continue') !== undefined,
  })
  await c.list(configMaps, { limit: 2, continue: 'nonsense' })
  await c.list(configMaps, { limit: 0 }, { show: 'status' })
})

area.case('versions of a list', async (c) => {
  const { body } = await c.create(configMaps, configMap('one'), { show: 'status' })
  const version = String(at(body, 'metadata.resourceVersion'))
  await c.create(configMaps, configMap('two'), { show: 'status' })
  const ask = async (what: string, query: Record<string, string | number>) => {
    const answer = await c.quietly('GET', c.path(configMaps), { query })
    c.note(
      what,
      answer.status === 200
        ? (at(answer.body, 'items') as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
        : answer.body,
    )
  }
  await ask('exactly then', { resourceVersion: version, resourceVersionMatch: 'Exact' })
  await ask('not older', { resourceVersion: version, resourceVersionMatch: 'NotOlderThan' })
  await ask('any', { resourceVersion: '0' })
  await ask('match without version', { resourceVersionMatch: 'Exact' })
  await ask('exactly zero', { resourceVersion: '0', resourceVersionMatch: 'Exact' })
  await ask('unknown match', { resourceVersion: version, resourceVersionMatch: 'Sometimes' })
  await ask('no number', { resourceVersion: 'abc' })
  await ask('no number, not older', { resourceVersion: 'abc', resourceVersionMatch: 'NotOlderThan' })
})

area.case('get with a version', async (c) => {
  await c.create(configMaps, configMap('one'))
  await c.get(configMaps, 'one', { query: { resourceVersion: '0' } })
  await c.get(configMaps, 'one', { query: { resourceVersion: 'x' } })
})

area.case('namespaces', async (c) => {
  await c.ask('GET', `/api/v1/namespaces/${c.namespace}`)
  await c.ask('PATCH', `/api/v1/namespaces/${c.namespace}`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { labels: { team: 'shop' } } },
  })
  await c.ask('DELETE', `/api/v1/namespaces/${c.namespace}`)
  await c.create(configMaps, configMap('late'))
  await c.ask('DELETE', `/api/v1/namespaces/${c.namespace}`)
  await c.ask('GET', '/api/v1/namespaces/nowhere')
})

area.case('nodes', async (c) => {
  const name = `node-${c.namespace}`
  c.masks.replace(name, '<node>')
  await c.create(nodes, { metadata: { name } })
  await c.ask('PATCH', `/api/v1/nodes/${name}`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: { spec: { unschedulable: true } },
  })
  await c.ask('PATCH', `/api/v1/nodes/${name}/status`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: {
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'm',
            lastHeartbeatTime: null,
            lastTransitionTime: null,
          },
        ],
      },
    },
  })
  await c.ask('PATCH', `/api/v1/nodes/${name}/status`, {
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: {
      status: {
        conditions: [{ type: 'MemoryPressure', status: 'False' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      },
    },
  })
  await c.ask('DELETE', `/api/v1/nodes/${name}`)
})

area.case('secrets', async (c) => {
  await c.create(secrets, { metadata: { name: 'one' }, stringData: { user: 'me' }, data: { pass: 'c2VjcmV0' } })
  await c.create(secrets, { metadata: { name: 'bad' }, data: { pass: 'not base64!' } })
  await c.create(secrets, { metadata: { name: 'fixed' }, immutable: true, data: { a: 'YQ==' } }, { show: 'status' })
  await c.patch('merge', secrets, 'fixed', { data: { a: 'Yg==' } })
  await c.patch('merge', secrets, 'fixed', { immutable: false })
})

area.case('config maps that never change', async (c) => {
  await c.create(configMaps, { ...configMap('one'), immutable: true })
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } })
  await c.patch('merge', configMaps, 'one', { metadata: { labels: { a: 'b' } } }, { show: 'status' })
  await c.create(configMaps, configMap('two', { 'bad key': 'x', '..': 'y' }))
  await c.create(configMaps, { ...configMap('three', { a: '1' }), binaryData: { a: 'YQ==' } })
  await c.create(configMaps, { metadata: { name: 'four' }, data: { a: 1 } })
  await c.create(configMaps, { metadata: { name: 'five' }, binaryData: { a: '%' } })
})

area.case('owner references', async (c) => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '11111111-2222-3333-4444-555555555555' }
  const make = (name: string, ownerReferences: object[]) =>
    c.create(configMaps, configMap(name, {}, { ownerReferences }))
  await make('one', [owner])
  await make('none', [{ apiVersion: 'v1', kind: 'ConfigMap' }])
  await make('two', [
    { ...owner, controller: true },
    { ...owner, uid: '2', controller: true },
  ])
  await make('events', [{ ...owner, kind: 'Event' }])
})

area.case('labels and annotations of bad names', async (c) => {
  await c.create(configMaps, configMap('a', {}, { labels: { 'bad key!': 'x' } }))
  await c.create(configMaps, configMap('b', {}, { labels: { ok: 'bad value!' } }))
  await c.create(configMaps, configMap('c', {}, { labels: { ok: 'x'.repeat(64) } }))
  await c.create(configMaps, configMap('d', {}, { annotations: { 'bad key!': 'x' } }))
  await c.create(configMaps, configMap('e', {}, { annotations: { 'Example.COM/x': 'x' } }))
  await c.create(configMaps, configMap('f', {}, { labels: { '/x': 'x', 'a/b/c': 'y' } }))
})
