import { deployments, leases, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { configMap, configMaps, deployment, lease, pod, service } from '../objects.ts'

const area = new Area('objects', 'api')
export const deletionCases = area.cases

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
