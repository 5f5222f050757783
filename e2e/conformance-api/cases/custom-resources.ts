import { Area } from '../case.ts'
import type { Fields } from '../data.ts'
import { crds } from '../objects.ts'
import { defined, typed } from './widgets.ts'

const area = new Area('custom-resources', 'api')
export const customResourceCases = area.cases

const quiet = { show: 'status' } as const

const widget = (name: string, spec: unknown = {}, rest: Fields = {}): Fields => ({ metadata: { name }, spec, ...rest })

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
