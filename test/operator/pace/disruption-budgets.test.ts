import { expect, test } from 'vitest'
import {
  type LabelSelector,
  leastDisruptionsAllowed,
  selectsPods,
} from '../../../src/operator/pace/disruption-budgets.ts'
import { disruptionBudget, ListedApi } from './sight-stage.ts'

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
  [expression('app', 'OfTheFuture', 'x'), true],
  [{ matchLabels: { app: 'checkout' }, ...expression('tier', 'In', 'db') }, false],
])('%j: %s', (selector, selected) => expect(selectsPods(selector, labels)).toBe(selected))

test.each<[string, object[], number | undefined]>([
  ['none', [], undefined],
  ['none that selects', [disruptionBudget(1, { matchLabels: { app: 'cart' } })], undefined],
  ['the least', [disruptionBudget(4, {}), disruptionBudget(2, {}), disruptionBudget(3, {})], 2],
  ['one that was not looked at yet', [disruptionBudget(4, {}), disruptionBudget(undefined, {})], 0],
])('%s', async (_, budgets, allowed) => {
  const server = new ListedApi()
  server.items['poddisruptionbudgets'] = budgets
  expect(await leastDisruptionsAllowed(server.api, 'shop', labels)).toBe(allowed)
})
