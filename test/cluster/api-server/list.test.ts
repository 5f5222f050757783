import { describe, expect, test } from 'vitest'
import { configMap, configMaps, pod, pods, Rig } from './rig.ts'

const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name)

async function withMaps(all: readonly string[], rig = new Rig()): Promise<Rig> {
  for (const name of all) await rig.ask('POST', configMaps, configMap(name))
  return rig
}

describe('selectors', () => {
  const labels: Record<string, Record<string, string>> = {
    a: { app: 'web', tier: 'front' },
    b: { app: 'web', tier: 'back', size: '5' },
    c: { app: 'db', size: '12' },
    d: {},
  }

  test.each([
    ['app=web', ['a', 'b']],
    ['app==web,tier!=back', ['a']],
    ['app!=web', ['c', 'd']],
    ['app in (web, db),tier notin (front)', ['b', 'c']],
    ['app', ['a', 'b', 'c']],
    ['!app', ['d']],
    ['size>6', ['c']],
    ['size<6', ['b']],
    ['app in ()', []],
    ['', ['a', 'b', 'c', 'd']],
  ])('labels: %s', async (labelSelector, expected) => {
    const rig = new Rig()
    for (const [name, map] of Object.entries(labels)) await rig.ask('POST', configMaps, configMap(name, {}, map))
    expect(names((await rig.ask('GET', configMaps, undefined, { query: { labelSelector } })).body)).toEqual(expected)
  })

  test.each([
    ['app=a,', "found '', expected: identifier after ','"],
    ['app=a b', "found 'b', expected: ',' or 'end of string'"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['app in', "unable to parse requirement: found '' expected: '('"],
    ['a!b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
  ])('labels that cannot be read: %s', async (labelSelector, message) => {
    const { status, body } = await new Rig().ask('GET', configMaps, undefined, { query: { labelSelector } })
    expect([status, body.message]).toEqual([400, message])
  })

  test.each([
    ['metadata.name=one', ['one']],
    ['metadata.name!=one', ['two']],
    ['spec.nodeName=node-1', ['two']],
    ['spec.nodeName=', ['one']],
    ['status.phase=Pending,metadata.namespace=default', ['one', 'two']],
  ])('fields: %s', async (fieldSelector, expected) => {
    const rig = new Rig()
    await rig.ask('POST', pods, pod('one'))
    await rig.ask('POST', pods, pod('two', { nodeName: 'node-1' }))
    expect(names((await rig.ask('GET', pods, undefined, { query: { fieldSelector } })).body)).toEqual(expected)
  })

  test('fields that a kind does not offer', async () => {
    const ask = async (path: string, fieldSelector: string) =>
      (await new Rig().ask('GET', path, undefined, { query: { fieldSelector } })).body.message
    expect(await ask(pods, 'nope=1')).toBe('field label not supported: nope')
    expect(await ask(configMaps, 'data.a=1')).toBe(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(await ask(pods, 'metadata.name')).toBe("invalid selector: 'metadata.name'; can't understand 'metadata.name'")
  })
})

describe('pages', () => {
  test('show one moment, whatever happens meanwhile', async () => {
    const rig = await withMaps(['a', 'b', 'c', 'd', 'e'])
    const first = (await rig.ask('GET', configMaps, undefined, { query: { limit: 2 } })).body
    expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3])
    await rig.ask('DELETE', `${configMaps}/c`)
    await rig.ask('POST', configMaps, configMap('b2'))
    const rest = (await rig.ask('GET', configMaps, undefined, { query: { continue: first.metadata.continue } })).body
    expect(names(rest)).toEqual(['c', 'd', 'e'])
    expect(rest.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion })
  })

  test('that were forgotten go on from now, if one insists', async () => {
    const rig = await withMaps(['a', 'b', 'c'])
    const first = (await rig.ask('GET', configMaps, undefined, { query: { limit: 1 } })).body
    await rig.ask('DELETE', `${configMaps}/b`)
    rig.server.compact()
    const gone = await rig.ask('GET', configMaps, undefined, { query: { continue: first.metadata.continue } })
    expect([gone.status, gone.body.reason]).toEqual([410, 'Expired'])
    const rest = await rig.ask('GET', configMaps, undefined, { query: { continue: gone.body.metadata.continue } })
    expect(names(rest.body)).toEqual(['c'])
  })

  test('are in the order of their keys, as etcd has them', async () => {
    const rig = new Rig()
    for (const namespace of ['b', 'a', 'a-b']) {
      await rig.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
      await rig.ask('POST', `/api/v1/namespaces/${namespace}/configmaps`, configMap('x'))
    }
    const { body } = await rig.ask('GET', '/api/v1/configmaps')
    const spaces = body.items.map(({ metadata }: { metadata: { namespace: string } }) => metadata.namespace)
    expect(spaces).toEqual(['a-b', 'a', 'b'])
  })
})

describe('versions', () => {
  test('an old one can be listed exactly, a future one cannot at all', async () => {
    const rig = await withMaps(['a'])
    const { resourceVersion } = (await rig.ask('GET', configMaps)).body.metadata
    await rig.ask('POST', configMaps, configMap('b'))
    const at = (query: object) => rig.ask('GET', configMaps, undefined, { query: { ...query } })
    expect(names((await at({ resourceVersion, resourceVersionMatch: 'Exact' })).body)).toEqual(['a'])
    expect(names((await at({ resourceVersion, resourceVersionMatch: 'NotOlderThan' })).body)).toEqual(['a', 'b'])
    const future = await at({ resourceVersion: 10_000 })
    expect([future.status, future.body.details.causes[0].reason]).toEqual([504, 'ResourceVersionTooLarge'])
    expect((await at({ resourceVersion: 'x' })).status).toBe(400)
    expect((await at({ resourceVersionMatch: 'Exact' })).status).toBe(422)
  })
})

test('items of built-in kinds do not repeat their kind; both versions of events are the same events', async () => {
  const rig = await withMaps(['a'])
  const { body } = await rig.ask('GET', configMaps)
  expect([body.kind, body.apiVersion, body.items[0].kind]).toEqual(['ConfigMapList', 'v1', undefined])
  const path = '/apis/events.k8s.io/v1/namespaces/default/events'
  const event = {
    metadata: { name: 'e', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'me',
    reportingInstance: 'me-1',
    action: 'Test',
    reason: 'Tested',
    type: 'Normal',
    note: 'it was',
    regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  }
  const created = await rig.ask('POST', path, event)
  expect(created.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'it was', regarding: { name: 'p' } })
  const core = (await rig.ask('GET', '/api/v1/namespaces/default/events')).body.items[0]
  expect(core).toMatchObject({ message: 'it was', involvedObject: { name: 'p' }, reportingComponent: 'me' })
  const query = { fieldSelector: 'regarding.name=p' }
  expect(names((await rig.ask('GET', path, undefined, { query })).body)).toEqual(['e'])
})
