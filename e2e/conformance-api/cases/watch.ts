import { deployments, pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at } from '../data.ts'
import { configMap, configMaps, deployment, pod } from '../objects.ts'
import type { Scene } from '../scene.ts'
import type { SeenEvent } from '../watching.ts'

const area = new Area('watch', 'api')
export const watchCases = area.cases

const quiet = { show: 'status' } as const
const named = (type: string, name: string) => (event: SeenEvent) =>
  event.type === type && event.object.metadata.name === name
/** Watches tell everything in order: when this one is seen, nothing before it is still to come. */
async function last(c: Scene): Promise<void> {
  await c.create(configMaps, configMap('zz-last', {}, { labels: { app: 'a' } }), quiet)
}
const isLast = named('ADDED', 'zz-last')
const versionOf = (body: unknown): string => String(at(body, 'metadata.resourceVersion'))

area.case('what is there, then changes in their order', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  await c.create(configMaps, configMap('two'), quiet)
  const watch = await c.watch(configMaps)
  await watch.count(2)
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, quiet)
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, quiet)
  await c.delete(configMaps, 'two', quiet)
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown('data'))
})

area.case('from a version', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const { body } = await c.create(configMaps, configMap('two'), quiet)
  await c.patch('merge', configMaps, 'one', { data: { a: '2' } }, quiet)
  const watch = await c.watch(configMaps, { resourceVersion: versionOf(body) })
  await c.delete(configMaps, 'one', quiet)
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown('data'))
})

area.case('from the version of a list', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const { body } = await c.list(configMaps)
  const watch = await c.watch(configMaps, { resourceVersion: versionOf(body) })
  await c.create(configMaps, configMap('two'), quiet)
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown())
})

area.case('from any version: the state, as synthetic events', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const watch = await c.watch(configMaps, { resourceVersion: '0' })
  await last(c)
  await watch.until('last', isLast)
  c.note('names', [...new Set(watch.events.map(({ object }) => object.metadata.name))])
})

area.case('a deletion carries the last state, with a new version', async (c) => {
  const { body } = await c.create(configMaps, configMap('one', { a: '1' }, { finalizers: ['x.io/y'] }), quiet)
  const watch = await c.watch(configMaps, { resourceVersion: versionOf(body) })
  await c.delete(configMaps, 'one', quiet)
  await c.patch('merge', configMaps, 'one', { data: { last: 'words' } }, quiet)
  await c.patch('merge', configMaps, 'one', { metadata: { finalizers: null } }, quiet)
  const deleted = await watch.until('the deletion', named('DELETED', 'one'))
  c.note('events', watch.shown('data', 'metadata.finalizers', 'metadata.deletionGracePeriodSeconds'))
  c.check('the version is a later one', BigInt(versionOf(deleted.object)) > BigInt(versionOf(watch.events[1]?.object)))
})

area.case('labels: entering and leaving a selector', async (c) => {
  await c.create(configMaps, configMap('in', {}, { labels: { app: 'a' } }), quiet)
  await c.create(configMaps, configMap('out', {}, { labels: { app: 'b' } }), quiet)
  const watch = await c.watch(configMaps, { labelSelector: 'app=a' })
  await watch.count(1)
  await c.patch('merge', configMaps, 'out', { metadata: { labels: { app: 'a' } } }, quiet)
  await c.patch('merge', configMaps, 'in', { metadata: { labels: { app: 'b' } } }, quiet)
  await c.patch('merge', configMaps, 'in', { data: { b: '1' } }, quiet)
  await c.delete(configMaps, 'in', quiet)
  await c.delete(configMaps, 'out', quiet)
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown('metadata.labels', 'data'))
})

area.case('fields: entering and leaving a selector', async (c) => {
  await c.create(pods, pod('one'), quiet)
  const watch = await c.watch(pods, { fieldSelector: 'spec.nodeName=node-x' })
  await c.ask('POST', c.path(pods, 'one', 'binding'), {
    body: { metadata: { name: 'one' }, target: { kind: 'Node', name: 'node-x' } },
    ...quiet,
  })
  await watch.until('the pod', named('ADDED', 'one'))
  await c.delete(pods, 'one', { body: { gracePeriodSeconds: 0 }, ...quiet })
  await watch.until('its deletion', named('DELETED', 'one'))
  c.note('events', watch.shown('spec.nodeName'))
})

area.case('one object by its name', async (c) => {
  const watch = await c.watch(configMaps, { fieldSelector: 'metadata.name=one' })
  await c.create(configMaps, configMap('other'), quiet)
  await c.create(configMaps, configMap('one'), quiet)
  await c.delete(configMaps, 'one', quiet)
  await watch.until('the deletion', named('DELETED', 'one'))
  c.note('events', watch.shown())
})

area.case('initial events, then the bookmark that ends them', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  await c.create(configMaps, configMap('two'), quiet)
  const watch = await c.watch(configMaps, {
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  })
  const ended = await watch.until('the bookmark', ({ type }) => type === 'BOOKMARK')
  c.note('the bookmark', ended.object)
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown('metadata.annotations'))
  c.check(
    'the watch goes on after its bookmark',
    BigInt(versionOf(ended.object)) < BigInt(versionOf(watch.events.at(-1)?.object)),
  )
})

area.case('initial events of nothing', async (c) => {
  const watch = await c.watch(configMaps, {
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
    labelSelector: 'none=none',
  })
  await watch.until('the bookmark', ({ type }) => type === 'BOOKMARK')
  c.note('events', watch.shown('metadata.annotations'))
})

area.case('initial events without bookmarks', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const watch = await c.watch(configMaps, { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' })
  if (watch.status !== 200) {
    c.note('refused', watch.refusal)
    return
  }
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown())
})

area.case('no initial events', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const watch = await c.watch(configMaps, { sendInitialEvents: false, resourceVersionMatch: 'NotOlderThan' })
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown())
})

area.case('what cannot be watched', async (c) => {
  const refused = async (what: string, query: Record<string, string | boolean>) => {
    const watch = await c.watch(configMaps, query)
    c.note(what, { status: watch.status, said: watch.refusal })
  }
  await refused('initial events without a match', { sendInitialEvents: true })
  await refused('an exact match', { resourceVersion: '1', resourceVersionMatch: 'Exact' })
  await refused('a match without initial events', { resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' })
  await refused('a bad selector', { labelSelector: '=' })
  await refused('a bad field', { fieldSelector: 'nope=1' })
  const list = await c.quietly('GET', c.path(configMaps), {
    query: { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' },
  })
  c.note('initial events of a list', list.body)
})

area.case('a version that is none', async (c) => {
  const watch = await c.watch(configMaps, { resourceVersion: 'abc' })
  if (watch.status === 200) await watch.untilEnd()
  c.note('answer', { status: watch.status, refusal: watch.refusal, events: watch.shown() })
})

area.case(
  'a version of the future',
  async (c) => {
    const { body } = await c.create(configMaps, configMap('one'), quiet)
    const future = String(BigInt(versionOf(body)) + 1_000_000n)
    const answer = await c.quietly('GET', c.path(configMaps), { query: { resourceVersion: future } })
    c.note('list', {
      status: answer.status,
      reason: at(answer.body, 'reason'),
      message: String(at(answer.body, 'message')).replaceAll(/\d+/g, 'N'),
      causes: at(answer.body, 'details.causes'),
      retry: at(answer.body, 'details.retryAfterSeconds'),
    })
  },
  { timeoutSeconds: 120 },
)

area.case('the server ends a watch in time, with a bookmark where asked', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const startMs = performance.now()
  const watch = await c.watch(configMaps, { timeoutSeconds: 2 })
  const marked = await c.watch(configMaps, { timeoutSeconds: 2, allowWatchBookmarks: true })
  await watch.untilEnd()
  await marked.untilEnd()
  const seconds = (performance.now() - startMs) / 1000
  c.check(`the end comes after 2 s, not ${seconds.toFixed(1)}`, seconds > 1.5 && seconds < 10)
  c.note('without bookmarks', watch.shown())
  c.note(
    'objects with bookmarks',
    marked.shown().filter(({ type }) => type !== 'BOOKMARK'),
  )
})

area.case('one object by the old path', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const path = c.path(configMaps, 'one').replace('/api/v1/', '/api/v1/watch/')
  const answer = await c.quietly('GET', path, { query: { timeoutSeconds: 1 } })
  c.note('answer', {
    status: answer.status,
    type: at(answer.body, 'type'),
    name: at(answer.body, 'object.metadata.name'),
  })
})

area.case('watch of a single object', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const { body } = await c.quietly('GET', c.path(configMaps, 'one'), { query: { watch: true, timeoutSeconds: 1 } })
  c.note('answer', { type: at(body, 'type'), kind: at(body, 'kind') })
})

area.case('dry runs and refused writes are not seen', async (c) => {
  const watch = await c.watch(configMaps)
  await c.create(configMaps, configMap('dry'), { query: { dryRun: 'All' }, ...quiet })
  await c.create(configMaps, configMap('BAD'), { show: [] })
  await last(c)
  await watch.until('last', isLast)
  c.note('events', watch.shown())
})

area.case('spec, status and ownership changes of a Deployment', async (c) => {
  const { body } = await c.create(deployments, deployment('web'), quiet)
  const watch = await c.watch(deployments, { resourceVersion: versionOf(body) })
  await c.patch('merge', deployments, 'web', { spec: { replicas: 3 } }, quiet)
  await c.patch('merge', deployments, 'web', { status: { replicas: 3 } }, { subresource: 'status', ...quiet })
  await c.patch('merge', deployments, 'web', { spec: { replicas: 3 } }, { query: { fieldManager: 'other' }, ...quiet })
  await c.apply('owner', deployments, 'web', { spec: { replicas: 3 } }, quiet)
  await c.delete(deployments, 'web', quiet)
  await watch.until('the deletion', named('DELETED', 'web'))
  c.note('events', watch.shown('metadata.generation', 'spec.replicas', 'status.replicas'))
})

area.case('deletion of a pod on a node', async (c) => {
  const { body } = await c.create(pods, pod('one', { nodeName: 'no-such-node' }), quiet)
  const watch = await c.watch(pods, { resourceVersion: versionOf(body) })
  await c.delete(pods, 'one', quiet)
  await c.patch(
    'merge',
    pods,
    'one',
    { status: { phase: 'Failed', message: 'last words' } },
    { subresource: 'status', ...quiet },
  )
  await c.delete(pods, 'one', { body: { gracePeriodSeconds: 0 }, ...quiet })
  await watch.until('the deletion', named('DELETED', 'one'))
  c.note('events', watch.shown('metadata.deletionGracePeriodSeconds', 'metadata.generation', 'status'))
})

area.case('a collection is deleted one by one', async (c) => {
  for (const name of ['a', 'b', 'c']) await c.create(configMaps, configMap(name), quiet)
  const { body } = await c.list(configMaps, {}, quiet)
  const watch = await c.watch(configMaps, { resourceVersion: versionOf(body) })
  await c.ask('DELETE', c.path(configMaps), quiet)
  await watch.count(3)
  c.note('events', watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`).sort())
})

area.case('only metadata', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
  const watch = await c.watch(configMaps, {}, { accept })
  await watch.count(1)
  const { managedFields: _fields, ...metadata } = watch.events[0]?.object.metadata ?? {}
  c.note('event', { ...watch.events[0]?.object, metadata })
})

area.case('as a Table', async (c) => {
  await c.create(configMaps, configMap('one'), quiet)
  const watch = await c.watch(configMaps, {}, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })
  await watch.until('a Table', ({ type }) => type === 'ADDED')
  await c.patch('merge', configMaps, 'one', { data: { b: '1' } }, quiet)
  await watch.until('a second Table', ({ type }) => type === 'MODIFIED')
  c.note(
    'tables',
    watch.events.map(({ type, object }) => ({
      type,
      columns: (at(object, 'columnDefinitions') as { name: string }[] | null)?.map(({ name }) => name),
      cells: at(object, 'rows.0.cells.0'),
      row: at(object, 'rows.0.object.kind'),
    })),
  )
})
