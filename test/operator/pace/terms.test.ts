import { expect, test } from 'vitest'
import { termsOf } from '../../../src/operator/pace/terms.ts'
import { pacingOf } from './sight-stage.ts'

test('the terms are those of the policy', () => {
  const objective = { errorRate: 0.02, minRequests: 7, burst: 3 }
  expect(termsOf(pacingOf({ objective }))).toMatchObject({ objective: 0.02, minRequests: 7, burst: 3 })
})
