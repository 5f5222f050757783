import { deployments, nodes, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import type { Fields } from '../data.ts'
import { configMap, configMaps, deployment, pod, service, template } from '../objects.ts'

const area = new Area('patch', 'api')
export const patchCases = area.cases

area.case('JSON patch: every operation', async (c) => {
  await c.create(configMaps, configMap('one', { a: '1', b: '2' }, { annotations: { 'x.io/a': '1' } }))
  const patch = (...operations: object[]) => c.patch('json', configMaps, 'one', operations)
  await patch({ op: 'add', path: '/data/c', value: '3' })
  await patch({ op: 'replace', path: '/data/a', value: '9' })
  await patch({ op: 'remove', path: '/data/b' })
  await patch({ op: 'move', from: '/data/a', path: '/data/z' })
  await patch({ op: 'copy', from: '/data/z', path: '/data/y' })
  await patch({ op: 'test', path: '/data/z', value: '9' }, { op: 'replace', path: '/data/z', value: '10' })
  await patch({ op: 'replace', path: '/metadata/annotations/x.io~1a', value: '2' })
  await patch()
})

area.case('JSON patch: a test that fails', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  const patch = (...operations: object[]) => c.patch('json', configMaps, 'one', operations)
  await patch({ op: 'test', path: '/data/a', value: '2' })
  await patch({ op: 'test', path: '/data/missing', value: '2' })
  await patch({ op: 'test', path: '/metadata/uid', value: 'x' }, { op: 'add', path: '/data/b', value: '1' })
  await patch({ op: 'test', path: '/data/missing', value: null })
})

area.case('JSON patch: paths that lead nowhere', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  const patch = (...operations: object[]) => c.patch('json', configMaps, 'one', operations)
  await patch({ op: 'remove', path: '/data/missing' })
  await patch({ op: 'replace', path: '/data/missing', value: '1' })
  await patch({ op: 'add', path: '/no/such/parent', value: '1' })
  await patch({ op: 'copy', from: '/data/missing', path: '/data/b' })
  await patch({ op: 'move', from: '/data/missing', path: '/data/b' })
})

area.case('JSON patch: what is none', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  await c.patch('json', configMaps, 'one', { op: 'add' })
  await c.patch('json', configMaps, 'one', '{')
  await c.patch('json', configMaps, 'one', [{ op: 'frob', path: '/data' }])
  await c.patch('json', configMaps, 'one', [{ path: '/data' }])
})

area.case('JSON patch: lists', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  const containers = '/spec/template/spec/containers'
  const show = ['spec.template.spec.containers'] as const
  const patch = (...operations: object[]) => c.patch('json', deployments, 'web', operations, { show })
  await patch({ op: 'add', path: `${containers}/-`, value: { name: 'two', image: 'b' } })
  await patch({ op: 'add', path: `${containers}/0`, value: { name: 'zero', image: 'c' } })
  await patch({ op: 'remove', path: `${containers}/1` })
  await patch({ op: 'remove', path: `${containers}/7` })
  await patch({ op: 'add', path: `${containers}/9`, value: { name: 'nine', image: 'c' } })
  await patch({ op: 'replace', path: `${containers}/0/image`, value: 'd' })
})

area.case('merge patch', async (c) => {
  await c.create(configMaps, configMap('one', { a: '1', b: '2' }, { labels: { x: 'y' } }))
  const patch = (body: unknown) => c.patch('merge', configMaps, 'one', body)
  await patch({ data: { a: null, c: '3' } })
  await patch({ metadata: { labels: null } })
  await patch({ data: null })
  await patch({})
  await patch([])
  await patch('x')
  await patch('null')
  await patch({ data: 'x' })
})

area.case('merge patch replaces lists', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.patch('merge', deployments, 'web', { spec: template({ containers: [{ name: 'app', env: [] }] }) })
  await c.patch(
    'merge',
    deployments,
    'web',
    { spec: template({ containers: [{ name: 'other', image: 'b' }] }) },
    { show: ['spec.template.spec.containers'] },
  )
})

area.case('patches that would be another object', async (c) => {
  await c.create(configMaps, configMap('one'), { show: 'status' })
  for (const body of [
    { metadata: { name: 'two' } },
    { metadata: { namespace: 'two' } },
    { metadata: { uid: '11111111-2222-3333-4444-555555555555' } },
    { metadata: { resourceVersion: '1' } },
    { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' } },
    { kind: 'Service' },
    { apiVersion: 'v2' },
  ])
    await c.patch('merge', configMaps, 'one', body)
})

area.case('a patch of what is not there', async (c) => {
  for (const type of ['json', 'merge', 'strategic'] as const)
    await c.patch(type, configMaps, 'one', type === 'json' ? [] : {})
})

const env = (...list: unknown[]): Fields => ({ spec: template({ containers: [{ name: 'app', env: list }] }) })

area.case('strategic merge: lists by key', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  const show = ['spec.template.spec.containers'] as const
  const patch = (body: Fields) => c.patch('strategic', deployments, 'web', body, { show })
  await patch(env({ name: 'A', value: '1' }, { name: 'B', value: '2' }))
  await patch(env({ name: 'B', value: '3' }, { name: 'C', value: '4' }))
  await patch(env({ name: 'A', $patch: 'delete' }))
  await patch(env({ $patch: 'replace' }, { name: 'Z', value: '1' }))
  await patch(env({ name: 'Z', value: null, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }))
  await patch({ spec: template({ containers: [{ name: 'two', image: 'b' }] }) })
  await patch({ spec: template({ containers: [{ name: 'app', $patch: 'delete' }] }) })
})

area.case('strategic merge: order of items', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  const show = ['spec.template.spec.containers.0.env'] as const
  await c.patch(
    'strategic',
    deployments,
    'web',
    env({ name: 'A', value: '1' }, { name: 'B', value: '1' }, { name: 'C', value: '1' }),
    { show },
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    {
      spec: template({
        containers: [{ name: 'app', '$setElementOrder/env': [{ name: 'C' }, { name: 'A' }, { name: 'B' }] }],
      }),
    },
    { show },
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    {
      spec: template({
        containers: [
          { name: 'app', '$setElementOrder/env': [{ name: 'D' }, { name: 'C' }], env: [{ name: 'D', value: '1' }] },
        ],
      }),
    },
    { show },
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    {
      spec: template({
        '$setElementOrder/containers': [{ name: 'side' }, { name: 'app' }],
        containers: [{ name: 'side', image: 'b' }],
      }),
    },
    { show: ['spec.template.spec.containers'] },
  )
})

area.case('strategic merge: primitive lists', async (c) => {
  await c.create(configMaps, configMap('one', {}, { finalizers: ['x.io/a'] }), { show: 'status' })
  const show = ['metadata.finalizers'] as const
  await c.patch('strategic', configMaps, 'one', { metadata: { finalizers: ['x.io/b'] } }, { show })
  await c.patch(
    'strategic',
    configMaps,
    'one',
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.io/a'] } },
    { show },
  )
  await c.patch(
    'strategic',
    configMaps,
    'one',
    { metadata: { '$setElementOrder/finalizers': ['x.io/c', 'x.io/b'], finalizers: ['x.io/c'] } },
    { show },
  )
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: template({ containers: [{ name: 'app', command: ['a'] }] }) },
    { show: ['spec.template.spec.containers.0.command'] },
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: template({ containers: [{ name: 'app', command: ['b'] }] }) },
    { show: ['spec.template.spec.containers.0.command'] },
  )
})

area.case('strategic merge: maps replaced, merged and removed', async (c) => {
  await c.create(deployments, deployment('web', { template: { metadata: { annotations: { a: '1', b: '2' } } } }), {
    show: 'status',
  })
  const show = ['spec.template.metadata.annotations'] as const
  const patch = (annotations: unknown) =>
    c.patch('strategic', deployments, 'web', { spec: { template: { metadata: { annotations } } } }, { show })
  await patch({ a: null, c: '3' })
  await patch({ $patch: 'replace', only: '1' })
  await patch({ $patch: 'merge', more: '2' })
  await patch({ $patch: 'delete' })
  await patch({ $patch: 'frob', x: '1' })
})

area.case('strategic merge: kept keys of a union', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    { show: ['spec.strategy'] },
  )
  await c.patch(
    'strategic',
    deployments,
    'web',
    {
      spec: {
        strategy: { $retainKeys: ['type', 'rollingUpdate'], type: 'RollingUpdate', rollingUpdate: { maxSurge: 2 } },
      },
    },
    { show: ['spec.strategy'] },
  )
  await c.patch('strategic', deployments, 'web', { spec: { strategy: { type: 'Recreate' } } })
  await c.patch(
    'strategic',
    deployments,
    'web',
    { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
    { show: ['spec.strategy'] },
  )
})

area.case('strategic merge: ports by number', async (c) => {
  await c.create(services, service('web'), { show: 'status' })
  const show = ['spec.ports'] as const
  await c.patch('strategic', services, 'web', { spec: { ports: [{ port: 80, targetPort: 9090 }] } }, { show })
  await c.patch('strategic', services, 'web', { spec: { ports: [{ port: 81, name: 'two', targetPort: 1 }] } }, { show })
  await c.patch('strategic', services, 'web', { spec: { ports: [{ port: 80, $patch: 'delete' }] } }, { show })
  await c.patch('strategic', services, 'web', { spec: { ports: [{ name: 'nokey' }] } })
})

area.case('strategic merge: conditions of a status', async (c) => {
  await c.create(pods, pod('one'), { show: 'status' })
  const show = ['status'] as const
  const patch = (conditions: unknown) =>
    c.patch('strategic', pods, 'one', { status: { conditions } }, { subresource: 'status', show })
  await patch([{ type: 'Ready', status: 'False' }])
  await patch([{ type: 'Custom', status: 'True', reason: 'R' }])
  await patch([{ type: 'Ready', status: 'True' }])
  await patch([{ type: 'Custom', $patch: 'delete' }])
})

area.case('strategic merge: taints of a node', async (c) => {
  const name = `node-${c.namespace}`
  c.masks.replace(name, '<node>')
  await c.create(nodes, { metadata: { name } }, { show: ['spec'] })
  const show = ['spec'] as const
  await c.patch('strategic', nodes, name, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, { show })
  await c.patch('strategic', nodes, name, { spec: { taints: [{ key: 'b', effect: 'NoExecute' }] } }, { show })
  await c.patch('strategic', nodes, name, { spec: { unschedulable: true } }, { show })
  await c.delete(nodes, name, { show: 'status' })
})

area.case('strategic merge: volumes and their mounts', async (c) => {
  const show = ['spec.template.spec.volumes', 'spec.template.spec.containers'] as const
  await c.create(deployments, deployment('web'), { show: 'status' })
  const patch = (podSpec: Fields) => c.patch('strategic', deployments, 'web', { spec: template(podSpec) }, { show })
  await patch({
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [{ name: 'app', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  })
  await patch({ volumes: [{ name: 'v', emptyDir: null, configMap: { name: 'c' } }] })
  await patch({ volumes: [{ name: 'v', $retainKeys: ['name', 'secret'], secret: { secretName: 's' } }] })
  await patch({ containers: [{ name: 'app', volumeMounts: [{ mountPath: '/w', name: 'v' }] }] })
})

area.case(
  'strategic merge: wrong shapes',
  async (c) => {
    await c.create(deployments, deployment('web'), { show: 'status' })
    await c.patch('strategic', deployments, 'web', { spec: template({ containers: [{ image: 'b' }] }) })
    await c.patch('strategic', deployments, 'web', { spec: 'x' })
    await c.patch('strategic', deployments, 'web', { spec: { template: { spec: { containers: { name: 'app' } } } } })
    await c.patch('strategic', deployments, 'web', '[1')
    await c.patch('strategic', deployments, 'web', { spec: { replicas: 'many' } })
  },
  { limit: 'go-structures-in-messages' },
)

area.case('a patch that fails validation stores nothing', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  await c.patch('merge', deployments, 'web', { spec: { replicas: -1 }, metadata: { labels: { a: 'b' } } })
  await c.get(deployments, 'web', { show: ['metadata.labels', 'spec.replicas', 'metadata.generation'] })
})
