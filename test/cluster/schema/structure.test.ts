import { describe, expect, test } from 'vitest'
import {
  applySchemaDefaults,
  duplicateFields,
  pruneUnknownFields,
  type Schema,
  validateStructure,
} from '../../../src/cluster/api-server/schema/index.ts'

const text: Schema = { type: 'string' }
const object = (properties: Record<string, Schema>, rest: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...rest,
})

describe('defaults', () => {
  const filled = (value: object, schema: Schema): object => {
    applySchemaDefaults(value, schema)
    return value
  }

  test('come from the outside in, and only into what is there', () => {
    const schema = object({
      a: { ...text, default: 'x' },
      b: object({ c: { ...text, default: 'y' } }),
      d: object({ e: { ...text, default: 'z' } }, { default: {} }),
    })
    expect(filled({}, schema)).toEqual({ a: 'x', d: { e: 'z' } })
    expect(filled({ a: '', b: {} }, schema)).toEqual({ a: '', b: { c: 'y' }, d: { e: 'z' } })
  })

  test('reach items and values of maps', () => {
    const item = object({ a: { ...text, default: 'x' } })
    const schema = object({ list: { type: 'array', items: item }, map: { type: 'object', additionalProperties: item } })
    expect(filled({ list: [{}, { a: 'y' }], map: { k: {} } }, schema)).toEqual({
      list: [{ a: 'x' }, { a: 'y' }],
      map: { k: { a: 'x' } },
    })
  })

  test('null is absent, unless it may be there', () => {
    const schema = object({ a: { ...text, default: 'x' }, b: text, c: { ...text, nullable: true, default: 'y' } })
    expect(filled({ a: null, b: null, c: null }, schema)).toEqual({ a: 'x', c: null })
  })

  test('are copies', () => {
    const schema = object({ a: { type: 'array', items: text, default: ['x'] } })
    const [one, other] = [filled({}, schema) as { a: string[] }, filled({}, schema) as { a: string[] }]
    one.a.push('y')
    expect(other.a).toEqual(['x'])
  })
})

describe('pruning', () => {
  const cases: [string, Schema, object, object, string[]][] = [
    ['an unknown field', object({ a: text }), { a: 'x', b: 1 }, { a: 'x' }, ['b']],
    [
      'inside lists and maps',
      object({
        l: { type: 'array', items: object({ a: text }) },
        m: { type: 'object', additionalProperties: object({ a: text }) },
      }),
      { l: [{ a: 'x', b: 1 }], m: { k: { b: 1 } } },
      { l: [{ a: 'x' }], m: { k: {} } },
      ['l[0].b', 'm.k.b'],
    ],
    [
      'not where unknown fields are kept',
      object({ a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }),
      { a: { b: { c: 1 } } },
      { a: { b: { c: 1 } } },
      [],
    ],
    [
      'but what is named there keeps its own rule',
      object({
        a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { b: object({ c: text }) } },
      }),
      { a: { b: { d: 1 }, e: 1 } },
      { a: { b: {}, e: 1 } },
      ['a.b.d'],
    ],
    [
      'never what an object is',
      object({}),
      { apiVersion: 'v1', kind: 'A', metadata: { name: 'a' }, b: 1 },
      { apiVersion: 'v1', kind: 'A', metadata: { name: 'a' } },
      ['b'],
    ],
    [
      'nor what an embedded one is',
      object({ a: object({}, { 'x-kubernetes-embedded-resource': true }) }),
      { a: { kind: 'A', b: 1 } },
      { a: { kind: 'A' } },
      ['a.b'],
    ],
  ]
  test.each(cases)('%s', (_, schema, given, expected, dropped) => {
    const value = structuredClone(given)
    expect(pruneUnknownFields(value, schema)).toEqual(dropped)
    expect(value).toEqual(expected)
  })
})

describe('fields that are there twice', () => {
  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":{"b":1,"c":[{"d":1},{"d":1,"d":2}],"b":2}}', ['a.c[1].d', 'a.b']],
    ['{"a":"a","b":["a","a"],"c":{"a":1}}', []],
    ['{"a\\"":1,"a\\"":2,"a,{":1}', ['a"']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['[]', []],
  ])('%s', (json, expected) => {
    expect(duplicateFields(json)).toEqual(expected)
  })
})

describe('the structure', () => {
  const told = (value: unknown, schema: Schema, old?: unknown): string[] =>
    validateStructure({ a: value }, object({ a: schema }), old === undefined ? undefined : { a: old }).map(
      ({ field, message }) => `${field}: ${message}`,
    )
  const integer: Schema = { type: 'integer' }
  const cases: [string, Schema, unknown, string[]][] = [
    ['a type', integer, 'x', ['a: Invalid value: "string": a in body must be of type integer: "string"']],
    [
      'an integer that is none',
      { type: 'integer', format: 'int32' },
      1.5,
      [
        '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a',
        'a: Invalid value: "float64": a in body must be of type int32: "float64"',
      ],
    ],
    ['a number may be whole', { type: 'number' }, 1, []],
    [
      'either',
      { 'x-kubernetes-int-or-string': true },
      true,
      ['a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"'],
    ],
    ['null', text, null, ['a: Invalid value: "null": a in body must be of type string: "null"']],
    ['null that may be', { ...text, nullable: true }, null, []],
    ['one of some', { ...text, enum: ['x', 'y'] }, 'z', ['a: Unsupported value: "z": supported values: "x", "y"']],
    [
      'too small',
      { ...integer, minimum: 2 },
      1,
      ['a: Invalid value: 1: a in body should be greater than or equal to 2'],
    ],
    [
      'too small, exclusively',
      { ...integer, minimum: 2, exclusiveMinimum: true },
      2,
      ['a: Invalid value: 2: a in body should be greater than 2'],
    ],
    ['too large', { ...integer, maximum: 2 }, 3, ['a: Invalid value: 3: a in body should be less than or equal to 2']],
    ['no multiple', { ...integer, multipleOf: 2 }, 3, ['a: Invalid value: 3: a in body should be a multiple of 2']],
    [
      'too short, whatever else',
      { ...text, minLength: 2, pattern: '^x' },
      'y',
      ['a: Invalid value: "y": a in body should be at least 2 chars long'],
    ],
    [
      'too long, in characters',
      { ...text, maxLength: 1 },
      '\u{1F600}\u{1F600}',
      ['a: Too long: may not be more than 1 byte'],
    ],
    ['a pattern', { ...text, pattern: '^x$' }, 'y', ['a: Invalid value: "y": a in body should match \'^x$\'']],
    [
      'a format',
      { ...text, format: 'date-time' },
      'now',
      ['a: Invalid value: "now": a in body must be of type date-time: "now"'],
    ],
    ['a format that nobody knows', { ...text, format: 'mood' }, 'good', []],
    [
      'too many items',
      { type: 'array', items: text, maxItems: 1 },
      ['x', 'y'],
      ['a: Too many: 2: must have at most 1 item'],
    ],
    [
      'a set',
      { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      ['x', 'y', 'x', 'x'],
      ['a[2]: Duplicate value: "x"'],
    ],
    [
      'a map of items',
      {
        type: 'array',
        items: object({ name: text }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      },
      [{ name: 'x' }, { name: 'x' }],
      ['a[1]: Duplicate value: {"name":"x"}'],
    ],
    ['a field that has to be there', object({ b: text }, { required: ['b'] }), {}, ['a.b: Required value']],
    [
      'items',
      { type: 'array', items: integer },
      [1, 'x'],
      ['a[1]: Invalid value: "string": a[1] in body must be of type integer: "string"'],
    ],
    [
      'any of some',
      { ...integer, anyOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      ['a: Invalid value: "": "a" must validate at least one schema (anyOf)'],
    ],
    [
      'exactly one of some',
      { ...integer, oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      ['a: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid'],
    ],
    ['not', { ...integer, not: { minimum: 2 } }, 3, ['a: Invalid value: "": "a" must not validate the schema (not)']],
  ]
  test.each(cases)('%s', (_, schema, value, expected) => {
    expect(told(value, schema)).toEqual(expected)
  })

  test('what an update leaves as it was is not looked at again', () => {
    const schema: Schema = object({ b: { ...integer, minimum: 2 }, c: { ...integer, minimum: 2 } })
    expect(told({ b: 1, c: 1 }, schema, { b: 1 })).toEqual([
      'a.c: Invalid value: 1: a.c in body should be greater than or equal to 2',
    ])
  })
})
