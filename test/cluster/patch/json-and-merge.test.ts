import { describe, expect, test } from 'vitest'
import { jsonPatch, mergePatch, PatchRefused } from '../../../src/cluster/api-server/patch/index.ts'

const object = (): object => ({ data: { a: '1' }, list: ['x', 'y'] })

function refusal(attempt: () => unknown): [number, string] {
  try {
    attempt()
  } catch (error) {
    if (error instanceof PatchRefused) return [error.status, error.message]
    throw error
  }
  throw new Error('it was not refused')
}

describe('a JSON patch', () => {
  test.each([
    ['adds a field', [{ op: 'add', path: '/data/b', value: '2' }], { data: { a: '1', b: '2' }, list: ['x', 'y'] }],
    [
      'inserts and appends',
      [
        { op: 'add', path: '/list/0', value: 'w' },
        { op: 'add', path: '/list/-', value: 'z' },
      ],
      { data: { a: '1' }, list: ['w', 'x', 'y', 'z'] },
    ],
    [
      'removes',
      [
        { op: 'remove', path: '/list/0' },
        { op: 'remove', path: '/data/a' },
      ],
      { data: {}, list: ['y'] },
    ],
    [
      'moves and copies',
      [
        { op: 'move', from: '/data/a', path: '/data/b' },
        { op: 'copy', from: '/list', path: '/more' },
      ],
      { data: { b: '1' }, list: ['x', 'y'], more: ['x', 'y'] },
    ],
    [
      'unescapes',
      [{ op: 'add', path: '/data/x~1y~0z', value: '1' }],
      { data: { a: '1', 'x/y~z': '1' }, list: ['x', 'y'] },
    ],
    [
      'replaces what is not there',
      [{ op: 'replace', path: '/data/b', value: '2' }],
      { data: { a: '1', b: '2' }, list: ['x', 'y'] },
    ],
    [
      'goes on after a test that holds',
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'test', path: '/data/b', value: null },
      ],
      object(),
    ],
  ])('%s', (_, operations, expected) => {
    const before = object()
    expect(jsonPatch(before, operations)).toEqual(expected)
    expect(before, 'the object itself stays').toEqual(object())
  })

  test.each([
    ['a test that fails', [{ op: 'test', path: '/data/a', value: '2' }]],
    ['a path that leads nowhere', [{ op: 'add', path: '/no/such', value: '2' }]],
    ['nothing to remove', [{ op: 'remove', path: '/data/b' }]],
    ['an operation that does not exist', [{ op: 'frob', path: '/data' }]],
    ['an operation without a path', [{ op: 'remove' }]],
    ['an index that is none', [{ op: 'add', path: '/list/7', value: 'z' }]],
  ])('%s: 422, without a reason', (_, operations) => {
    expect(refusal(() => jsonPatch(object(), operations))).toEqual([
      422,
      'the server rejected our request due to an error in our request',
    ])
  })

  test('nothing is done when one of several operations fails', () => {
    const before = object()
    expect(() =>
      jsonPatch(before, [
        { op: 'add', path: '/data/b', value: '2' },
        { op: 'remove', path: '/x' },
      ]),
    ).toThrow(PatchRefused)
    expect(before).toEqual(object())
  })

  test('an object is no JSON patch: 400', () => {
    expect(refusal(() => jsonPatch(object(), { data: {} }))[0]).toBe(400)
  })
})

describe('a merge patch', () => {
  // The examples of RFC 7386, appendix A, as far as both sides are objects.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j make %j', (target, patch, expected) => {
    const before = structuredClone(target)
    expect(mergePatch(target, patch)).toEqual(expected)
    expect(target).toEqual(before)
  })

  test('what is no object is refused', () => {
    expect(refusal(() => mergePatch({}, null))).toEqual([400, 'Invalid JSON Patch'])
    expect(refusal(() => mergePatch({}, ['a']))[1]).toContain('cannot unmarshal array')
  })
})
