import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Resource } from '../../../src/kube/index.ts'
import { accepted, refusedRows } from '../../bad-input/refused.ts'
import { Area } from '../case.ts'
import { at, type Fields, merged } from '../data.ts'
import { crds } from '../objects.ts'
import type { Scene } from '../scene.ts'

const area = new Area('custom-resources', 'api')
export const customResourceCases = area.cases

const quiet = { show: 'status' } as const

/** A schema with something of everything. */
const properties: Fields = {
  spec: {
    type: 'object',
    properties: {
      size: { type: 'integer', format: 'int32', minimum: 1, maximum: 10 },
      mode: { type: 'string', enum: ['On', 'Off'], default: 'On' },
      name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
      ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
      flag: { type: 'boolean', nullable: true },
      port: { 'x-kubernetes-int-or-string': true },
      when: { type: 'string', format: 'date-time' },
      nested: {
        type: 'object',
        default: {},
        properties: { depth: { type: 'integer', default: 3 }, other: { type: 'string' } },
      },
      tags: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 20 }, 'x-kubernetes-list-type': 'set' },
      items: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, value: { type: 'string', default: 'none' } },
        },
      },
      labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string' } },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      atomic: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
      },
    },
  },
  status: {
    type: 'object',
    properties: { phase: { type: 'string' }, replicas: { type: 'integer' }, selector: { type: 'string' } },
  },
}

interface Definition {
  readonly spec?: Fields
  readonly version?: Fields
  readonly schema?: Fields
}

/** A custom resource of a group of the case's own, served and gone with the case. */
async function defined(c: Scene, { spec = {}, version = {}, schema = {} }: Definition = {}): Promise<Resource> {
  const group = `${c.namespace}.example.com`
  const resource: Resource = { group, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
  const { body, status } = await c.quietly('POST', c.path(crds), { body: definitionOf(group, spec, version, schema) })
  if (status !== 201) throw new Error(JSON.stringify(body))
  c.atEnd(() => c.quietly('DELETE', c.path(crds, `widgets.${group}`)))
  await served(c, resource)
  return resource
}

function definitionOf(group: string, spec: Fields, version: Fields, schema: Fields): Fields {
  const v1 = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema: merged({ type: 'object', properties }, schema) },
    ...version,
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [v1],
      ...spec,
    },
  }
}

async function served(c: Scene, resource: Resource): Promise<void> {
  await c.eventually('the custom resource is served', async () =>
    (await c.quietly('GET', c.path(resource))).status === 200 ? true : undefined,
  )
}

const widget = (name: string, spec: unknown = {}, rest: Fields = {}): Fields => ({ metadata: { name }, spec, ...rest })
/** Without kind and apiVersion, a custom resource is refused. */
const typed = (resource: Resource, object: Fields): Fields => ({
  apiVersion: `${resource.group}/v1`,
  kind: 'Widget',
  ...object,
})

area.case('defaults', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('empty')))
  await c.create(
    widgets,
    typed(widgets, widget('partly', { nested: {}, items: [{ name: 'a' }], flag: null, mode: null })),
  )
  await c.create(widgets, typed(widgets, { metadata: { name: 'none' } }))
})

area.case('what an object must say', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, widget('untyped'))
  await c.create(widgets, { ...typed(widgets, widget('other')), kind: 'Gadget' })
  await c.create(widgets, { ...typed(widgets, widget('other')), apiVersion: 'v1' })
})

area.case('unknown fields are pruned, warned about, or refused', async (c) => {
  const widgets = await defined(c)
  const object = typed(
    widgets,
    widget('one', { size: 1, unknown: 1, nested: { no: 1 }, open: { any: { thing: [1] } } }, { extra: 1 }),
  )
  for (const fieldValidation of ['Warn', 'Ignore', 'Strict'])
    await c.create(widgets, object, { query: { fieldValidation, dryRun: 'All' } })
})

area.case('values that the schema refuses', async (c) => {
  const widgets = await defined(c)
  const specs: unknown[] = [
    { size: 0 },
    { size: 11 },
    { size: 'x' },
    { size: 1.5 },
    { mode: 'Maybe' },
    { name: 'a' },
    { name: 'abcdef' },
    { name: 'A1' },
    { ratio: 0 },
    { ratio: 0.7 },
    { flag: 'yes' },
    { port: true },
    { port: 80 },
    { port: '80%' },
    { when: 'yesterday' },
    { tags: ['a', 'a'] },
    { tags: ['a', 'b', 'c', 'd'] },
    { items: [{ value: 'x' }] },
    { items: [{ name: 'a' }, { name: 'a' }] },
    { labels: { a: '1', b: '2', c: '3' } },
    { labels: { a: 1 } },
    { size: 0, mode: 'x', name: 'A' },
    'text',
    [],
    null,
  ]
  for (const [index, spec] of specs.entries())
    await c.create(widgets, typed(widgets, widget(`w${index}`, spec)), { show: ['spec'] })
})

area.case('required fields', async (c) => {
  const widgets = await defined(c, {
    schema: { required: ['spec'], properties: { spec: { required: ['size', 'name'] } } },
  })
  await c.create(widgets, typed(widgets, { metadata: { name: 'one' } }))
  await c.create(widgets, typed(widgets, widget('one', {})))
  await c.create(widgets, typed(widgets, widget('one', { size: 1, name: 'ab' })), quiet)
  await c.patch('merge', widgets, 'one', { spec: { size: null } })
})

const rules: Fields = {
  properties: {
    spec: {
      'x-kubernetes-validations': [
        { rule: '!has(self.size) || self.size != 7', message: 'seven is taken' },
        {
          rule: '!has(self.size) || self.size < 9',
          messageExpression: "'too large a size'",
          fieldPath: '.size',
          reason: 'FieldValueForbidden',
        },
        { rule: "!has(self.name) || self.name != 'nope'" },
        { rule: '!has(oldSelf.size) || has(self.size)', message: 'size stays once set' },
        {
          rule: "!has(self.tags) || self.tags.all(tag, tag.startsWith('t'))",
          message: 'tags start with t',
          reason: 'FieldValueRequired',
        },
      ],
      properties: {
        size: {
          'x-kubernetes-validations': [
            { rule: 'self >= oldSelf', messageExpression: "self < 3 ? 'far too small' : 'size only grows'" },
          ],
        },
        mode: {
          'x-kubernetes-validations': [
            { rule: 'oldSelf.hasValue() || self == "On"', optionalOldSelf: true, message: 'starts On' },
          ],
        },
        when: {
          'x-kubernetes-validations': [{ rule: "self > timestamp('2020-01-01T00:00:00Z')", message: 'after 2020' }],
        },
      },
    },
  },
}

area.case('rules', async (c) => {
  const widgets = await defined(c, { schema: rules })
  const specs: Fields[] = [
    { size: 7 },
    { size: 9 },
    { name: 'nope' },
    { tags: ['a'] },
    { size: 7, name: 'nope' },
    { size: 20 },
    { mode: 'Off' },
    { size: 5, tags: ['t1'] },
  ]
  for (const [index, spec] of specs.entries())
    await c.create(widgets, typed(widgets, widget(`w${index}`, spec)), { show: ['spec'] })
})

area.case('rules of a transition', async (c) => {
  const widgets = await defined(c, { schema: rules })
  await c.create(widgets, typed(widgets, widget('one', { size: 5 })), quiet)
  const patch = (spec: Fields) => c.patch('merge', widgets, 'one', { spec }, { show: ['spec'] })
  await patch({ size: 4 })
  await patch({ size: null })
  await patch({ size: 6 })
  await patch({ mode: 'Off' })
})

area.case('a value that was good when it was stored', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('one', { name: 'abc', size: 5 })), quiet)
  const name = `widgets.${widgets.group}`
  await c.quietly('PATCH', c.path(crds, name), {
    headers: { 'content-type': 'application/json-patch+json' },
    body: [
      {
        op: 'replace',
        path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum',
        value: 4,
      },
    ],
  })
  await c.eventually('the new schema', async () =>
    (
      await c.quietly('POST', c.path(widgets), {
        body: typed(widgets, widget('probe', { size: 5 })),
        query: { dryRun: 'All' },
      })
    ).status === 422
      ? true
      : undefined,
  )
  await c.patch('merge', widgets, 'one', { spec: { mode: 'Off' } }, { show: ['spec'] })
  await c.patch('merge', widgets, 'one', { spec: { size: 6 } })
  await c.patch('merge', widgets, 'one', { spec: { size: 3 } }, { show: ['spec'] })
})

area.case('generation and status', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('one', { size: 1 }, { status: { phase: 'Dropped' } })))
  await c.patch('merge', widgets, 'one', { spec: { size: 2 } })
  await c.patch('merge', widgets, 'one', { metadata: { labels: { a: 'b' } } })
  await c.patch('merge', widgets, 'one', { status: { phase: 'Ignored' } })
  await c.patch(
    'merge',
    widgets,
    'one',
    { status: { phase: 'Set' }, spec: { size: 9 }, metadata: { labels: { c: 'd' } } },
    { subresource: 'status' },
  )
  await c.patch('merge', widgets, 'one', { status: { phase: 5 } }, { subresource: 'status' })
  await c.apply('status-manager', widgets, 'one', { status: { phase: 'Applied' } }, { subresource: 'status' })
  await c.ask('GET', c.path(widgets, 'one', 'status'), quiet)
})

area.case('generation without a status subresource', async (c) => {
  const widgets = await defined(c, { version: { subresources: undefined } })
  await c.create(widgets, typed(widgets, widget('one', { size: 1 }, { status: { phase: 'Kept' } })))
  await c.patch('merge', widgets, 'one', { status: { phase: 'New' } })
  await c.patch('merge', widgets, 'one', { metadata: { annotations: { a: 'b' } } })
  await c.ask('GET', c.path(widgets, 'one', 'status'))
})

area.case('updates need a version', async (c) => {
  const widgets = await defined(c)
  const { body } = await c.create(widgets, typed(widgets, widget('one', { size: 1 })))
  await c.update(widgets, typed(widgets, widget('one', { size: 2 })))
  await c.update(widgets, { ...(body as object), spec: { size: 3 } })
  await c.update(widgets, { ...(body as object), spec: { size: 4 } })
})

area.case('patches', async (c) => {
  const widgets = await defined(c)
  await c.create(widgets, typed(widgets, widget('one', { tags: ['a'], items: [{ name: 'x' }] })), quiet)
  await c.patch('strategic', widgets, 'one', { spec: { tags: ['b'] } })
  await c.patch('merge', widgets, 'one', { spec: { tags: ['b'], items: [{ name: 'y' }] } }, { show: ['spec'] })
  await c.patch('json', widgets, 'one', [{ op: 'add', path: '/spec/tags/-', value: 'b' }])
  await c.patch(
    'json',
    widgets,
    'one',
    [
      { op: 'test', path: '/spec/tags/0', value: 'b' },
      { op: 'add', path: '/spec/size', value: 2 },
    ],
    { show: ['spec'] },
  )
  await c.patch('merge', widgets, 'one', { metadata: { managedFields: null } }, { show: ['metadata.managedFields'] })
})

area.case('apply', async (c) => {
  const widgets = await defined(c)
  const show = ['spec', 'metadata.managedFields', 'metadata.generation'] as const
  await c.apply(
    'alice',
    widgets,
    'one',
    {
      spec: {
        size: 1,
        tags: ['a', 'b'],
        items: [{ name: 'x', value: '1' }],
        labels: { a: '1' },
        open: { p: { q: 1 } },
      },
    },
    { show },
  )
  await c.apply(
    'bob',
    widgets,
    'one',
    {
      spec: {
        tags: ['b', 'c'],
        items: [{ name: 'y' }, { name: 'x', value: '1' }],
        labels: { b: '1' },
        atomic: { a: '1' },
        open: { r: [1] },
      },
    },
    { show },
  )
  await c.apply('bob', widgets, 'one', { spec: { items: [{ name: 'x', value: '2' }] } })
  await c.apply('carol', widgets, 'one', { spec: { atomic: { b: '1' } } })
  await c.apply('alice', widgets, 'one', { spec: { size: 1 } }, { show })
  await c.apply('bob', widgets, 'one', {}, { show })
  await c.apply('bob', widgets, 'one', { spec: { mode: 'Off' } }, { show })
  await c.apply('bob', widgets, 'one', {}, { show })
  await c.apply('bob', widgets, 'one', { spec: { unknown: 1 } })
  await c.apply('bob', widgets, 'one', { spec: { size: 0 } }, { force: true })
})

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

/** Columns without what Kubernetes says of its own metadata: that text is not ours to keep. */
function described(body: unknown): readonly Fields[] {
  return (at(body, 'columnDefinitions') as Fields[]).map(({ description, ...column }) =>
    ['Name', 'Age'].includes(String(column['name'])) ? column : { ...column, description },
  )
}

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

const drainPolicies: Resource = {
  group: 'drainkeeper.dev',
  version: 'v1alpha1',
  plural: 'drainpolicies',
  kind: 'DrainPolicy',
  namespaced: true,
}
let installing: Promise<void> | undefined
let installedOn: unknown

/** Ours, as it is delivered; once for all cases on a cluster. */
function drainPolicy(c: Scene): Promise<void> {
  if (installedOn !== c.target) {
    installedOn = c.target
    installing = install(c)
  }
  return installing ?? Promise.resolve()
}

async function install(c: Scene): Promise<void> {
  const path = new URL('../../../crds/drainkeeper.dev_drainpolicies.yaml', import.meta.url)
  const body: unknown = parse(readFileSync(path, 'utf8'))
  const answer = await c.quietly('POST', c.path(crds), { body })
  if (answer.status !== 201 && answer.status !== 409) throw new Error(JSON.stringify(answer.body))
  await served(c, drainPolicies)
}

const policy = (name: string, spec?: unknown): Fields => ({
  apiVersion: 'drainkeeper.dev/v1alpha1',
  kind: 'DrainPolicy',
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
})

area.case('a DrainPolicy that says everything, and one that says little', async (c) => {
  await drainPolicy(c)
  await c.create(drainPolicies, policy('all', accepted))
  await c.create(drainPolicies, policy('little', { targetRef: { name: 'checkout' } }))
  await c.patch('merge', drainPolicies, 'little', { status: { observedGeneration: 1 } }, { subresource: 'status' })
  const { body } = await c.quietly('GET', c.path(drainPolicies), {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  })
  c.note('columns', described(body))
})

for (const [part, rows] of [
  ['first half', refusedRows.slice(0, Math.ceil(refusedRows.length / 2))],
  ['second half', refusedRows.slice(Math.ceil(refusedRows.length / 2))],
] as const) {
  area.case(`DrainPolicies that are refused, ${part}`, async (c) => {
    await drainPolicy(c)
    for (const [index, { name, spec }] of rows.entries()) {
      c.note('asked', name)
      await c.create(drainPolicies, policy(`p${index}`, spec), { query: { fieldValidation: 'Strict' } })
    }
  })
}

area.case('a DrainPolicy by apply', async (c) => {
  await drainPolicy(c)
  await c.apply('alice', drainPolicies, 'one', { spec: { targetRef: { name: 'checkout' } } })
  await c.apply('bob', drainPolicies, 'one', { spec: { mode: 'Enforce' } })
  await c.apply('bob', drainPolicies, 'one', { spec: { targetRef: { name: 'other' } } })
  await c.apply('alice', drainPolicies, 'one', { spec: { selector: { matchLabels: { a: 'b' } } } })
  await c.apply(
    'operator',
    drainPolicies,
    'one',
    {
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
        ],
      },
    },
    { subresource: 'status' },
  )
})
