import { deployments, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { configMap, configMaps, deployment, pod, service, template } from '../objects.ts'

const area = new Area('apply', 'api')
export const applyCases = area.cases

const wholeDeployment = (spec: Fields = {}): Fields => ({ spec: deployment('web', spec)['spec'] })
/** The contract as the operator applies it: grace and a preStop sleep of one container. */
const contract = (grace: number, sleep: number): Fields => ({
  spec: template({
    terminationGracePeriodSeconds: grace,
    containers: [{ name: 'app', lifecycle: { preStop: { sleep: { seconds: sleep } } } }],
  }),
})
const ownership = ['metadata.managedFields', 'metadata.generation', 'spec'] as const

area.case('apply creates, changes, and says nothing new', async (c) => {
  await c.apply('alice', configMaps, 'one', { data: { a: '1' } })
  await c.apply('alice', configMaps, 'one', { data: { a: '1' } })
  await c.apply('alice', configMaps, 'one', { data: { a: '2', b: '1' } })
  await c.apply('alice', configMaps, 'one', { data: { b: '1' } })
  await c.apply('alice', configMaps, 'one', {})
})

area.case('conflicts', async (c) => {
  await c.apply('alice', configMaps, 'one', { data: { a: '1', b: '1' }, metadata: { labels: { x: 'y' } } })
  await c.apply('bob', configMaps, 'one', { data: { a: '2' } })
  await c.apply('bob', configMaps, 'one', { data: { a: '2', b: '2' }, metadata: { labels: { x: 'z' } } })
  await c.patch('merge', configMaps, 'one', { data: { b: '3' } }, { query: { fieldManager: 'carol' } })
  await c.apply('bob', configMaps, 'one', { data: { a: '2', b: '2' } })
})

area.case('force takes fields over', async (c) => {
  await c.apply('alice', configMaps, 'one', { data: { a: '1', b: '1' } })
  await c.apply('bob', configMaps, 'one', { data: { a: '2' } }, { force: true })
  await c.apply('alice', configMaps, 'one', { data: { a: '1', b: '1' } })
  await c.apply('alice', configMaps, 'one', { data: { b: '1' } })
  await c.apply('bob', configMaps, 'one', {})
})

area.case('an equal value is owned together', async (c) => {
  await c.apply('alice', configMaps, 'one', { data: { a: '1' } })
  await c.apply('bob', configMaps, 'one', { data: { a: '1' } })
  await c.apply('bob', configMaps, 'one', { data: { a: '2' } })
  await c.apply('alice', configMaps, 'one', {})
  await c.apply('bob', configMaps, 'one', { data: { a: '2' } })
})

area.case('what an update changes changes hands', async (c) => {
  await c.apply('alice', configMaps, 'one', { data: { a: '1', b: '1' } })
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, { query: { fieldManager: 'bob' } })
  await c.patch('merge', configMaps, 'one', { data: { a: null } }, { query: { fieldManager: 'carol' } })
  await c.apply('alice', configMaps, 'one', { data: { a: '3', b: '1' } })
})

area.case('a Deployment made by apply', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment())
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5))
  await c.apply('alice', deployments, 'web', wholeDeployment({ template: { spec: { dnsPolicy: 'Default' } } }))
  await c.apply('drainkeeper', deployments, 'web', {})
})

area.case('grace that another manager owns by default', async (c) => {
  await c.create(deployments, deployment('web'), { query: { fieldManager: 'kubectl-client-side-apply' } })
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5))
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5), { force: true })
  await c.apply('drainkeeper', deployments, 'web', contract(61, 5))
})

area.case("a user's value after ours was forced over the default", async (c) => {
  const user = { query: { fieldManager: 'kubectl-client-side-apply' }, show: ownership }
  await c.create(deployments, deployment('web'), user)
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5), { force: true, show: ownership })
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: { template: { spec: { containers: [{ name: 'app', image: 'example.com/app:2' }] } } } },
    user,
  )
  await c.patch('strategic', deployments, 'web', { spec: template({ terminationGracePeriodSeconds: 40 }) }, user)
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5))
  await c.apply('drainkeeper', deployments, 'web', {}, { show: ownership })
})

area.case('released after force: the default comes back, not the former value', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(template({ terminationGracePeriodSeconds: 45 })), {
    show: ownership,
  })
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5), { force: true, show: ownership })
  await c.apply('drainkeeper', deployments, 'web', {}, { show: ownership })
})

area.case('two handlers of one hook', async (c) => {
  const exec = { containers: [{ name: 'app', image: 'a', lifecycle: { preStop: { exec: { command: ['true'] } } } }] }
  await c.apply('alice', deployments, 'web', wholeDeployment(template(exec)), { show: 'status' })
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5))
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5), { force: true })
})

area.case('a container that is not there', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('drainkeeper', deployments, 'web', {
    spec: template({ containers: [{ name: 'other', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] }),
  })
})

area.case('a container renamed under us', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('drainkeeper', deployments, 'web', contract(60, 5), { show: 'status' })
  const renamed = template({ containers: [{ name: 'renamed', image: 'example.com/app:1' }] })
  await c.apply('alice', deployments, 'web', wholeDeployment(renamed))
  await c.apply('drainkeeper', deployments, 'web', {}, { show: 'status' })
  await c.apply('alice', deployments, 'web', wholeDeployment(renamed), { show: ownership })
})

area.case('sleep as long as grace', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('drainkeeper', deployments, 'web', contract(30, 30))
  await c.apply('drainkeeper', deployments, 'web', contract(30, 31))
  await c.apply('drainkeeper', deployments, 'web', contract(30, -1))
  await c.apply('drainkeeper', deployments, 'web', contract(30, 0), { show: 'status' })
})

area.case('minReadySeconds and paused have no owner by default', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.apply(
    'drainkeeper',
    deployments,
    'web',
    { spec: { minReadySeconds: 600, paused: true } },
    { show: ownership },
  )
  await c.apply('drainkeeper', deployments, 'web', {}, { show: ownership })
})

area.case('defaulted fields that are applied and released', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply(
    'bob',
    deployments,
    'web',
    { spec: { progressDeadlineSeconds: 900, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
    { show: ownership },
  )
  await c.apply('bob', deployments, 'web', { spec: { progressDeadlineSeconds: 900 } }, { show: ownership })
  await c.apply('bob', deployments, 'web', {}, { show: ownership })
})

area.case('a Deployment applied over one that was created', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: ownership })
  await c.apply('alice', deployments, 'web', wholeDeployment({ replicas: 5 }))
  await c.apply('alice', deployments, 'web', wholeDeployment({ replicas: 5 }), { force: true, show: ownership })
})

area.case('replicas given up to an autoscaler', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.patch(
    'merge',
    deployments,
    'web',
    { spec: { replicas: 7 } },
    { subresource: 'scale', query: { fieldManager: 'hpa' } },
  )
  await c.apply('alice', deployments, 'web', wholeDeployment())
  await c.apply('alice', deployments, 'web', wholeDeployment({ replicas: undefined }), { show: ownership })
})

area.case('scale by apply', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  const scale = (replicas: number): Fields => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas } })
  await c.apply('bob', deployments, 'web', scale(4), { subresource: 'scale' })
  await c.apply('bob', deployments, 'web', scale(4), { subresource: 'scale', force: true })
  await c.get(deployments, 'web', { show: ['metadata.managedFields', 'spec.replicas'] })
})

area.case('status by apply', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply(
    'controller',
    deployments,
    'web',
    { status: { replicas: 2, conditions: [{ type: 'Available', status: 'True' }] } },
    { subresource: 'status' },
  )
  await c.apply(
    'other',
    deployments,
    'web',
    { status: { conditions: [{ type: 'Progressing', status: 'True' }] } },
    { subresource: 'status' },
  )
  await c.apply('controller', deployments, 'web', { status: { replicas: 3 } }, { subresource: 'status' })
  await c.apply(
    'alice',
    deployments,
    'web',
    { ...wholeDeployment(), status: { replicas: 9 } },
    { show: ['status', 'metadata.managedFields'] },
  )
  await c.apply(
    'spec-in-status',
    deployments,
    'web',
    { spec: { replicas: 9 }, status: { readyReplicas: 1 } },
    { subresource: 'status', show: ['spec.replicas', 'status', 'metadata.managedFields'] },
  )
})

area.case('lists by key', async (c) => {
  const ports = (...list: Fields[]): Fields => ({ spec: template({ containers: [{ name: 'app', ports: list }] }) })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('bob', deployments, 'web', ports({ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }), {
    show: ownership,
  })
  await c.apply('carol', deployments, 'web', ports({ containerPort: 80, name: 'http' }, { containerPort: 90 }), {
    show: ownership,
  })
  await c.apply('bob', deployments, 'web', ports({ containerPort: 90, protocol: 'TCP' }), { show: ownership })
  await c.apply('bob', deployments, 'web', ports({ containerPort: 80 }, { containerPort: 80 }))
})

area.case('the order of items that are applied', async (c) => {
  const env = (...names: string[]): Fields => ({
    spec: template({ containers: [{ name: 'app', env: names.map((name) => ({ name, value: '1' })) }] }),
  })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  const show = ['spec.template.spec.containers.0.env'] as const
  await c.apply('bob', deployments, 'web', env('B', 'A'), { show })
  await c.apply('carol', deployments, 'web', env('C', 'A', 'D'), { show })
  await c.apply('bob', deployments, 'web', env('A', 'B'), { show })
  await c.apply('bob', deployments, 'web', env('E', 'A'), { show })
  await c.apply('carol', deployments, 'web', env(), { show })
})

area.case('sidecars of several managers', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply(
    'mesh',
    deployments,
    'web',
    { spec: template({ containers: [{ name: 'proxy', image: 'example.com/proxy:1' }] }) },
    { show: ownership },
  )
  await c.apply(
    'alice',
    deployments,
    'web',
    wholeDeployment(template({ containers: [{ name: 'app', image: 'example.com/app:2' }] })),
    { show: ['spec.template.spec.containers'] },
  )
  await c.apply('mesh', deployments, 'web', {}, { show: ['spec.template.spec.containers'] })
})

area.case('sets and atomic lists', async (c) => {
  await c.apply('alice', configMaps, 'one', { metadata: { finalizers: ['x.io/a', 'x.io/b'] } })
  await c.apply('bob', configMaps, 'one', { metadata: { finalizers: ['x.io/b', 'x.io/c'] } })
  await c.apply('alice', configMaps, 'one', { metadata: { finalizers: ['x.io/a'] } })
  await c.apply('bob', configMaps, 'one', {})
  const command = (...words: string[]): Fields => ({
    spec: template({ containers: [{ name: 'app', command: words }] }),
  })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('bob', deployments, 'web', command('a', 'b'), { show: ownership })
  await c.apply('carol', deployments, 'web', command('a', 'c'))
  await c.apply(
    'bob',
    deployments,
    'web',
    { spec: { selector: { matchLabels: { app: 'web' } } } },
    { show: ['metadata.managedFields'] },
  )
})

area.case('finalizers twice in a set', async (c) => {
  await c.apply('alice', configMaps, 'one', { metadata: { finalizers: ['x.io/a', 'x.io/a'] } })
})

area.case('owner references by uid', async (c) => {
  const owner = (uid: string): Fields => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid })
  await c.apply('alice', configMaps, 'one', { metadata: { ownerReferences: [owner('1')] } })
  await c.apply('bob', configMaps, 'one', { metadata: { ownerReferences: [owner('2')] } })
  await c.apply('alice', configMaps, 'one', {})
})

area.case('ports of a Service', async (c) => {
  await c.apply('alice', services, 'web', { spec: service('web')['spec'] })
  await c.apply(
    'bob',
    services,
    'web',
    { spec: { ports: [{ port: 81, name: 'other' }] } },
    { show: ['spec.ports', 'metadata.managedFields'] },
  )
  await c.apply('bob', services, 'web', { spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 9 }] } })
})

area.case('fields of a pod', async (c) => {
  await c.apply('alice', pods, 'one', { spec: pod('one')['spec'] })
  await c.apply(
    'bob',
    pods,
    'one',
    { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } },
    { show: ['spec.tolerations', 'metadata.managedFields'] },
  )
  await c.apply('bob', pods, 'one', { spec: { terminationGracePeriodSeconds: 9 } }, { force: true })
})

area.case('bad requests', async (c) => {
  const path = c.path(configMaps, 'one')
  const headers = { 'content-type': 'application/apply-patch+yaml' }
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: '1' } }
  await c.ask('PATCH', path, { headers, body })
  await c.ask('PATCH', path, { headers, body, query: { fieldManager: '' } })
  await c.ask('PATCH', path, { headers, body, query: { fieldManager: 'x'.repeat(129) } })
  const query = { fieldManager: 'a' }
  await c.ask('PATCH', path, { headers, body: { data: {} }, query })
  await c.ask('PATCH', path, { headers, body: { ...body, apiVersion: 'v2' }, query })
  await c.ask('PATCH', path, { headers, body: { ...body, kind: 'Secret' }, query })
  await c.ask('PATCH', path, { headers, body: { ...body, metadata: { name: 'two' } }, query })
  await c.ask('PATCH', path, { headers, body: { ...body, metadata: {} }, query })
  await c.ask('PATCH', path, { headers, body: { ...body, metadata: { name: 'one', namespace: 'elsewhere' } }, query })
  await c.ask('PATCH', path, {
    headers,
    body: { ...body, metadata: { name: 'one', managedFields: [{ manager: 'x' }] } },
    query,
  })
  await c.ask('PATCH', path, { headers, body: { ...body, metadata: { name: 'one', managedFields: [] } }, query })
  await c.ask('PATCH', path, { headers, body: '{"apiVersion": "v1", "kind"', query })
  await c.ask('PATCH', path, { headers, body: 'a: [b', query })
  await c.ask('PATCH', path, { headers, body: '[]', query })
  await c.ask('PATCH', path, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: {},
    query: { force: true },
  })
})

area.case('YAML in the body', async (c) => {
  await c.ask('PATCH', c.path(configMaps, 'one'), {
    headers: { 'content-type': 'application/apply-patch+yaml' },
    query: { fieldManager: 'a' },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  text: |\n    two\n    lines\n',
  })
})

area.case('unknown fields and wrong types', async (c) => {
  await c.apply('a', configMaps, 'one', { dta: { a: '1' } })
  await c.apply('a', configMaps, 'one', { data: { a: 1 } })
  await c.apply('a', configMaps, 'one', { data: 'x' })
  await c.apply('a', deployments, 'web', wholeDeployment({ template: { spec: { containers: [{ image: 'a' }] } } }))
  await c.apply('a', deployments, 'web', wholeDeployment({ replicas: 'x' }))
  await c.apply('a', deployments, 'web', wholeDeployment({ nope: 1 }))
  await c.apply('a', deployments, 'web', wholeDeployment({ nope: 1 }), { query: { fieldValidation: 'Ignore' } })
  await c.apply('a', deployments, 'web', wholeDeployment({ nope: 1 }), { query: { fieldValidation: 'Strict' } })
})

area.case('null in an apply', async (c) => {
  await c.apply('a', deployments, 'web', wholeDeployment({ minReadySeconds: 5 }), { show: 'status' })
  await c.apply('a', deployments, 'web', wholeDeployment({ minReadySeconds: null }), { show: ownership })
  await c.apply('b', configMaps, 'one', { data: { a: null, b: '1' } })
})

area.case('a uid that is no longer there', async (c) => {
  const { body } = await c.create(configMaps, configMap('one'), { show: 'status' })
  const uid = at(body, 'metadata.uid')
  await c.apply('a', configMaps, 'one', { metadata: { uid }, data: { z: '1' } })
  await c.apply('a', configMaps, 'one', { metadata: { uid: '11111111-2222-3333-4444-555555555555' }, data: { z: '2' } })
  await c.delete(configMaps, 'one')
  await c.apply('a', configMaps, 'one', { metadata: { uid }, data: { z: '1' } })
})

area.case('a version in an apply', async (c) => {
  const { body } = await c.create(configMaps, configMap('one'), { show: 'status' })
  await c.apply('a', configMaps, 'one', {
    metadata: { resourceVersion: at(body, 'metadata.resourceVersion') },
    data: { z: '1' },
  })
  await c.apply('a', configMaps, 'one', {
    metadata: { resourceVersion: at(body, 'metadata.resourceVersion') },
    data: { z: '2' },
  })
})

area.case('a manager that both applies and updates', async (c) => {
  await c.apply('same', configMaps, 'one', { data: { a: '1', b: '1' } })
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, { query: { fieldManager: 'same' } })
  await c.apply('same', configMaps, 'one', { data: { a: '3', b: '1' } })
  await c.apply('same', configMaps, 'one', { data: { b: '1' } })
})

area.case('managed fields of the ways to write', async (c) => {
  const by = (fieldManager: string) => ({ query: { fieldManager }, show: ['metadata.managedFields'] as const })
  const { body } = await c.create(deployments, deployment('web'), by('creator'))
  await c.update(
    deployments,
    { ...(body as object), metadata: { ...(at(body, 'metadata') as object), labels: { a: 'b' } } },
    by('updater'),
  )
  await c.patch('merge', deployments, 'web', { spec: { minReadySeconds: 5 } }, by('merger'))
  await c.patch(
    'json',
    deployments,
    'web',
    [{ op: 'add', path: '/spec/template/metadata/annotations', value: { x: 'y' } }],
    by('json'),
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: template({ containers: [{ name: 'app', env: [{ name: 'A', value: '1' }] }] }) },
    by('strategic'),
  )
  await c.patch('merge', deployments, 'web', { spec: { minReadySeconds: null } }, by('remover'))
  await c.patch('merge', deployments, 'web', { status: { replicas: 1 } }, { ...by('status'), subresource: 'status' })
  await c.patch(
    'merge',
    deployments,
    'web',
    { spec: { replicas: 9 } },
    { query: { fieldManager: 'scaler' }, subresource: 'scale' },
  )
  await c.get(deployments, 'web', by(''))
})

area.case('the manager is the first word of the user agent', async (c) => {
  const agents = ['kubectl/v1.36 (linux/amd64)', 'Argo CD/3', 'plain', `${'long'.repeat(40)}/1`, 'ünï/1']
  for (const [index, userAgent] of agents.entries()) {
    if (/[^\x20-\x7e]/.test(userAgent)) continue
    await c.create(configMaps, configMap(`m${index}`), { userAgent, show: ['metadata.managedFields.0.manager'] })
  }
  await c.create(configMaps, configMap('bad'), { query: { fieldManager: 'bad\u0001manager' } })
})

area.case('managed fields that a client empties', async (c) => {
  const show = ['metadata.managedFields'] as const
  await c.apply('alice', configMaps, 'one', { data: { a: '1' } }, { show })
  await c.patch('merge', configMaps, 'one', { metadata: { managedFields: [] } }, { show })
  await c.patch('merge', configMaps, 'one', { metadata: { managedFields: [{}] } }, { show })
  await c.apply('bob', configMaps, 'one', { data: { a: '2' } }, { show })
  await c.apply('bob', configMaps, 'one', { data: { b: '2' } }, { show })
})

area.case('managed fields that a client edits', async (c) => {
  const show = ['metadata.managedFields', 'data'] as const
  await c.apply('alice', configMaps, 'one', { data: { a: '1' } }, { show })
  const entry = {
    manager: 'carol',
    operation: 'Apply',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {} } },
    time: '2020-01-01T00:00:00Z',
  }
  await c.patch('json', configMaps, 'one', [{ op: 'replace', path: '/metadata/managedFields', value: [entry] }], {
    show,
  })
  await c.apply('carol', configMaps, 'one', {}, { show })
  await c.patch('json', configMaps, 'one', [
    { op: 'replace', path: '/metadata/managedFields', value: [{ ...entry, operation: 'Wrong' }] },
  ])
  await c.patch('json', configMaps, 'one', [
    { op: 'replace', path: '/metadata/managedFields', value: [{ ...entry, fieldsType: 'V0' }] },
  ])
})

area.case('more than ten updaters', async (c) => {
  await c.create(configMaps, configMap('one'), { query: { fieldManager: 'm00' }, show: 'status' })
  for (let index = 1; index <= 13; index++) {
    const fieldManager = `m${String(index).padStart(2, '0')}`
    await c.patch(
      'merge',
      configMaps,
      'one',
      { data: { [fieldManager]: '1' } },
      { query: { fieldManager }, show: 'status' },
    )
  }
  const { body } = await c.quietly('GET', c.path(configMaps, 'one'))
  const managers = (at(body, 'metadata.managedFields') as { manager: string }[]).map(({ manager }) => manager)
  c.note('how many, and the collected one', { count: managers.length, ancient: managers.includes('ancient-changes') })
})

area.case('an object that nobody owns a field of is not tracked', async (c) => {
  await c.create(configMaps, configMap('one', {}))
  await c.patch('merge', configMaps, 'one', { data: { a: '1' } }, { query: { fieldManager: 'bob' } })
  await c.apply('alice', configMaps, 'one', { data: { b: '1' } })
  await c.patch('merge', configMaps, 'one', { data: { c: '1' } }, { query: { fieldManager: 'bob' } })
})

area.case('what kubectl does before it applies on the server', async (c) => {
  const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
  await c.create(deployments, deployment('web', {}, { annotations: last }), {
    query: { fieldManager: 'kubectl-client-side-apply' },
    show: 'status',
  })
  const { body } = await c.quietly('GET', c.path(deployments, 'web'))
  const [entry] = at(body, 'metadata.managedFields') as Fields[]
  await c.patch(
    'json',
    deployments,
    'web',
    [
      { op: 'replace', path: '/metadata/managedFields', value: [{ ...entry, manager: 'kubectl', operation: 'Apply' }] },
      { op: 'replace', path: '/metadata/resourceVersion', value: at(body, 'metadata.resourceVersion') },
    ],
    { show: ownership },
  )
  await c.apply('kubectl', deployments, 'web', { spec: { replicas: 3 } })
})

area.case('a new object of another version of ownership', async (c) => {
  await c.create(
    configMaps,
    configMap(
      'one',
      { a: '1' },
      {
        managedFields: [
          {
            manager: 'x',
            operation: 'Update',
            apiVersion: 'v1',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { 'f:a': {} } },
            time: '2020-01-01T00:00:00Z',
          },
        ],
      },
    ),
  )
  await c.create(configMaps, configMap('two', { a: '1' }, { managedFields: [] }))
})

area.case('prefixes and equal names of managers', async (c) => {
  await c.apply('kubectl', configMaps, 'one', { data: { a: '1' } })
  await c.apply('kubectl-edit', configMaps, 'one', { data: { a: '1' } })
  await c.apply('Kubectl', configMaps, 'one', { data: { a: '2' } })
})

area.case('labels and annotations of several managers', async (c) => {
  await c.apply('alice', configMaps, 'one', { metadata: { labels: { a: '1' }, annotations: { b: '1' } } })
  await c.apply('bob', configMaps, 'one', { metadata: { labels: { c: '1' }, annotations: { d: '1' } } })
  await c.apply('alice', configMaps, 'one', { metadata: { annotations: { b: '1' } } })
  await c.apply('bob', configMaps, 'one', { metadata: { labels: {} } })
})

area.case('env values, resources and maps', async (c) => {
  const app = (fields: Fields): Fields => ({ spec: template({ containers: [{ name: 'app', ...fields }] }) })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply(
    'bob',
    deployments,
    'web',
    app({ resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } } }),
    { show: ownership },
  )
  await c.apply('carol', deployments, 'web', app({ resources: { requests: { cpu: '0.1' } } }))
  await c.apply('carol', deployments, 'web', app({ resources: { requests: { memory: '32Mi' } } }), {
    show: ['spec.template.spec.containers.0.resources'],
  })
  await c.apply('bob', deployments, 'web', app({ readinessProbe: { httpGet: { port: 8080, path: '/' } } }), {
    show: ownership,
  })
  await c.apply(
    'bob',
    deployments,
    'web',
    app({ readinessProbe: { httpGet: { port: 'http', path: '/x' } }, livenessProbe: { tcpSocket: { port: 1 } } }),
    { show: ownership },
  )
})

area.case('switching the strategy', async (c) => {
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: 'status' })
  await c.apply('alice', deployments, 'web', wholeDeployment({ strategy: { type: 'Recreate' } }), { show: ownership })
  await c.apply('bob', deployments, 'web', { spec: { strategy: { rollingUpdate: { maxSurge: 1 } } } })
  await c.apply('alice', deployments, 'web', wholeDeployment(), { show: ownership })
})
