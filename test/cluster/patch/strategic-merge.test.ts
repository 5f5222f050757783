import { describe, expect, test } from 'vitest'
import { builtInKinds } from '../../../src/cluster/api-server/kinds/index.ts'
import { PatchRefused, strategicMergePatch } from '../../../src/cluster/api-server/patch/index.ts'

const schema = builtInKinds.find(({ resource }) => resource.kind === 'Deployment')?.schema ?? {}
interface Pod {
  containers?: { name: string; image?: string; env?: { name: string; value?: string }[] }[]
  volumes?: object[]
}
const deployment = (pod: Pod, rest: object = {}): object => ({ spec: { ...rest, template: { spec: pod } } })
const pod = (of: object, patch: object): unknown =>
  (strategicMergePatch(of, patch, schema) as { spec: { template: { spec: unknown } } }).spec.template.spec

describe('a strategic merge patch', () => {
  const two: Pod = {
    containers: [
      { name: 'app', image: 'a:1', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 's:1' },
    ],
  }

  test('finds containers and their variables by name', () => {
    const patch = deployment({ containers: [{ name: 'app', image: 'a:2', env: [{ name: 'B', value: '2' }] }] })
    expect(pod(deployment(two), patch)).toEqual({
      containers: [
        {
          name: 'app',
          image: 'a:2',
          env: [
            { name: 'B', value: '2' },
            { name: 'A', value: '1' },
          ],
        },
        { name: 'side', image: 's:1' },
      ],
    })
  })

  test('orders a list as the patch says', () => {
    const patch = {
      '$setElementOrder/containers': [{ name: 'side' }, { name: 'new' }, { name: 'app' }],
      containers: [{ name: 'new', image: 'n' }],
    }
    expect(pod(deployment(two), deployment(patch as Pod))).toMatchObject({
      containers: [{ name: 'side' }, { name: 'new' }, { name: 'app' }],
    })
    const orderOnly = { '$setElementOrder/containers': [{ name: 'side' }, { name: 'app' }] }
    expect(pod(deployment(two), deployment(orderOnly as Pod))).toMatchObject({
      containers: [{ name: 'side' }, { name: 'app' }],
    })
  })

  test('removes an item, and replaces a list', () => {
    const remove = { containers: [{ name: 'side', $patch: 'delete' }] }
    expect(pod(deployment(two), deployment(remove as Pod))).toMatchObject({ containers: [{ name: 'app' }] })
    const replace = { containers: [{ name: 'only', image: 'o' }, { $patch: 'replace' }] }
    expect(pod(deployment(two), deployment(replace as unknown as Pod))).toEqual({
      containers: [{ name: 'only', image: 'o' }],
    })
  })

  test('keeps only the named keys of a union', () => {
    const of = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }
    expect(strategicMergePatch(of, patch, schema)).toEqual({ spec: { strategy: { type: 'Recreate' } } })
    const wrong = { spec: { strategy: { $retainKeys: ['type'], rollingUpdate: {} } } }
    expect(() => strategicMergePatch(of, wrong, schema)).toThrow('invalid patch format of retainKeys')
  })

  test('changes maps, and whole ones by directive', () => {
    const of = { metadata: { labels: { a: '1', b: '2' } } }
    const change = (labels: object): unknown => strategicMergePatch(of, { metadata: { labels } }, schema)
    expect(change({ a: null, c: '3' })).toEqual({ metadata: { labels: { b: '2', c: '3' } } })
    expect(change({ $patch: 'replace', c: '3' })).toEqual({ metadata: { labels: { c: '3' } } })
    expect(change({ $patch: 'delete' })).toEqual({ metadata: { labels: {} } })
    expect(() => change({ $patch: 'frob' })).toThrow('unknown patch type: frob in map: map[$patch:frob]')
  })

  test('merges lists of values as sets, and takes values out of them', () => {
    const of = { metadata: { finalizers: ['a', 'b'] } }
    const change = (metadata: object): unknown => strategicMergePatch(of, { metadata }, schema)
    expect(change({ finalizers: ['b', 'c'] })).toEqual({ metadata: { finalizers: ['a', 'b', 'c'] } })
    expect(change({ '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({ metadata: { finalizers: ['b'] } })
  })

  test('replaces lists without a merge key, and adds what is new without its nulls and directives', () => {
    const command = (list: string[]): object => deployment({ containers: [{ name: 'app', command: list } as never] })
    expect(pod(command(['a', 'b']), command(['c']))).toEqual({ containers: [{ name: 'app', command: ['c'] }] })
    expect(strategicMergePatch({}, { a: { b: null, c: { $patch: 'delete' }, d: 1 } }, schema)).toEqual({ a: { d: 1 } })
  })

  test('an item without its merge key cannot be merged', () => {
    expect(() => pod(deployment(two), deployment({ containers: [{ image: 'x' } as never] }))).toThrow(PatchRefused)
    expect(() => pod(deployment(two), deployment({ containers: [{ image: 'x' } as never] }))).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    )
  })
})
