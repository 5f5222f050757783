import { expect, test } from 'vitest'
import { leastDisruptionsAllowed } from '../../../src/operator/pace/disruption-budgets.ts'
import { disruptionBudget, ListedApi } from './sight-stage.ts'

const labels = { app: 'checkout', tier: 'web' }

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
