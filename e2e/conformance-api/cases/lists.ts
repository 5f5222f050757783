import { deployments, nodes, pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { configMap, configMaps, pod, secrets } from '../objects.ts'

const area = new Area('objects', 'api')
export const listCases = area.cases

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
