import { deployments, pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { budgets, configMap, configMaps, deployment, pod, replicaSets, serviceAccounts } from '../objects.ts'
import { conditionsOf, Played } from '../played.ts'
import type { Scene } from '../scene.ts'
import { quietNode } from './quiet-node.ts'

const area = new Area('controllers', 'controllers')
export const controllerCases = area.cases

const quiet = { show: 'status' } as const

const merge = { 'content-type': 'application/merge-patch+json' }

const labelled = (name: string, spec: Fields = {}, metadata: Fields = {}): Fields =>
  pod(name, spec, { labels: { app: 'web' }, ...metadata })

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

const evict = (c: Scene, name: string, options: Fields = {}) =>
  c.ask('POST', c.path(pods, name, 'eviction'), {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...options },
  })

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
