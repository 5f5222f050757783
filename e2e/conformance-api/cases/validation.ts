import { deployments, leases, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import type { Fields } from '../data.ts'
import { budgets, deployment, lease, pod, replicaSets, roles, service, serviceAccounts, template } from '../objects.ts'
import type { Scene } from '../scene.ts'

const area = new Area('validation', 'api')
export const validationCases = area.cases

const dry = { query: { dryRun: 'All' } } as const
const app = (fields: Fields): Fields => ({ containers: [{ name: 'app', image: 'example.com/app:1', ...fields }] })
const tryPod = (c: Scene, spec: Fields, show?: readonly string[]) =>
  c.create(pods, pod('one', spec), { ...dry, ...(show === undefined ? {} : { show }) })
const tryDeployment = (c: Scene, spec: Fields, show?: readonly string[]) =>
  c.create(deployments, deployment('web', spec), { ...dry, ...(show === undefined ? {} : { show }) })

area.case('defaults of a Deployment', async (c) => {
  await tryDeployment(c, {})
  await tryDeployment(c, { strategy: { type: 'Recreate' } }, ['spec.strategy'])
  await tryDeployment(c, { strategy: { rollingUpdate: { maxSurge: 0 } } }, ['spec.strategy'])
  await tryDeployment(c, { strategy: { type: 'RollingUpdate', rollingUpdate: {} } }, ['spec.strategy'])
  await tryDeployment(c, { replicas: undefined, minReadySeconds: 0, paused: false }, [
    'spec.replicas',
    'spec.minReadySeconds',
    'spec.paused',
  ])
})

area.case('defaults of a pod', async (c) => {
  await tryPod(c, {})
  await tryPod(c, { hostNetwork: true, ...app({ ports: [{ containerPort: 80 }] }) }, [
    'spec.containers',
    'spec.dnsPolicy',
  ])
  await tryPod(c, { initContainers: [{ name: 'init', image: 'i', restartPolicy: 'Always' }] }, ['spec.initContainers'])
  await tryPod(c, { terminationGracePeriodSeconds: 0 }, ['spec.terminationGracePeriodSeconds'])
})

area.case('pull policies by tag', async (c) => {
  for (const image of [
    'a',
    'a:latest',
    'a:1',
    'a@sha256:0123456789012345678901234567890123456789012345678901234567890123',
    'r:5000/a',
    'r:5000/a:2',
  ]) {
    await tryPod(c, app({ image }), ['spec.containers.0.imagePullPolicy'])
  }
})

area.case('defaults of probes and hooks', async (c) => {
  const show = [
    'spec.containers.0.readinessProbe',
    'spec.containers.0.livenessProbe',
    'spec.containers.0.startupProbe',
    'spec.containers.0.lifecycle',
  ]
  await tryPod(
    c,
    app({
      readinessProbe: { httpGet: { port: 80 } },
      livenessProbe: { tcpSocket: { port: 'http' } },
      startupProbe: { exec: { command: ['x'] } },
      lifecycle: { preStop: { httpGet: { port: 80 } } },
      ports: [{ name: 'http', containerPort: 80 }],
    }),
    show,
  )
  await tryPod(c, app({ readinessProbe: { grpc: { port: 80 }, periodSeconds: 0, timeoutSeconds: 0 } }), show)
  await tryPod(
    c,
    app({ lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['a'] } } } }),
    show,
  )
})

area.case('env, volumes and resources', async (c) => {
  const env = [
    { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'B', value: '' },
    { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
  ]
  const resources = { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '100m' } }
  const volumes = [
    { name: 'a', emptyDir: {} },
    { name: 'b', configMap: { name: 'c' } },
    { name: 'd', secret: { secretName: 's' } },
    { name: 'e', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  ]
  await tryPod(c, { ...app({ env, resources, volumeMounts: [{ name: 'a', mountPath: '/a' }] }), volumes }, [
    'spec',
    'status.qosClass',
  ])
})

area.case('quality of service', async (c) => {
  const resources: Fields[] = [
    {},
    { requests: { cpu: '1' } },
    { limits: { cpu: '1', memory: '1Gi' } },
    { limits: { cpu: '1' } },
    { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
  ]
  for (const one of resources)
    await tryPod(c, app({ resources: one }), ['status.qosClass', 'spec.containers.0.resources'])
})

area.case('refused: handlers', async (c) => {
  const preStop = (handler: Fields, spec: Fields = {}) =>
    tryPod(c, { ...app({ lifecycle: { preStop: handler } }), ...spec }, [])
  await preStop({})
  await preStop({ exec: { command: ['a'] }, sleep: { seconds: 1 } })
  await preStop({ exec: { command: [] } })
  await preStop({ httpGet: { port: 0 } })
  await preStop({ httpGet: { path: '/' } })
  await preStop({ httpGet: { port: 'no name!', path: '/' } })
  await preStop({ sleep: { seconds: 30 } })
  await preStop({ sleep: { seconds: 29 } })
  await preStop({ sleep: { seconds: 0 } })
  await preStop({ sleep: { seconds: 1 } }, { terminationGracePeriodSeconds: 0 })
  await preStop({ sleep: { seconds: -1 } })
  await tryPod(c, app({ lifecycle: { stopSignal: 'SIGUSR1' } }), [])
})

area.case('refused: probes', async (c) => {
  const probe = (fields: Fields, kind = 'readinessProbe') => tryPod(c, app({ [kind]: fields }), [])
  await probe({})
  await probe({ httpGet: { port: 80 }, tcpSocket: { port: 80 } })
  await probe({ httpGet: { port: 80 }, periodSeconds: -1 })
  await probe({ httpGet: { port: 80 }, timeoutSeconds: -1, failureThreshold: -1 })
  await probe({ httpGet: { port: 70_000 } })
  await probe({ httpGet: { port: 80, scheme: 'FTP' } })
  await probe({ httpGet: { port: 80 }, successThreshold: 2 }, 'livenessProbe')
  await probe({ httpGet: { port: 80 }, terminationGracePeriodSeconds: 5 })
  await probe({ exec: {} })
})

area.case('refused: containers', async (c) => {
  const containers = (...list: Fields[]) => tryPod(c, { containers: list }, [])
  await containers()
  await containers({ name: 'app' })
  await containers({ image: 'a' })
  await containers({ name: 'App', image: 'a' })
  await containers({ name: 'a', image: 'a' }, { name: 'a', image: 'b' })
  await containers({ name: 'a', image: ' a' })
  await containers({ name: 'a', image: 'a', imagePullPolicy: 'Sometimes' })
  await containers({ name: 'a', image: 'a', ports: [{ containerPort: 0 }] })
  await containers({ name: 'a', image: 'a', ports: [{ containerPort: 70_000, protocol: 'HTTP' }] })
  await containers({
    name: 'a',
    image: 'a',
    ports: [
      { containerPort: 1, name: 'Bad_' },
      { containerPort: 2, name: 'x' },
      { containerPort: 3, name: 'x' },
    ],
  })
  await containers({
    name: 'a',
    image: 'a',
    env: [
      { name: '' },
      { name: 'a=b' },
      { name: 'OK', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  })
  await containers({
    name: 'a',
    image: 'a',
    env: [
      { name: 'A', valueFrom: {} },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } },
    ],
  })
  await containers({ name: 'a', image: 'a', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })
  await containers({ name: 'a', image: 'a', resources: { requests: { cpu: 'two' } } })
  await containers({ name: 'a', image: 'a', resources: { requests: { cpu: '-1' } } })
  await containers({ name: 'a', image: 'a', volumeMounts: [{ name: 'none', mountPath: '/x' }] })
  await containers({ name: 'a', image: 'a', terminationMessagePolicy: 'Sometimes' })
})

area.case('refused: pod specs', async (c) => {
  const specs: Fields[] = [
    { terminationGracePeriodSeconds: -1 },
    { activeDeadlineSeconds: 0 },
    { restartPolicy: 'Maybe' },
    { dnsPolicy: 'Maybe' },
    { nodeName: 'Bad_Name' },
    { nodeSelector: { 'bad key!': 'x' } },
    { tolerations: [{ key: 'a', operator: 'Maybe' }] },
    { tolerations: [{ operator: 'Equal' }] },
    { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }] },
    { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'x' }] },
    { readinessGates: [{ conditionType: 'bad type!' }] },
    { volumes: [{ name: 'v' }, { name: 'v', emptyDir: {} }] },
    { hostNetwork: true, ...app({ ports: [{ containerPort: 80, hostPort: 81 }] }) },
    { hostname: 'Bad_Name' },
    { shareProcessNamespace: true, hostPID: true },
  ]
  for (const spec of specs) await tryPod(c, spec, [])
})

area.case('refused: Deployments', async (c) => {
  const specs: Fields[] = [
    { replicas: -1 },
    { minReadySeconds: -1 },
    { minReadySeconds: 600 },
    { minReadySeconds: 600, progressDeadlineSeconds: 601 },
    { progressDeadlineSeconds: -1 },
    { progressDeadlineSeconds: 0 },
    { revisionHistoryLimit: -1 },
    { strategy: { type: 'Sideways' } },
    { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
    { strategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } } },
    { strategy: { rollingUpdate: { maxSurge: '101%', maxUnavailable: '101%' } } },
    { strategy: { rollingUpdate: { maxSurge: -1, maxUnavailable: 'x' } } },
    { strategy: { rollingUpdate: { maxSurge: '5' } } },
    { selector: { matchLabels: { app: 'other' } } },
    { selector: { matchLabels: undefined } },
    { selector: { matchLabels: undefined, matchExpressions: [{ key: 'app', operator: 'In', values: [] }] } },
    { selector: { matchLabels: undefined, matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] } },
    { selector: { matchLabels: undefined, matchExpressions: [{ key: 'app', operator: 'Near' }] } },
    { template: { spec: { restartPolicy: 'Never' } } },
    { template: { spec: { activeDeadlineSeconds: 5 } } },
    { template: { metadata: { labels: { app: 'bad value!' } } } },
    { template: undefined },
    { selector: undefined },
  ]
  for (const spec of specs) await tryDeployment(c, spec, [])
})

area.case('what cannot change in a Deployment', async (c) => {
  await c.create(deployments, deployment('web'), { show: 'status' })
  const patch = (spec: Fields) => c.patch('merge', deployments, 'web', { spec }, { show: [] })
  await patch({ selector: { matchLabels: { tier: 'x' } } })
  await patch({ template: { metadata: { labels: { app: 'other' } } } })
  await patch({ template: { metadata: { labels: { more: 'x' } } } })
  await patch(template({ containers: [] }))
  await patch({ replicas: null })
  await patch({ template: null })
})

area.case('what cannot change in a ReplicaSet', async (c) => {
  await c.create(
    replicaSets,
    { metadata: { name: 'rs' }, spec: (deployment('rs') as { spec: Fields }).spec },
    { show: [] },
  )
  await c.patch('merge', replicaSets, 'rs', { spec: { selector: { matchLabels: { tier: 'x' } } } }, { show: [] })
  await c.patch(
    'merge',
    replicaSets,
    'rs',
    { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } },
    { show: ['metadata.generation'] },
  )
})

area.case('what can change in a pod', async (c) => {
  await c.create(pods, pod('one'), { show: 'status' })
  const patch = (spec: Fields) => c.patch('strategic', pods, 'one', { spec }, { show: ['metadata.generation'] })
  await patch(app({ image: 'example.com/app:2' }))
  await patch({ activeDeadlineSeconds: 50 })
  await patch({ activeDeadlineSeconds: 60 })
  await patch({ activeDeadlineSeconds: 40 })
  await patch({ tolerations: [{ key: 'a', operator: 'Exists' }] })
  await patch({ terminationGracePeriodSeconds: 5 })
  await patch({ nodeName: 'x' })
  await patch({ nodeSelector: { a: 'b' } })
  await patch({ containers: [{ name: 'more', image: 'x' }] })
  await patch(app({ env: [{ name: 'A', value: '1' }] }))
  await patch({ restartPolicy: 'Never' })
})

area.case(
  'scheduling gates',
  async (c) => {
    await c.create(pods, pod('one', { schedulingGates: [{ name: 'example.com/hold' }] }), {
      show: ['status', 'spec.schedulingGates'],
    })
    await c.patch('merge', pods, 'one', { spec: { nodeSelector: { a: 'b' } } }, { show: ['spec.nodeSelector'] })
    await c.patch('merge', pods, 'one', { spec: { schedulingGates: [] } }, { show: ['status', 'spec.schedulingGates'] })
  },
  { limit: 'admission-of-pods' },
)

area.case('Services', async (c) => {
  await c.create(services, service('one'), { show: ['spec', 'status'] })
  await c.create(services, service('headless', { clusterIP: 'None' }), { show: ['spec'] })
  await c.create(services, service('bare', { ports: [{ port: 80 }], selector: undefined }), { show: ['spec'] })
  await c.create(
    services,
    service('external', { type: 'ExternalName', externalName: 'example.com', ports: undefined, selector: undefined }),
    { show: ['spec'] },
  )
  await c.create(services, service('sticky', { sessionAffinity: 'ClientIP', publishNotReadyAddresses: true }), {
    show: ['spec'],
  })
  const bad: Fields[] = [
    { ports: [] },
    { ports: [{ port: 80 }, { port: 81 }] },
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    },
    { ports: [{ port: 0 }] },
    { ports: [{ port: 80, targetPort: 'Bad Name' }] },
    { type: 'Sideways' },
    { sessionAffinity: 'Maybe' },
    { clusterIP: 'x' },
    { selector: { 'bad key!': 'x' } },
  ]
  for (const spec of bad) await c.create(services, service('bad', spec), { show: [] })
})

area.case('what cannot change in a Service', async (c) => {
  const { body } = await c.create(services, service('one'), { show: 'status' })
  const { clusterIP } = (body as { spec: { clusterIP: string } }).spec
  c.note('an address was given', /^\d+\.\d+\.\d+\.\d+$/.test(clusterIP))
  await c.patch('merge', services, 'one', { spec: { clusterIP: 'None' } })
  await c.patch('merge', services, 'one', { spec: { clusterIP: '10.0.0.1' } })
  await c.create(services, service('two', { clusterIP }), { show: [] })
  await c.patch('merge', services, 'one', { spec: { ports: null } }, { show: [] })
})

area.case('Leases', async (c) => {
  await c.create(
    leases,
    lease('one', {
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.123456Z',
      leaseTransitions: 0,
    }),
    { show: ['spec.leaseDurationSeconds', 'spec.leaseTransitions', 'spec.holderIdentity'] },
  )
  await c.create(leases, lease('bad', { leaseDurationSeconds: 0 }))
  await c.create(leases, lease('bad', { leaseTransitions: -1 }))
  await c.create(leases, lease('bad', { holderIdentity: '' }))
})

area.case('budgets', async (c) => {
  const selector = { matchLabels: { app: 'a' } }
  const specs: Fields[] = [
    { minAvailable: 1, selector },
    { minAvailable: 1, maxUnavailable: 1, selector },
    { maxUnavailable: '101%', selector },
    { minAvailable: -1, selector },
    { minAvailable: 'x', selector },
    {},
    { unhealthyPodEvictionPolicy: 'Maybe', selector },
  ]
  for (const [index, spec] of specs.entries())
    await c.create(
      budgets,
      { metadata: { name: `b${index}` }, spec },
      { show: ['spec', 'status', 'metadata.generation'] },
    )
})

area.case('roles and service accounts', async (c) => {
  await c.create(roles, {
    metadata: { name: 'one' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  })
  await c.create(roles, { metadata: { name: 'bad' }, rules: [{ apiGroups: [''], resources: ['pods'] }] })
  await c.create(serviceAccounts, { metadata: { name: 'robot' } })
})
