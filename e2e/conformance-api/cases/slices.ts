import { endpointSlices, type KubeObject, pods, services } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields, sorted } from '../data.ts'
import { pod, service } from '../objects.ts'
import { listed, Played } from '../played.ts'
import type { Scene } from '../scene.ts'
import { quietNode } from './quiet-node.ts'

const area = new Area('controllers', 'controllers')
export const sliceCases = area.cases

const quiet = { show: 'status' } as const

const merge = { 'content-type': 'application/merge-patch+json' }

const labelled = (name: string, spec: Fields = {}, metadata: Fields = {}): Fields =>
  pod(name, spec, { labels: { app: 'web' }, ...metadata })

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
