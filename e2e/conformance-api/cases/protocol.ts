import { deployments, leases, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { budgets, configMap, configMaps, deployment, lease, pod, replicaSets, secrets, service } from '../objects.ts'

const area = new Area('protocol', 'api')
export const protocolCases = area.cases

const table = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } }
const names = (list: unknown): unknown => (Array.isArray(list) ? list.map((item: unknown) => at(item, 'name')) : list)

area.case('paths that lead nowhere', async (c) => {
  for (const path of [
    '/api/v2',
    '/apis/nowhere.io/v1',
    '/apis/apps/v9',
    '/apis/apps/v1/nothings',
    '/nothing',
    '/api/v1/namespaces/x/nothings',
    '/apis/apps/v1/namespaces/x/deployments/y/nothing',
    '/apis/apps/v1/namespaces/x/deployments/y/status/z',
  ]) {
    await c.ask('GET', path)
  }
})

area.case('methods that are not allowed', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  await c.ask('POST', c.path(configMaps, 'one'), { body: configMap('one') })
  await c.ask('PUT', c.path(configMaps), { body: configMap('one') })
  await c.ask('PATCH', c.path(configMaps), { body: {}, headers: { 'content-type': 'application/merge-patch+json' } })
  await c.ask('POST', c.path(configMaps, 'one', 'status'), { body: {} })
  await c.ask('GET', c.path(configMaps, 'one', 'status'))
  await c.ask('DELETE', c.path(deployments, 'one', 'status'))
  await c.ask('DELETE', '/api/v1/namespaces')
  await c.ask('GET', c.path(pods, 'one', 'binding'))
})

area.case('content types', async (c) => {
  const body = JSON.stringify(configMap('one'))
  await c.ask('POST', c.path(configMaps), { body, headers: { 'content-type': 'text/plain' } })
  await c.ask('POST', c.path(configMaps), { body, headers: { 'content-type': 'application/json; charset=utf-8' } })
  await c.ask('PATCH', c.path(configMaps, 'one'), { body: '{}', headers: { 'content-type': 'application/json' } })
  await c.ask('PATCH', c.path(configMaps, 'one'), { body: '{}', headers: { 'content-type': 'text/plain' } })
  await c.ask('POST', c.path(configMaps), {
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\ndata:\n  a: b\n',
    headers: { 'content-type': 'application/yaml' },
  })
  await c.ask('GET', c.path(configMaps, 'one'), { headers: { accept: 'text/html' } })
  await c.ask('GET', c.path(configMaps, 'one'), { headers: { accept: 'application/json;q=0.1, */*' }, show: 'status' })
})

area.case('bodies that cannot be read', async (c) => {
  const headers = { 'content-type': 'application/json' }
  for (const body of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"metadata": 5}',
    '{"metadata": {"labels": []}}',
    '{"kind": 5}',
    '{"data": {"a": {"b": 1}}}',
  ]) {
    await c.ask('POST', c.path(configMaps), { body, headers })
  }
})

area.case('bodies of wrong types', async (c) => {
  await c.create(deployments, deployment('web', { replicas: 'two' }))
  await c.create(deployments, deployment('web', { replicas: 1.5 }))
  await c.create(deployments, deployment('web', { replicas: 5_000_000_000 }))
  await c.create(deployments, deployment('web', { paused: 'yes' }))
  await c.create(deployments, deployment('web', { template: { spec: { containers: {} } } }))
  await c.create(deployments, deployment('web', { selector: null }))
  await c.create(deployments, deployment('web', {}, { creationTimestamp: 'yesterday' }))
  await c.create(leases, lease('one', { renewTime: '2020-01-01' }))
  await c.create(leases, lease('one', { leaseDurationSeconds: 'x' }))
})

area.case('parameters that cannot be read', async (c) => {
  await c.list(configMaps, { limit: 'many' })
  await c.list(configMaps, { limit: -1 }, { show: 'status' })
  await c.list(configMaps, { timeoutSeconds: 'x' })
  await c.delete(configMaps, 'one', { query: { gracePeriodSeconds: 'x' } })
  await c.list(configMaps, { unknown: 'x' }, { show: 'status' })
  await c.list(configMaps, { watch: 'maybe', timeoutSeconds: 1 })
})

area.case('discovery of core and apps', async (c) => {
  for (const path of [
    '/api/v1',
    '/apis/apps/v1',
    '/apis/coordination.k8s.io/v1',
    '/apis/discovery.k8s.io/v1',
    '/apis/policy/v1',
  ]) {
    const { body } = await c.quietly('GET', path)
    const served = [
      'configmaps',
      'events',
      'namespaces',
      'namespaces/status',
      'nodes',
      'nodes/status',
      'pods',
      'pods/binding',
      'pods/eviction',
      'pods/log',
      'pods/status',
      'secrets',
      'serviceaccounts',
      'services',
      'services/status',
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
      'leases',
      'endpointslices',
      'poddisruptionbudgets',
      'poddisruptionbudgets/status',
    ]
    const resources = (at(body, 'resources') as { name: string; storageVersionHash?: string }[])
      .filter(({ name }) => served.includes(name))
      .map(({ storageVersionHash: _hash, ...resource }) => resource)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    c.note(path, { ...(body as object), resources })
  }
})

area.case('discovery of groups', async (c) => {
  await c.ask('GET', '/api', { show: ['kind', 'versions'] })
  const { body } = await c.quietly('GET', '/apis')
  const wanted = [
    'apps',
    'policy',
    'coordination.k8s.io',
    'discovery.k8s.io',
    'events.k8s.io',
    'rbac.authorization.k8s.io',
    'apiextensions.k8s.io',
    'admissionregistration.k8s.io',
    'flowcontrol.apiserver.k8s.io',
  ]
  const groups = (at(body, 'groups') as { name: string }[])
    .filter(({ name }) => wanted.includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  c.note('groups', groups)
  await c.ask('GET', '/apis/apps')
  await c.ask('GET', '/apis/nowhere.io')
})

area.case('aggregated discovery', async (c) => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const answer = await c.quietly('GET', '/apis', { headers: { accept } })
  const apps = (at(answer.body, 'items') as { metadata: { name: string } }[]).find(
    ({ metadata }) => metadata.name === 'apps',
  )
  const resources = (at(apps, 'versions.0.resources') as { resource: string }[]).filter(({ resource }) =>
    ['deployments', 'replicasets'].includes(resource),
  )
  c.note('apps', {
    kind: at(answer.body, 'kind'),
    apiVersion: at(answer.body, 'apiVersion'),
    type: answer.headers['content-type'],
    version: at(apps, 'versions.0.version'),
    freshness: at(apps, 'versions.0.freshness'),
    resources,
  })
})

area.case('version and health', async (c) => {
  const { body } = await c.quietly('GET', '/version')
  c.note('version', {
    major: at(body, 'major'),
    minor: at(body, 'minor'),
    fields: ['gitVersion', 'platform', 'goVersion'].filter((name) => typeof at(body, name) === 'string'),
  })
  for (const path of ['/healthz', '/livez', '/readyz']) await c.ask('GET', path)
})

area.case('OpenAPI', async (c) => {
  const { body } = await c.quietly('GET', '/openapi/v3')
  const paths = at(body, 'paths') as Record<string, { serverRelativeURL: string }>
  c.note(
    'index',
    ['api/v1', 'apis/apps/v1', 'apis/coordination.k8s.io/v1', 'apis/policy/v1'].map((path) => [
      path,
      typeof paths[path]?.serverRelativeURL,
    ]),
  )
  const document = await c.quietly('GET', '/openapi/v3/apis/apps/v1')
  const schema = (document.body as { components: { schemas: Record<string, unknown> } }).components.schemas[
    'io.k8s.api.apps.v1.Deployment'
  ]
  const { description: _text, ...rest } = schema as Record<string, unknown>
  c.note('Deployment', {
    kinds: rest['x-kubernetes-group-version-kind'],
    properties: Object.keys(rest['properties'] as object).sort(),
  })
})

area.case('lists as Tables', async (c) => {
  await c.create(configMaps, configMap('one', { a: '1', b: '2' }), { show: 'status' })
  await c.create(secrets, { metadata: { name: 'one' }, data: { a: 'YQ==' } }, { show: 'status' })
  await c.create(services, service('one', { clusterIP: 'None' }), { show: 'status' })
  await c.create(deployments, deployment('one'), { show: 'status' })
  await c.create(
    replicaSets,
    { metadata: { name: 'one' }, spec: (deployment('one') as { spec: object }).spec },
    { show: 'status' },
  )
  await c.create(pods, pod('one'), { show: 'status' })
  await c.create(leases, lease('one', { holderIdentity: 'me' }), { show: 'status' })
  await c.create(
    budgets,
    { metadata: { name: 'one' }, spec: { minAvailable: '50%', selector: {} } },
    { show: 'status' },
  )
  for (const resource of [configMaps, secrets, services, deployments, replicaSets, pods, leases, budgets]) {
    const { body } = await c.quietly('GET', c.path(resource), table)
    const columns = at(body, 'columnDefinitions') as { name: string }[]
    const age = columns.findIndex(({ name }) => name === 'Age')
    const cells = [...(at(body, 'rows.0.cells') as unknown[])]
    if (age >= 0) cells[age] = '<age>'
    c.note(resource.plural, {
      kind: at(body, 'kind'),
      apiVersion: at(body, 'apiVersion'),
      columns: columns.map(({ description: _text, ...column }: { description?: string; name: string }) => column),
      cells,
      object: at(body, 'rows.0.object.kind'),
    })
  }
})

area.case('what rows of a Table carry', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  for (const includeObject of ['None', 'Metadata', 'Object', 'Other']) {
    const { status, body } = await c.quietly('GET', c.path(configMaps, 'one'), { ...table, query: { includeObject } })
    c.note(includeObject, status === 200 ? { object: at(body, 'rows.0.object.kind') ?? 'none' } : body)
  }
  await c.ask('GET', c.path(configMaps, 'missing'), table)
})

area.case('only metadata', async (c) => {
  await c.create(deployments, deployment('one'), { show: 'status' })
  const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` } })
  const one = await c.quietly('GET', c.path(deployments, 'one'), accept('PartialObjectMetadata'))
  c.note('one', {
    kind: at(one.body, 'kind'),
    apiVersion: at(one.body, 'apiVersion'),
    fields: Object.keys(one.body as object).sort(),
  })
  const list = await c.quietly('GET', c.path(deployments), accept('PartialObjectMetadataList'))
  c.note('list', {
    kind: at(list.body, 'kind'),
    apiVersion: at(list.body, 'apiVersion'),
    items: (at(list.body, 'items') as object[]).map((item) => Object.keys(item).sort()),
  })
})

area.case('lists of empty collections', async (c) => {
  for (const resource of [configMaps, deployments, leases, budgets]) await c.list(resource)
})

area.case('names of the warnings and headers', async (c) => {
  const answer = await c.quietly('GET', c.path(configMaps))
  c.note('headers', { type: answer.headers['content-type'], cache: answer.headers['cache-control'] })
  const missing = await c.quietly('GET', c.path(configMaps, 'missing'))
  c.note('headers of an error', { type: missing.headers['content-type'] })
})

area.case('who am I, and may I', async (c) => {
  const group = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const { body } = await c.quietly('POST', group, {
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace: c.namespace, verb: 'create', group: 'apps', resource: 'deployments' } },
    },
  })
  c.note('allowed', { kind: at(body, 'kind'), allowed: at(body, 'status.allowed') })
})

area.case('columns by name', async (c) => {
  const { body } = await c.quietly('GET', c.path(pods), table)
  c.note('columns of no pods', names(at(body, 'columnDefinitions')))
  c.note('rows of no pods', at(body, 'rows'))
})
