import { deployments } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import type { Fields } from '../data.ts'
import { configMaps, deployment, template } from '../objects.ts'

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
