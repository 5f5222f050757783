import { deployments } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { configMap, configMaps, deployment, template } from '../objects.ts'

const area = new Area('apply', 'api')
export const managedFieldCases = area.cases

const wholeDeployment = (spec: Fields = {}): Fields => ({ spec: deployment('web', spec)['spec'] })

const ownership = ['metadata.managedFields', 'metadata.generation', 'spec'] as const

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
