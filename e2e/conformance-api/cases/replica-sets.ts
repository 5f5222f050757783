import { deployments, pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields, sorted } from '../data.ts'
import { coreEvents, deployment, replicaSets } from '../objects.ts'
import { annotation, conditionsOf, listed, Played } from '../played.ts'
import type { Scene } from '../scene.ts'
import { image, running } from './rollout-steps.ts'

const area = new Area('controllers', 'controllers')
export const replicaSetCases = area.cases

const quiet = { show: 'status' } as const

const change = (c: Scene, patch: Fields) => c.patch('strategic', deployments, 'web', patch, quiet)

area.case('old ReplicaSets beyond the limit', async (c) => {
  const played = await running(c, { replicas: 1, revisionHistoryLimit: 1 })
  for (const version of [2, 3, 4]) {
    await change(c, image(version))
    await played.rest()
    await played.ready(played.waiting())
    await played.rest()
  }
  await c.eventually('old ones go', () => (played.replicaSets().length === 2 ? true : undefined))
  c.note(
    'left',
    played.replicaSets().map((set) => annotation(set, 'revision')),
  )
  await change(c, { spec: { revisionHistoryLimit: 0 } })
  await c.eventually('one is left', () => (played.replicaSets().length === 1 ? true : undefined))
})

area.case('pods that never became ready go first', async (c) => {
  const played = await Played.open(c)
  await c.create(
    deployments,
    deployment('web', { replicas: 4, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } }),
    quiet,
  )
  await played.rest()
  const healthy = played.waiting().slice(0, 2)
  await played.ready(healthy)
  await played.rest()
  c.note('half of them', played.state())
  await change(c, image(2))
  await played.rest()
  c.note('a new template', played.state())
  const left = new Set(played.pods().map(({ metadata }) => metadata.name))
  c.check(
    'the healthy ones stay',
    healthy.every(({ metadata }) => left.has(metadata.name)),
  )
})

area.case('a pod that is deleted, that fails, that loses its label', async (c) => {
  const played = await running(c, { replicas: 3 })
  const [one, two, three] = played.pods().map(({ metadata }) => metadata.name)
  await c.quietly('DELETE', c.path(pods, one ?? ''))
  await played.rest()
  c.note('one deleted', played.state())
  await played.mark(two ?? '', false, { phase: 'Failed' })
  await c.eventually('a new pod', () => (played.pods().length === 4 ? true : undefined))
  c.note('one failed', { pods: played.pods().length, replicas: at(played.replicaSets()[0], 'status.replicas') })
  await c.quietly('PATCH', c.path(pods, three ?? ''), {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { labels: { app: 'other' } } },
  })
  await c.eventually('it is released', () =>
    played.pods().find(({ metadata }) => metadata.name === three)?.metadata.ownerReferences === undefined
      ? true
      : undefined,
  )
  await c.eventually('a new pod', () => (played.pods().length === 5 ? true : undefined))
  c.note('one released', played.pods().filter(({ metadata }) => metadata.ownerReferences !== undefined).length)
})

area.case('adoption of pods and ReplicaSets', async (c) => {
  const played = await Played.open(c)
  const spec = (deployment('web', { replicas: 1 }) as { spec: Fields }).spec
  await c.create(
    pods,
    {
      metadata: { name: 'stray', labels: { app: 'web' } },
      spec: (spec as { template: { spec: Fields } }).template.spec,
    },
    quiet,
  )
  await c.create(replicaSets, { metadata: { name: 'set', labels: { app: 'web' } }, spec }, quiet)
  await c.eventually('the pod is adopted', () =>
    played.pods()[0]?.metadata.ownerReferences?.[0]?.name === 'set' ? true : undefined,
  )
  c.note('pods', played.pods().length)
  await c.create(deployments, deployment('web', { replicas: 1 }), quiet)
  await c.eventually('the ReplicaSet is adopted', () =>
    played.replicaSets()[0]?.metadata.ownerReferences?.[0]?.name === 'web' ? true : undefined,
  )
  await played.rest()
  c.note('after adoption', played.state())
})

area.case('which pods a ReplicaSet gives up first', async (c) => {
  const played = await Played.open(c)
  await c.create(
    replicaSets,
    { metadata: { name: 'set' }, spec: (deployment('web', { replicas: 6 }) as { spec: Fields }).spec },
    quiet,
  )
  await played.rest()
  const names = played.pods().map(({ metadata }) => metadata.name)
  const [costly, cheap, restarted, unready, pending, plain] = names
  for (const name of [costly, cheap, restarted, plain]) await played.mark(name ?? '', true)
  await played.mark(unready ?? '', false)
  await played.mark(restarted ?? '', true, {
    containerStatuses: [{ name: 'app', image: 'a', imageID: '', ready: true, restartCount: 5 }],
  })
  for (const [name, cost] of [
    [costly, '100'],
    [cheap, '-100'],
  ] as const) {
    await c.quietly('PATCH', c.path(pods, name ?? ''), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } },
    })
  }
  await played.rest()
  const roles = new Map(
    Object.entries({ costly, cheap, restarted, unready, pending, plain }).map(([role, name]) => [name, role]),
  )
  const order: (string | undefined)[] = []
  for (let replicas = 5; replicas > 0; replicas--) {
    const before = new Set(played.pods().map(({ metadata }) => metadata.name))
    await c.quietly('PATCH', c.path(replicaSets, 'set'), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { replicas } },
    })
    await c.eventually('a pod goes', () => (played.pods().length === replicas ? true : undefined))
    const after = new Set(played.pods().map(({ metadata }) => metadata.name))
    order.push(...[...before].filter((name) => !after.has(name)).map((name) => roles.get(name)))
    await played.rest()
  }
  c.note('order', order)
})

area.case('pods that cannot be made', async (c) => {
  const played = await Played.open(c)
  await c.create(
    deployments,
    deployment('web', { replicas: 2, template: { spec: { serviceAccountName: 'missing' } } }),
    quiet,
  )
  await c.eventually('the failure is told', () =>
    conditionsOf(at(played.deployment(), 'status.conditions'))['ReplicaFailure'] === undefined ? undefined : true,
  )
  for (const { metadata } of played.replicaSets()) c.masks.replace(metadata.name, '<rs1>')
  c.note('conditions', conditionsOf(at(played.deployment(), 'status.conditions')))
  c.note(
    'of the ReplicaSet',
    (at(played.replicaSets()[0], 'status.conditions') as Fields[]).map(({ type, status, reason, message }) => ({
      type,
      status,
      reason,
      message: String(message).replace(/web-[a-z0-9-]+/, '<pod>'),
    })),
  )
})

area.case('events of a rollout', async (c) => {
  const played = await running(c, { replicas: 1, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  await change(c, image(2))
  await played.rest()
  await played.ready(played.waiting())
  await played.rest()
  for (const [index, { metadata }] of played.replicaSets().entries()) c.masks.replace(metadata.name, `<rs${index + 1}>`)
  const events = await c.eventually('all events', async () => {
    const found = (await listed(c, coreEvents)) as unknown as Fields[]
    return found.length >= 6 ? found : undefined
  })
  c.note(
    'events',
    events
      .map(({ reason, message, type, involvedObject, source, reportingComponent }) => ({
        kind: at(involvedObject, 'kind'),
        reason,
        type,
        message: String(message).replace(/(Created|Deleted) pod: .*/, '$1 pod: <pod>'),
        component: at(source, 'component'),
        reportingComponent,
      }))
      .filter(({ kind }) => kind !== 'Pod')
      .sort((a, b) => (c.masks.text(JSON.stringify(a)) < c.masks.text(JSON.stringify(b)) ? -1 : 1)),
  )
})

area.case('scaling without a rollout', async (c) => {
  const played = await running(c, { replicas: 3 })
  await c.patch('merge', deployments, 'web', { spec: { replicas: 1 } }, { subresource: 'scale', ...quiet })
  await played.rest()
  c.note('down', played.state())
  await c.patch('merge', deployments, 'web', { spec: { replicas: 0 } }, { subresource: 'scale', ...quiet })
  await played.rest()
  c.note('none', played.state())
  await c.patch('merge', deployments, 'web', { spec: { replicas: 2 } }, { subresource: 'scale', ...quiet })
  await played.rest()
  c.note('up', played.state())
})

area.case('annotations and other changes that are no rollout', async (c) => {
  const played = await running(c, { replicas: 1 })
  await change(c, { metadata: { annotations: { a: 'b' }, labels: { c: 'd' } } })
  await played.rest()
  const copied = () => sorted(played.replicaSets()[0]?.metadata.annotations)
  c.note('copied annotations', copied())
  await change(c, { spec: { minReadySeconds: 1, revisionHistoryLimit: 3, progressDeadlineSeconds: 700 } })
  await played.rest()
  c.note('still one ReplicaSet', played.replicaSets().length)
  await change(c, { spec: { replicas: 2 } })
  await played.rest()
  c.note('desired and most', copied())
})

area.case('a pod that stops being ready', async (c) => {
  const played = await running(c, { replicas: 2 })
  await played.ready(played.pods().slice(0, 1), false)
  await played.rest()
  c.note('one is not ready', played.state())
})

area.case('pods that take their time to end', async (c) => {
  const played = await running(c, { replicas: 2 })
  for (const { metadata } of played.pods()) {
    await c.quietly('PATCH', c.path(pods, metadata.name), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: ['example.com/hold'] } },
    })
  }
  await c.patch('merge', deployments, 'web', { spec: { replicas: 1 } }, quiet)
  await c.eventually('one is ending', () =>
    at(played.deployment(), 'status.terminatingReplicas') === 1 ? true : undefined,
  )
  c.note('status', { ...(at(played.deployment(), 'status') as object), conditions: 'elsewhere' })
  c.note('of the ReplicaSet', at(played.replicaSets()[0], 'status'))
  for (const { metadata } of played.pods()) {
    await c.quietly('PATCH', c.path(pods, metadata.name), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: null } },
    })
  }
})
