import { expect, test } from 'vitest'
import { parseDuration, specSchema } from '../../src/api/index.ts'
import { budgetDefaults } from '../../src/budget/index.ts'
import { estimateDefaults } from '../../src/propagation/index.ts'

const { propagation, contract } = specSchema.parse({ targetRef: { name: 'checkout' } })
const seconds = (range: { min: string; max: string }) => ({
  min: parseDuration(range.min),
  max: parseDuration(range.max),
})

// The pure rooms do not import the API, so that the figures their tests guard stand there once more.
test('the pure rooms are tested with the defaults that a user gets', () => {
  const { initial, ...estimate } = propagation
  expect({ ...estimate, initialMs: parseDuration(initial) * 1000 }).toEqual(estimateDefaults)
  const { drainDelay, gracePeriod } = contract.bounds
  expect({
    bounds: { drainDelay: seconds(drainDelay), gracePeriod: seconds(gracePeriod) },
    safetyMarginSeconds: parseDuration(contract.safetyMargin),
    requestTimeMaxSeconds: parseDuration(contract.requestTime.max),
  }).toEqual(budgetDefaults)
})
