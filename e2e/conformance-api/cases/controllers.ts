import { deployments, endpointSlices, type KubeObject, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields, sorted } from '../data.ts'
import { budgets, configMap, configMaps, deployment, pod, replicaSets, service, serviceAccounts } from '../objects.ts'
import { conditionsOf, listed, Played } from '../played.ts'
import type { Scene } from '../scene.ts'

const area = new Area('controllers', 'controllers')
export const controllerCases = area.cases

const quiet = { show: 'status' } as const
const merge = { 'content-type': 'application/merge-patch+json' }
const labelled = (name: string, spec: Fields = {}, metadata: Fields = {}): Fields =>
  pod(name, spec, { labels: { app: 'web' }, ...metadata })

/** A node that no kubelet runs: its pods do what the case says, and end when it says so. */
async function quietNode(c: Scene): Promise<string> {
  const name = `node-${c.namespace}`
  c.masks.replace(name, '<quiet node>')
  await c.quietly('POST', '/api/v1/nodes', { body: { metadata: { name }, spec: { unschedulable: true } } })
  c.atEnd(async () => {
    await c.quietly('DELETE', c.path(pods), { body: { gracePeriodSeconds: 0 } })
    await c.quietly('DELETE', `/api/v1/nodes/${name}`)
  })
  return name
}

const gone = (c: Scene, name: string) => c.quietly('DELETE', c.path(pods, name), { body: { gracePeriodSeconds: 0 } })

interface Endpoint {
  conditions: Fields
  targetRef?: { name: string }
}

/** The slices of the Service, once every endpoint is as it should be. */
async function slices(
  c: Scene,
  what: string,
  holds: (endpoints: readonly Endpoint[]) => boolean,
): Promise<readonly KubeObject[]> {
  return c.eventually(what, async () => {
    const found = await listed(c, endpointSlices)
    return found.length > 0 && holds(found.flatMap((slice) => (at(slice, 'endpoints') ?? []) as Endpoint[]))
      ? found
      : undefined
  })
}

const shown = (found: readonly KubeObject[]): unknown =>
  found.map((slice) => ({
    ports: at(slice, 'ports'),
    endpoints: ((at(slice, 'endpoints') ?? []) as Endpoint[])
      .map(({ conditions, targetRef }) => ({ name: targetRef?.name, ...conditions }))
      .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
  }))

async function served(c: Scene, spec: Fields = {}): Promise<{ played: Played; nodeName: string }> {
  const nodeName = await quietNode(c)
  const played = await Played.open(c)
  await c.create(services, service('web', spec), quiet)
  await c.create(pods, labelled('one', { nodeName }), quiet)
  await c.create(pods, labelled('two', { nodeName }), quiet)
  await played.mark('one', true)
  await played.mark('two', false)
  return { played, nodeName }
}

area.case('a slice of ready and unready pods', async (c) => {
  const { played } = await served(c)
  const found = await slices(
    c,
    'two endpoints',
    (endpoints) => endpoints.length === 2 && endpoints.some(({ conditions }) => conditions['ready'] === true),
  )
  c.note('endpoints', shown(found))
  await played.mark('two', true)
  c.note(
    'both ready',
    shown(
      await slices(c, 'both ready', (endpoints) => endpoints.every(({ conditions }) => conditions['ready'] === true)),
    ),
  )
  await played.mark('one', false)
  c.note(
    'one no longer',
    shown(await slices(c, 'one not', (endpoints) => endpoints.some(({ conditions }) => conditions['ready'] === false))),
  )
})

area.case('the slice as an object', async (c) => {
  await served(c)
  const [slice] = await slices(
    c,
    'two endpoints',
    (endpoints) => endpoints.length === 2 && endpoints.some(({ conditions }) => conditions['ready'] === true),
  )
  const { metadata, ...rest } = slice ?? { metadata: { name: '' } }
  const { annotations, managedFields: _fields, resourceVersion: _version, generation: _generation, ...own } = metadata
  c.note('slice', {
    ...rest,
    metadata: own,
    endpoints: ((at(slice, 'endpoints') ?? []) as Endpoint[]).toSorted((a, b) =>
      String(a.targetRef?.name) < String(b.targetRef?.name) ? -1 : 1,
    ),
  })
  c.note('annotations', Object.keys(annotations ?? {}))
})

area.case('a pod that ends, ready and unready', async (c) => {
  const { played, nodeName } = await served(c)
  await c.create(pods, labelled('three', { nodeName }), quiet)
  await played.mark('three', true)
  await slices(c, 'three endpoints', (endpoints) => endpoints.length === 3)
  await c.delete(pods, 'one', quiet)
  await c.delete(pods, 'two', quiet)
  c.note(
    'ending',
    shown(
      await slices(
        c,
        'two are ending',
        (endpoints) => endpoints.filter(({ conditions }) => conditions['terminating'] === true).length === 2,
      ),
    ),
  )
  await played.mark('one', false)
  c.note(
    'no longer serving',
    shown(
      await slices(c, 'none serves', (endpoints) =>
        endpoints.every(({ conditions, targetRef }) => targetRef?.name === 'three' || conditions['serving'] === false),
      ),
    ),
  )
  await gone(c, 'one')
  await gone(c, 'two')
  c.note('gone', shown(await slices(c, 'one is left', (endpoints) => endpoints.length === 1)))
})

area.case('a Service that publishes unready addresses', async (c) => {
  await served(c, { publishNotReadyAddresses: true })
  c.note(
    'endpoints',
    shown(
      await slices(
        c,
        'two endpoints',
        (endpoints) => endpoints.length === 2 && endpoints.every(({ conditions }) => conditions['ready'] === true),
      ),
    ),
  )
  await c.delete(pods, 'one', quiet)
  c.note(
    'one ends',
    shown(
      await slices(c, 'one ends', (endpoints) =>
        endpoints.some(({ conditions }) => conditions['terminating'] === true),
      ),
    ),
  )
})

area.case('a headless Service', async (c) => {
  await served(c, { clusterIP: 'None' })
  const found = await slices(
    c,
    'two endpoints',
    (endpoints) => endpoints.length === 2 && endpoints.some(({ conditions }) => conditions['ready'] === true),
  )
  c.note('endpoints', shown(found))
  c.note('labels', found[0]?.metadata.labels)
})

area.case('ports by name', async (c) => {
  const nodeName = await quietNode(c)
  const played = await Played.open(c)
  await c.create(services, service('web', { ports: [{ name: 'http', port: 80, targetPort: 'web' }] }), quiet)
  const ports = (containerPort: number): Fields => ({
    nodeName,
    containers: [{ name: 'app', image: 'a', ports: [{ name: 'web', containerPort }] }],
  })
  await c.create(pods, labelled('one', ports(8080)), quiet)
  await c.create(pods, labelled('two', ports(9090)), quiet)
  await c.create(pods, labelled('none', { nodeName }), quiet)
  for (const name of ['one', 'two', 'none']) await played.mark(name, true)
  const found = await slices(
    c,
    'three endpoints',
    (endpoints) => endpoints.length === 3 && endpoints.every(({ conditions }) => conditions['ready'] === true),
  )
  c.note('slices', (shown(found) as Fields[]).map((one) => JSON.stringify(sorted(one))).sort())
})

area.case('Services without a selector, and pods that come and go', async (c) => {
  const nodeName = await quietNode(c)
  const played = await Played.open(c)
  await c.create(services, service('bare', { selector: undefined }), quiet)
  await c.create(services, service('web'), quiet)
  c.note('nobody there', shown(await slices(c, 'an empty slice', () => true)))
  await c.create(pods, labelled('one', { nodeName }), quiet)
  await played.mark('one', true)
  await slices(c, 'one endpoint', (endpoints) => endpoints.length === 1)
  await c.quietly('PATCH', c.path(pods, 'one'), { headers: merge, body: { metadata: { labels: { app: 'other' } } } })
  c.note('relabelled', shown(await slices(c, 'no endpoint', (endpoints) => endpoints.length === 0)))
  await c.quietly('PATCH', c.path(pods, 'one'), { headers: merge, body: { metadata: { labels: { app: 'web' } } } })
  await slices(c, 'one endpoint', (endpoints) => endpoints.length === 1)
  await played.mark('one', false, { phase: 'Succeeded' })
  c.note('ended', shown(await slices(c, 'no endpoint', (endpoints) => endpoints.length === 0)))
  await c.delete(services, 'web', quiet)
  await c.eventually('the slices are gone', async () =>
    (await listed(c, endpointSlices)).length === 0 ? true : undefined,
  )
})

async function budgeted(c: Scene, spec: Fields, ready = 3): Promise<Played> {
  const played = await Played.open(c)
  await c.create(
    budgets,
    { metadata: { name: 'pdb' }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } },
    quiet,
  )
  await c.create(deployments, deployment('web', { replicas: 3 }), quiet)
  await played.rest()
  await played.ready(played.waiting().slice(0, ready))
  await played.rest()
  return played
}

const settledBudget = (c: Scene, healthy: number) =>
  c.eventually('the budget is told', async () => {
    const { body } = await c.quietly('GET', c.path(budgets, 'pdb'))
    return at(body, 'status.currentHealthy') === healthy ? body : undefined
  })

const budgetStatus = (body: unknown): Fields => {
  const { conditions, disruptedPods: _pods, ...counts } = at(body, 'status') as Fields
  return { ...counts, conditions: conditionsOf(conditions) }
}

for (const [name, spec] of Object.entries({
  'minAvailable 2': { minAvailable: 2 },
  'minAvailable 50%': { minAvailable: '50%' },
  'maxUnavailable 1': { maxUnavailable: 1 },
  'maxUnavailable 0': { maxUnavailable: 0 },
  'maxUnavailable 34%': { maxUnavailable: '34%' },
})) {
  area.case(`a budget of ${name}`, async (c) => {
    const played = await budgeted(c, spec)
    c.note('status', budgetStatus(await settledBudget(c, 3)))
    await played.ready(played.pods().slice(0, 1), false)
    c.note('one unready', budgetStatus(await settledBudget(c, 2)))
  })
}

const evict = (c: Scene, name: string, options: Fields = {}) =>
  c.ask('POST', c.path(pods, name, 'eviction'), {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...options },
  })

area.case('evictions that a budget allows and refuses', async (c) => {
  const played = await budgeted(c, { minAvailable: 2 })
  await settledBudget(c, 3)
  const [one, two, three] = played.pods().map(({ metadata }) => metadata.name)
  for (const [index, name] of [one, two, three].entries()) c.masks.replace(name ?? '', `<pod${index + 1}>`)
  await evict(c, one ?? '', { deleteOptions: { dryRun: ['All'] } })
  await evict(c, one ?? '')
  await evict(c, two ?? '')
  await played.rest()
  c.note('after', budgetStatus(await settledBudget(c, 2)))
  await played.ready(played.waiting())
  await settledBudget(c, 3)
  await evict(c, two ?? '', { deleteOptions: { preconditions: { uid: '11111111-2222-3333-4444-555555555555' } } })
  await evict(c, three ?? '')
})

area.case('evictions of pods that nobody protects', async (c) => {
  const played = await Played.open(c)
  await c.create(pods, labelled('one'), quiet)
  await evict(c, 'one')
  await evict(c, 'missing')
  await c.create(pods, labelled('two'), quiet)
  await c.ask('POST', c.path(pods, 'two', 'eviction'), {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'other' } },
  })
  c.note('left', played.pods().length >= 0)
})

area.case('evictions under two budgets, and of unready pods', async (c) => {
  const played = await budgeted(c, { minAvailable: 3 })
  await settledBudget(c, 3)
  const [one, two] = played.pods().map(({ metadata }) => metadata.name)
  for (const [index, name] of [one, two].entries()) c.masks.replace(name ?? '', `<pod${index + 1}>`)
  await played.ready(played.pods().slice(0, 1), false)
  await settledBudget(c, 2)
  await evict(c, one ?? '')
  await c.patch('merge', budgets, 'pdb', { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } }, quiet)
  await c.eventually('the policy is seen', async () => {
    const { body } = await c.quietly('GET', c.path(budgets, 'pdb'))
    return at(body, 'status.observedGeneration') === at(body, 'metadata.generation') ? true : undefined
  })
  await evict(c, one ?? '')
  await c.create(
    budgets,
    { metadata: { name: 'second' }, spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 1 } },
    quiet,
  )
  await evict(c, two ?? '')
})

area.case('everything below a Deployment goes with it', async (c) => {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web'), quiet)
  await played.rest()
  await c.delete(deployments, 'web', quiet)
  await c.eventually('all are gone', () =>
    played.replicaSets().length === 0 && played.pods().length === 0 ? true : undefined,
  )
})

area.case('orphans stay', async (c) => {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web'), quiet)
  await played.rest()
  await c.delete(deployments, 'web', { body: { propagationPolicy: 'Orphan' }, ...quiet })
  await c.eventually('the Deployment is gone', () => (played.deployment() === undefined ? true : undefined))
  await played.rest()
  c.note('left', {
    sets: played.replicaSets().map(({ metadata }) => metadata.ownerReferences ?? 'no owner'),
    pods: played.pods().map(({ metadata }) => metadata.ownerReferences?.length),
  })
})

area.case('in the foreground, dependents go first', async (c) => {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web', { replicas: 1 }), quiet)
  await played.rest()
  const held = played.pods()[0]?.metadata.name ?? ''
  await c.quietly('PATCH', c.path(pods, held), {
    headers: merge,
    body: { metadata: { finalizers: ['example.com/hold'] } },
  })
  await c.delete(deployments, 'web', { body: { propagationPolicy: 'Foreground' }, ...quiet })
  await c.eventually('the pod is told', () =>
    played.pods()[0]?.metadata.deletionTimestamp === undefined ? undefined : true,
  )
  c.note('waiting', {
    deployment: played.deployment()?.metadata.finalizers,
    set: played.replicaSets()[0]?.metadata.finalizers,
  })
  await c.quietly('PATCH', c.path(pods, held), { headers: merge, body: { metadata: { finalizers: null } } })
  await c.eventually('all are gone', () =>
    played.deployment() === undefined && played.replicaSets().length === 0 ? true : undefined,
  )
})

area.case('an owner that never was', async (c) => {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'ghost', uid: '11111111-2222-3333-4444-555555555555' }
  const { body } = await c.create(configMaps, configMap('real-owner'), quiet)
  await c.create(configMaps, configMap('ghostly', {}, { ownerReferences: [owner] }), quiet)
  await c.create(
    configMaps,
    configMap(
      'both',
      {},
      {
        ownerReferences: [
          owner,
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'real-owner', uid: at(body, 'metadata.uid') },
        ],
      },
    ),
    quiet,
  )
  await c.eventually(
    'it is collected',
    async () => ((await c.quietly('GET', c.path(configMaps, 'ghostly'))).status === 404 ? true : undefined),
    40,
  )
  const left = await c.eventually(
    'the dangling owner is dropped',
    async () => {
      const { body: both } = await c.quietly('GET', c.path(configMaps, 'both'))
      return (at(both, 'metadata.ownerReferences') as unknown[]).length === 1 ? both : undefined
    },
    40,
  )
  c.note(
    'owners',
    (at(left, 'metadata.ownerReferences') as Fields[]).map(({ name }) => name),
  )
})

area.case('a namespace, from its making to its end', async (c) => {
  const name = `${c.namespace}-x`
  const path = `/api/v1/namespaces/${name}`
  await c.ask('POST', '/api/v1/namespaces', { body: { metadata: { name } }, ...quiet })
  await c.eventually('its service account', async () =>
    (await c.quietly('GET', `${path}/serviceaccounts/default`)).status === 200 ? true : undefined,
  )
  await c.quietly('POST', `${path}/configmaps`, { body: configMap('held', {}, { finalizers: ['example.com/hold'] }) })
  await c.quietly('POST', `${path}/configmaps`, { body: configMap('free') })
  await c.ask('DELETE', path, { show: ['status', 'spec'] })
  await c.ask('POST', `${path}/configmaps`, { body: configMap('late') })
  const waiting = await c.eventually(
    'what is in the way is told',
    async () => {
      const { body } = await c.quietly('GET', path)
      const remaining = conditionsOf(at(body, 'status.conditions'))['NamespaceFinalizersRemaining']
      return String(remaining).startsWith('True') ? body : undefined
    },
    30,
  )
  c.note('conditions', conditionsOf(at(waiting, 'status.conditions')))
  await c.quietly('PATCH', `${path}/configmaps/held`, { headers: merge, body: { metadata: { finalizers: null } } })
  await c.eventually('it is gone', async () => ((await c.quietly('GET', path)).status === 404 ? true : undefined), 30)
})

area.case('the service account of a namespace', async (c) => {
  await c.get(serviceAccounts, 'default')
  await c.delete(serviceAccounts, 'default', quiet)
  await c.eventually('it is made again', async () =>
    (await c.quietly('GET', c.path(serviceAccounts, 'default'))).status === 200 ? true : undefined,
  )
})

area.case('a pod that fits on no node', async (c) => {
  await quietNode(c)
  await c.create(pods, pod('one', { schedulerName: 'default-scheduler', nodeSelector: { no: 'such' } }), quiet)
  const found = await c.eventually('the scheduler gives up', async () => {
    const { body } = await c.quietly('GET', c.path(pods, 'one'))
    return at(body, 'status.conditions') === undefined ? undefined : body
  })
  // How many nodes there are is another matter: other cases make some.
  c.note(
    'status',
    JSON.parse(
      JSON.stringify(at(found, 'status'))
        .replaceAll(/\d+\/\d+ nodes/g, 'N nodes')
        .replaceAll(/: .*? (Preemption is not)/g, ': ... $1')
        .replaceAll(/\b\d+ node\(s\)/g, 'N node(s)'),
    ),
  )
})

area.case('a ReplicaSet of its own', async (c) => {
  const played = await Played.open(c)
  await c.create(
    replicaSets,
    {
      metadata: { name: 'set' },
      spec: { ...(deployment('web', { replicas: 2 }) as { spec: Fields }).spec, minReadySeconds: 0 },
    },
    quiet,
  )
  await played.rest()
  await played.ready(played.waiting().slice(0, 1))
  await played.rest()
  c.note('status', at(played.replicaSets()[0], 'status'))
  await c.quietly('PATCH', c.path(replicaSets, 'set'), {
    headers: merge,
    body: { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } },
  })
  await played.rest()
  c.note(
    'a changed template changes no pod',
    played.pods().map((one) => at(one, 'spec.terminationGracePeriodSeconds')),
  )
})
