import { expect, test } from 'vitest'
import { type LabelSelector, selects } from '../../src/kube/index.ts'

const labels = { app: 'checkout', tier: 'web' }
const expression = (key: string, operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }],
})

test.each<[LabelSelector | null | undefined, boolean]>([
  [undefined, false],
  [null, false],
  [{}, true],
  [{ matchLabels: {} }, true],
  [{ matchLabels: { app: 'checkout' } }, true],
  [{ matchLabels: { app: 'checkout', tier: 'db' } }, false],
  [{ matchLabels: { missing: 'x' } }, false],
  [expression('app', 'In', 'cart', 'checkout'), true],
  [expression('app', 'In', 'cart'), false],
  [expression('missing', 'In', 'x'), false],
  [expression('app', 'NotIn', 'cart'), true],
  [expression('app', 'NotIn', 'checkout'), false],
  [expression('missing', 'NotIn', 'x'), true],
  [expression('app', 'Exists'), true],
  [expression('missing', 'Exists'), false],
  [expression('app', 'DoesNotExist'), false],
  [expression('missing', 'DoesNotExist'), true],
  [expression('app', 'OfTheFuture', 'x'), false],
  [{ matchLabels: { app: 'checkout' }, ...expression('tier', 'In', 'db') }, false],
])('%j: %s', (selector, selected) => expect(selects(selector, labels)).toBe(selected))

test('what has no labels is selected by what asks for none', () => {
  expect(selects({}, undefined)).toBe(true)
  expect(selects(expression('app', 'DoesNotExist'), undefined)).toBe(true)
  expect(selects({ matchLabels: { app: 'checkout' } }, undefined)).toBe(false)
})
