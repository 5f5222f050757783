import { describe, expect, test } from 'vitest'
import { OneObject } from './one-object.ts'

const configMap = (data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'shop' },
  data,
})

describe('ownership by update', () => {
  test('who changes a field owns it, and nobody else any more', () => {
    const one = new OneObject('ConfigMap')
    one.create('alice', configMap({ a: '1', b: '1' }))
    one.update('bob', ({ data }) => {
      data.b = '2'
    })
    expect(one.owners()).toEqual(['alice Update /data /data/a', 'bob Update /data/b'])
    one.update('alice', ({ data }) => {
      delete data.b
    })
    expect(one.owners()).toEqual(['alice Update /data /data/a'])
  })

  test('an update that changes nothing leaves every entry with its time', () => {
    const one = new OneObject('ConfigMap')
    const before = one.create('alice', configMap({ a: '1' })).metadata.managedFields
    expect(one.update('bob', () => {}).metadata.managedFields).toEqual(before)
  })

  test('a manager without a name is unknown', () => {
    const one = new OneObject('ConfigMap')
    one.create('', configMap({ a: '1' }))
    expect(one.owners()).toEqual(['unknown Update /data /data/a'])
  })

  test('labels and annotations belong to somebody, identity to nobody', () => {
    const one = new OneObject('ConfigMap')
    one.create('alice', configMap({}))
    expect(one.live.metadata.managedFields).toBeUndefined()
    // Nobody was written down, so updates write nobody down.
    one.update('bob', ({ metadata }) => {
      metadata.labels = { a: 'b' }
    })
    expect(one.owners()).toEqual([])
    one.apply('carol', { metadata: { annotations: { c: 'd' } } })
    expect(one.owners()).toEqual([
      'carol Apply /metadata/annotations/c',
      'before-first-apply Update /metadata/labels /metadata/labels/a',
    ])
  })

  test('more than ten updaters: the oldest become one', () => {
    const one = new OneObject('ConfigMap')
    one.create('m00', configMap({ k00: '0' }))
    for (let index = 1; index <= 12; index++) {
      const id = String(index).padStart(2, '0')
      one.update(`m${id}`, ({ data }) => {
        data[`k${id}`] = '0'
      })
    }
    expect(one.owners()).toHaveLength(10)
    expect(one.owners()[0]).toBe('ancient-changes Update /data /data/k00 /data/k01 /data/k02 /data/k03')
  })

  test('a client can give its tracking up, and set it', () => {
    const one = new OneObject('ConfigMap')
    one.create('alice', configMap({ a: '1' }))
    const entry = {
      manager: 'carol',
      operation: 'Update' as const,
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    }
    one.update('alice', ({ metadata }) => {
      metadata.managedFields = [entry]
    })
    expect(one.owners()).toEqual(['carol Update /data/a'])
    one.update('alice', ({ metadata }) => {
      delete metadata.managedFields
    })
    expect(one.owners(), 'who does not know of it changes nothing').toEqual(['carol Update /data/a'])
    one.update('alice', ({ metadata }) => {
      metadata.managedFields = [{}]
    })
    expect(one.owners()).toEqual([])
  })
})

describe('ownership and subresources', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'a' }] } },
    },
  }

  test('a write of the status owns the status alone, and the other way round', () => {
    const web = new OneObject('Deployment')
    web.create('alice', { ...deployment, status: { replicas: 7 } })
    expect(web.live.status).toEqual({})
    expect(web.owners().join()).not.toContain('/status')
    web.update(
      'controller',
      (object) => {
        object.status = { replicas: 1 }
        object.spec.replicas = 9
        object.metadata.labels = { a: 'b' }
      },
      'status',
    )
    expect([web.live.status, web.live.spec.replicas, web.live.metadata.labels]).toEqual([{ replicas: 1 }, 1, undefined])
    expect(web.owners()[1]).toBe('controller Update status /status/replicas')
  })

  test('scaling takes the replicas, and has no time', () => {
    const web = new OneObject('Deployment')
    web.apply('alice', { spec: { ...deployment.spec, replicas: 2 } })
    web.update(
      'autoscaler',
      ({ spec }) => {
        spec.replicas = 5
      },
      'scale',
    )
    expect(web.owners()[1]).toBe('autoscaler Update scale /spec/replicas')
    expect(web.live.metadata.managedFields?.[1]?.time).toBeUndefined()
    expect(() => web.apply('alice', { spec: { ...deployment.spec, replicas: 2 } })).toThrow(
      'conflict with "autoscaler" with subresource "scale" using apps/v1: .spec.replicas',
    )
    web.apply('alice', { spec: deployment.spec })
    expect(web.live.spec.replicas).toBe(5)
  })

  test('conditions are items by their type, by several managers', () => {
    const web = new OneObject('Deployment')
    web.create('alice', deployment)
    const condition = (type: string): object => ({ type, status: 'True', reason: 'Because' })
    web.apply('one', { status: { conditions: [condition('A')] } }, { subresource: 'status' })
    web.apply('two', { status: { conditions: [condition('B')] } }, { subresource: 'status' })
    expect(web.live.status.conditions.map(({ type }: { type: string }) => type)).toEqual(['A', 'B'])
    web.apply('one', { status: {} }, { subresource: 'status' })
    expect(web.live.status.conditions.map(({ type }: { type: string }) => type)).toEqual(['B'])
  })
})
