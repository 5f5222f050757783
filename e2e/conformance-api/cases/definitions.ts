import type { Resource } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { crds } from '../objects.ts'
import { defined, definitionOf, described, served, typed } from './widgets.ts'

const area = new Area('custom-resources', 'api')
export const definitionCases = area.cases

const quiet = { show: 'status' } as const

const widget = (name: string, spec: unknown = {}, rest: Fields = {}): Fields => ({ metadata: { name }, spec, ...rest })

area.case('scale', async (c) => {
  const scale = {
    specReplicasPath: '.spec.size',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  }
  const widgets = await defined(c, { version: { subresources: { status: {}, scale } } })
  await c.create(widgets, typed(widgets, widget('one', { size: 2 })), quiet)
  await c.patch(
    'merge',
    widgets,
    'one',
    { status: { replicas: 1, selector: 'app=a' } },
    { subresource: 'status', ...quiet },
  )
  await c.ask('GET', c.path(widgets, 'one', 'scale'))
  await c.patch('merge', widgets, 'one', { spec: { replicas: 3 } }, { subresource: 'scale' })
  await c.patch('merge', widgets, 'one', { spec: { replicas: 30 } }, { subresource: 'scale' })
  await c.get(widgets, 'one', { show: ['spec', 'metadata.generation', 'metadata.managedFields'] })
})

area.case('columns', async (c) => {
  const additionalPrinterColumns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'how large' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Tags', type: 'string', jsonPath: '.spec.tags' },
    { name: 'Labels', type: 'string', jsonPath: '.spec.labels' },
    { name: 'Wide', type: 'boolean', jsonPath: '.spec.flag' },
  ]
  const widgets = await defined(c, { version: { additionalPrinterColumns } })
  await c.create(
    widgets,
    typed(widgets, widget('one', { size: 2, tags: ['a', 'b'], labels: { x: 'y' }, flag: true })),
    quiet,
  )
  await c.create(widgets, typed(widgets, widget('two')), quiet)
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const { body } = await c.quietly('GET', c.path(widgets), { headers: { accept } })
  c.note('table', {
    columns: described(body),
    cells: (at(body, 'rows') as Fields[]).map(({ cells }) => cells),
  })
})

area.case('columns where none are named', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('one')), quiet)
  const { body } = await c.quietly('GET', c.path(widgets), {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  })
  c.note('columns', described(body))
})

area.case('a definition, from creation to its end', async (c) => {
  const group = `${c.namespace}.example.com`
  const resource: Resource = { group, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
  const { status } = await c.create(crds, definitionOf(group, {}, {}, {}), quiet)
  c.check('made', status === 201)
  await served(c, resource)
  const { body } = await c.quietly('GET', c.path(crds, `widgets.${group}`))
  c.note('names and versions', {
    accepted: at(body, 'status.acceptedNames'),
    stored: at(body, 'status.storedVersions'),
  })
  c.note(
    'conditions',
    (at(body, 'status.conditions') as Fields[]).filter(({ type }) => type !== 'KubernetesAPIApprovalPolicyConformant'),
  )
  c.note('spec', { ...(at(body, 'spec') as object), versions: 'as sent' })
  await c.quietly('POST', c.path(resource), { body: typed(resource, widget('one')) })
  await c.quietly('DELETE', c.path(crds, `widgets.${group}`))
  await c.eventually('the definition is gone', async () =>
    (await c.quietly('GET', c.path(crds, `widgets.${group}`))).status === 404 ? true : undefined,
  )
  await c.eventually('the resource is gone', async () =>
    (await c.quietly('GET', c.path(resource))).status === 404 ? true : undefined,
  )
  await c.get(resource, 'one')
})

area.case('definitions that are refused', async (c) => {
  const group = `${c.namespace}.example.com`
  const make = (spec: Fields, version: Fields = {}, schema: Fields = {}) =>
    c.create(crds, definitionOf(group, spec, version, schema))
  await make({ scope: 'Everywhere' })
  await make({ names: { plural: 'Widgets', kind: 'Widget' } })
  await make({ names: { plural: 'gadgets', kind: 'Widget' } })
  await make({ versions: [] })
  await make({}, { storage: false })
  await make({}, {}, { type: 'string' })
  await make(
    {},
    {},
    { properties: { spec: { properties: { bad: { 'x-kubernetes-validations': [{ rule: 'self +' }] } } } } },
  )
  await make({}, { schema: undefined })
})

area.case(
  'a version that is too old',
  async (c) => {
    const widgets = await defined(c)
    await c.create(widgets, typed(widgets, widget('one')), quiet)
    c.target.compact()
    const watch = await c.watch(widgets, { resourceVersion: '1' })
    if (watch.status === 200) await watch.untilEnd()
    c.note('answer', { status: watch.status, refusal: watch.refusal, events: watch.shown() })
  },
  { alone: true },
)

area.case('watch', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('one', { size: 1 })), quiet)
  const watch = await c.watch(widgets, {
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  })
  await watch.until('the bookmark', ({ type }) => type === 'BOOKMARK')
  await c.patch('merge', widgets, 'one', { spec: { size: 2 } }, quiet)
  await c.patch('merge', widgets, 'one', { status: { phase: 'A' } }, { subresource: 'status', ...quiet })
  await c.delete(widgets, 'one')
  await watch.until('the deletion', ({ type }) => type === 'DELETED')
  c.note('events', watch.shown('spec.size', 'status.phase', 'metadata.generation'))
})

area.case('selectable fields', async (c) => {
  const widgets = await defined(c, { version: { selectableFields: [{ jsonPath: '.spec.mode' }] } })
  await c.create(widgets, typed(widgets, widget('on')), quiet)
  await c.create(widgets, typed(widgets, widget('off', { mode: 'Off' })), quiet)
  for (const fieldSelector of ['spec.mode=Off', 'spec.mode!=Off', 'metadata.name=on', 'spec.size=1']) {
    const { status, body } = await c.list(widgets, { fieldSelector }, quiet)
    if (status === 200)
      c.note(
        fieldSelector,
        (at(body, 'items') as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
      )
  }
})
