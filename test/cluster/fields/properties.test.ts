import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldSet } from '../../../src/cluster/api-server/fields/index.ts'
import { compare } from '../../../src/cluster/api-server/fields/compare.ts'
import { fieldSetOf } from '../../../src/cluster/api-server/fields/field-set-of.ts'
import { mergeApplied } from '../../../src/cluster/api-server/fields/merge.ts'
import { removeFields } from '../../../src/cluster/api-server/fields/remove.ts'
import type { Schema } from '../../../src/cluster/api-server/schema/index.ts'
import { OneObject } from './one-object.ts'

const elements = ['f:a', 'f:b', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"z"'] as const
const path = fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 4 })
const paths = fc.array(path, { maxLength: 12 })
const set = paths.map((list) => FieldSet.of(...list))
const members = (of: FieldSet): Set<string> => new Set([...of.paths()].map((each) => each.join('/')))

describe('sets of fields behave as sets of paths', () => {
  test('of what they are made of, and through JSON', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const made = FieldSet.of(...list)
        expect(members(made)).toEqual(new Set(list.map((each) => each.join('/'))))
        expect(members(FieldSet.fromJson(made.toJson()))).toEqual(members(made))
        for (const each of list) expect(made.has(each)).toBe(true)
        expect(made.isEmpty).toBe(list.length === 0)
      }),
    )
  })

  test('union, intersection and difference', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [as, bs] = [members(a), members(b)]
        expect(members(a.union(b))).toEqual(new Set([...as, ...bs]))
        expect(members(a.intersection(b))).toEqual(new Set([...as].filter((each) => bs.has(each))))
        expect(members(a.difference(b))).toEqual(new Set([...as].filter((each) => !bs.has(each))))
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true)
      }),
    )
  })

  test('without takes what lies below, too', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const prefixes = [...b.paths()].map((each) => each.join('/'))
        const left = [...members(a)].filter((each) => !prefixes.some((at) => each === at || each.startsWith(`${at}/`)))
        expect(members(a.without(b))).toEqual(new Set(left))
      }),
    )
  })
})

/** A schema with everything in it that ownership can meet. */
const schema: Schema = {
  type: 'object',
  properties: {
    number: { type: 'integer' },
    atom: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
    list: { type: 'array', items: { type: 'string' } },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    nested: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
    items: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
    },
  },
}
const text = fc.constantFrom('x', 'y', 'z')
const labels = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })
const object = fc.record(
  {
    number: fc.nat(2),
    atom: labels,
    list: fc.array(text, { maxLength: 3 }),
    set: fc.uniqueArray(text, { maxLength: 3 }),
    labels,
    nested: fc.record({ a: text, b: text }, { requiredKeys: [], noNullPrototype: true }),
    items: fc.uniqueArray(fc.record({ name: text, value: text }, { requiredKeys: ['name'], noNullPrototype: true }), {
      maxLength: 3,
      selector: ({ name }) => name,
    }),
  },
  { requiredKeys: [], noNullPrototype: true },
)

describe('objects, their fields and their differences', () => {
  test('an object has no difference with itself', () => {
    fc.assert(
      fc.property(object, (one) => {
        const { added, modified, removed } = compare(one, structuredClone(one), schema)
        expect([added.isEmpty, modified.isEmpty, removed.isEmpty]).toEqual([true, true, true])
      }),
    )
  })

  test('what is added on the way there is removed on the way back, and no field is in two sets', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const [there, back] = [compare(one, other, schema), compare(other, one, schema)]
        expect(members(there.added)).toEqual(members(back.removed))
        expect(members(there.modified)).toEqual(members(back.modified))
        expect(there.added.intersection(there.removed).isEmpty).toBe(true)
        expect(there.added.intersection(there.modified).isEmpty).toBe(true)
      }),
    )
  })

  test('what is applied is there afterwards, and applying it again changes nothing', () => {
    fc.assert(
      fc.property(object, object, (live, applied) => {
        const once = mergeApplied(live, applied, schema) as object
        const { modified, removed } = compare(applied, once, schema)
        expect(members(modified.intersection(fieldSetOf(applied, schema)))).toEqual(new Set())
        expect(members(removed.intersection(fieldSetOf(applied, schema)))).toEqual(new Set())
        expect(mergeApplied(once, applied, schema)).toEqual(once)
      }),
    )
  })

  test('removing all fields of an object leaves none of them', () => {
    fc.assert(
      fc.property(object, (one) => {
        const left = removeFields(one, fieldSetOf(one, schema), schema)
        expect(members(fieldSetOf(left, schema).intersection(fieldSetOf(one, schema)))).toEqual(new Set())
      }),
    )
  })
})

describe('applies to a ConfigMap', () => {
  // Not empty: who applies an empty map owns what the API server then does not keep.
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), text, {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  })

  test('apply and release gives back what was there, wherever the two do not overlap', () => {
    fc.assert(
      fc.property(data, data, (theirs, ours) => {
        const one = new OneObject('ConfigMap')
        one.apply('alice', { data: theirs })
        const before = one.live
        one.apply('bob', { data: ours }, { force: true })
        one.apply('bob', {})
        const kept = Object.fromEntries(
          Object.entries(theirs).filter(([key, value]) => !(key in ours) || ours[key] === value),
        )
        expect(one.live.data ?? {}).toEqual(kept)
        if (Object.keys(kept).length === Object.keys(theirs).length) expect(one.live).toEqual(before)
      }),
    )
  })

  test('an apply is idempotent, in fields and owners', () => {
    fc.assert(
      fc.property(data, data, (theirs, ours) => {
        const one = new OneObject('ConfigMap')
        one.apply('alice', { data: theirs })
        one.apply('bob', { data: ours }, { force: true })
        const once = one.live
        one.apply('bob', { data: ours })
        expect(one.live).toEqual(once)
      }),
    )
  })

  test('a field that two apply goes only when both have let it go', () => {
    fc.assert(
      fc.property(data, (shared) => {
        const one = new OneObject('ConfigMap')
        one.apply('alice', { data: shared })
        one.apply('bob', { data: shared })
        one.apply('alice', {})
        expect(one.live.data ?? {}).toEqual(shared)
        one.apply('bob', {})
        expect(one.live.data).toBeUndefined()
      }),
    )
  })
})
