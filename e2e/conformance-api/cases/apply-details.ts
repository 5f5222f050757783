import { deployments, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { configMap, configMaps, deployment, pod, service, template } from '../objects.ts'

const area = new Area('apply', 'api')
export const applyDetailCases = area.cases

const wholeDeployment = (spec: Fields = {}): Fields => ({ spec: deployment('web', spec)['spec'] })

const ownership = ['metadata.managedFields', 'metadata.generation', 'spec'] as const

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
