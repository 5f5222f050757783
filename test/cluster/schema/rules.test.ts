import { describe, expect, test } from 'vitest'
import { type Schema, validateRules, type ValidationRule } from '../../../src/cluster/api-server/schema/index.ts'

const text: Schema = { type: 'string' }
const number: Schema = { type: 'integer' }

/** An object whose one field has rules. */
const ruled = (field: Schema, ...rules: (string | ValidationRule)[]): Schema => ({
  type: 'object',
  properties: {
    field: { ...field, 'x-kubernetes-validations': rules.map((rule) => (typeof rule === 'string' ? { rule } : rule)) },
  },
})
const told = (value: unknown, schema: Schema, old?: unknown): string[] =>
  validateRules({ field: value }, schema, old === undefined ? undefined : { field: old }).map(
    ({ field, message }) => `${field}: ${message}`,
  )

describe('rules in CEL', () => {
  const holds: [string, Schema, unknown, string][] = [
    ['numbers', number, 5, 'self >= 5 && self < 5.5 && self % 2 == 1'],
    ['fractions', { type: 'number' }, 1, 'self == 1.0'],
    ['either', { 'x-kubernetes-int-or-string': true }, '25%', "type(self) == string ? self.endsWith('%') : self > 0"],
    [
      'either, as a number',
      { 'x-kubernetes-int-or-string': true },
      3,
      "type(self) == int ? self > 0 : self.endsWith('%')",
    ],
    ['texts', text, 'a-b', "self.split('-').size() == 2 && self.matches('^[a-z]-[a-z]$') && self.contains('-')"],
    [
      'finding in texts',
      text,
      'v12',
      "self.find('[0-9]+') == '12' && self.findAll('[0-9]') == ['1', '2'] && self.replace('v', '') == '12'",
    ],
    [
      'lists',
      { type: 'array', items: number },
      [1, 2, 3],
      'self.all(x, x > 0) && self.exists_one(x, x == 2) && self.isSorted() && self.sum() == 6 && self.max() == 3',
    ],
    [
      'maps',
      { type: 'object', additionalProperties: number },
      { a: 1, b: 2 },
      "self.all(k, self[k] < 3) && 'a' in self && size(self) == 2",
    ],
    ['absent fields', { type: 'object', properties: { a: text, b: text } }, { a: 'x' }, 'has(self.a) && !has(self.b)'],
    ['durations', text, '90s', "duration(self) == duration('1m30s')"],
    ['durations by their format', { type: 'string', format: 'duration' }, '90s', "self < duration('2m')"],
    ['times', { type: 'string', format: 'date-time' }, '2026-01-01T00:00:00Z', 'self.getFullYear() == 2026'],
    ['quantities', text, '1500m', "quantity(self).isGreaterThan(quantity('1')) && isQuantity(self)"],
    [
      'names that are no identifiers',
      { type: 'object', properties: { 'a-b': text, in: text } },
      { 'a-b': 'x', in: 'y' },
      "self.a__dash__b == 'x' && self.__in__ == 'y'",
    ],
    ['optional fields', { type: 'object', properties: { a: text } }, {}, "self.?a.orValue('x') == 'x'"],
  ]
  test.each(holds)('%s', (_, schema, value, rule) => {
    expect(told(value, ruled(schema, rule))).toEqual([])
    expect(told(value, ruled(schema, `!(${rule})`)), 'it could fail').toHaveLength(1)
  })

  test('what is told: the rule, its message, or an expression of it, at a field of choice', () => {
    const schema: Schema = { type: 'object', properties: { a: number } }
    expect(told({ a: 1 }, ruled(schema, 'self.a > 1'))).toEqual(['field: Invalid value: failed rule: self.a > 1'])
    expect(told({ a: 1 }, ruled(schema, { rule: 'self.a > 1', message: 'a is small' }))).toEqual([
      'field: Invalid value: a is small',
    ])
    const spoken = { rule: 'self.a > 1', messageExpression: "'a is ' + string(self.a)", fieldPath: '.a' }
    expect(told({ a: 1 }, ruled(schema, spoken))).toEqual(['field.a: Invalid value: a is 1'])
    expect(told({ a: 1 }, ruled(schema, { rule: 'false', reason: 'FieldValueForbidden', message: 'no' }))).toEqual([
      'field: Forbidden: no',
    ])
    expect(told({ a: 1 }, ruled(schema, { rule: 'false', reason: 'FieldValueRequired', message: 'no' }))).toEqual([
      'field: Required value: no',
    ])
    expect(told(5, ruled(number, { rule: 'false', message: 'no' }))).toEqual(['field: Invalid value: 5: no'])
    const broken = { rule: 'false', message: 'no', messageExpression: 'self.nope' }
    expect(told({ a: 1 }, ruled(schema, broken)), 'a message that cannot be made').toEqual(['field: Invalid value: no'])
  })

  test('a rule that cannot be asked is told, not taken for true', () => {
    expect(told(5, ruled(number, 'self >'))[0]).toMatch(/^field: Invalid value: "integer": rule compile error: /)
    expect(told({}, ruled({ type: 'object' }, 'self.nope == 1'))).toEqual([
      'field: Invalid value: "object": no such key: nope evaluating rule: self.nope == 1',
    ])
  })

  test('a rule about a change is asked when there is one', () => {
    const schema = ruled(text, { rule: 'self == oldSelf', message: 'it cannot change' })
    expect(told('a', schema)).toEqual([])
    expect(told('a', schema, 'a')).toEqual([])
    expect(told('b', schema, 'a')).toEqual(['field: Invalid value: "b": it cannot change'])
    const optional = ruled(text, {
      rule: "oldSelf.hasValue() ? oldSelf.value() == self : self == 'first'",
      optionalOldSelf: true,
    })
    expect([told('first', optional), told('b', optional).length, told('b', optional, 'b')]).toEqual([[], 1, []])
  })

  test('items that can be told apart are compared with what they were', () => {
    const items: Schema = {
      type: 'object',
      properties: { name: text, value: { ...text, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
    }
    const list = (type: 'map' | 'atomic'): Schema => ({
      type: 'object',
      properties: {
        field: {
          type: 'array',
          items,
          'x-kubernetes-list-type': type,
          'x-kubernetes-list-map-keys': type === 'map' ? ['name'] : [],
        },
      },
    })
    const [old, next] = [
      [{ name: 'a', value: '1' }],
      [
        { name: 'b', value: '2' },
        { name: 'a', value: '2' },
      ],
    ]
    expect(told(next, list('map'), old)).toEqual(['field[1].value: Invalid value: "2": failed rule: self == oldSelf'])
  })

  test('keys of maps are told in brackets', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        field: {
          type: 'object',
          additionalProperties: { ...number, 'x-kubernetes-validations': [{ rule: 'self > 1' }] },
        },
      },
    }
    expect(told({ a: 1, b: 2 }, schema)).toEqual(['field[a]: Invalid value: 1: failed rule: self > 1'])
  })
})
