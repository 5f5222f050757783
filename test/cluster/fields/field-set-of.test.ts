import { describe, expect, test } from 'vitest'
import { fieldSetOf } from '../../../src/cluster/api-server/fields/field-set-of.ts'
import type { Schema } from '../../../src/cluster/api-server/schema/index.ts'

const text: Schema = { type: 'string' }
const named = (type: 'map' | 'set' | 'atomic', items: Schema): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': type,
  ...(type === 'map' ? { 'x-kubernetes-list-map-keys': ['name'] } : {}),
})

describe('the fields that an object states', () => {
  const cases: [string, Schema, unknown, unknown][] = [
    ['a scalar', text, 'x', { 'f:field': {} }],
    ['null', text, null, { 'f:field': {} }],
    ['an empty object', { type: 'object', properties: { a: text } }, {}, { 'f:field': {} }],
    [
      'named fields, whose parent is not stated',
      { type: 'object', properties: { a: text } },
      { a: 'x' },
      { 'f:field': { 'f:a': {} } },
    ],
    [
      'keys of a map of objects, which are stated by themselves',
      { type: 'object', additionalProperties: { type: 'object', properties: { a: text } } },
      { key: { a: 'x' } },
      { 'f:field': { 'f:key': { '.': {}, 'f:a': {} } } },
    ],
    [
      'an atomic map',
      { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
      { a: 'x' },
      { 'f:field': {} },
    ],
    ['a list of which nothing is said', { type: 'array', items: text }, ['x'], { 'f:field': {} }],
    ['a set', named('set', text), ['x', '<y>'], { 'f:field': { 'v:"x"': {}, 'v:"\\u003cy\\u003e"': {} } }],
    [
      'a list of named items',
      named('map', { type: 'object', properties: { name: text, value: text } }),
      [{ name: 'a', value: 'x' }],
      { 'f:field': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } } },
    ],
    [
      'an item that is there twice, of which nobody can own a part',
      named('map', { type: 'object', properties: { name: text, value: text } }),
      [{ name: 'a', value: 'x' }, { name: 'a' }],
      { 'f:field': { 'k:{"name":"a"}': {} } },
    ],
    ['an empty list of named items, which states nothing', named('map', { type: 'object' }), [], {}],
    [
      'what has no schema',
      { 'x-kubernetes-preserve-unknown-fields': true },
      { a: [1], b: { c: 1 } },
      { 'f:field': { 'f:a': {}, 'f:b': { '.': {}, 'f:c': {} } } },
    ],
  ]
  test.each(cases)('%s', (_, schema, value, expected) => {
    expect(fieldSetOf({ field: value }, { type: 'object', properties: { field: schema } }).toJson()).toEqual(expected)
  })
})
