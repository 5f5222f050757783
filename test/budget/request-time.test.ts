import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RequestTimeInput, requestTime } from '../../src/budget/index.ts'
import { estimateDefaults, type WindowEntry } from '../../src/propagation/index.ts'

const longest = (count: number, ms: number, beyond = 0): WindowEntry[] =>
  Array.from({ length: count }, (_, at) => ({ ms, beyond: at < beyond }))

function input(part: Partial<RequestTimeInput>): RequestTimeInput {
  return { source: 'Auto', maxSeconds: 60, longestRequests: [], options: estimateDefaults, ...part }
}

describe('the request time', () => {
  it.each<[string, Partial<RequestTimeInput>, number, string]>([
    ['is the maximum when it is static', { source: 'Static', longestRequests: longest(99, 5) }, 60, 'requestTime.max'],
    ['is the maximum without reports', {}, 60, 'requestTime.max; not measured yet, 0 of 59 drains needed'],
    [
      'is the maximum while there are few',
      { longestRequests: longest(58, 5) },
      60,
      'requestTime.max; not measured yet, 58 of 59 drains needed',
    ],
    ['is half more than the longest', { longestRequests: longest(59, 1840) }, 3, '1.5 x longest request 1.84 s'],
    ['is at least a second', { source: 'Reported', longestRequests: longest(59, 0) }, 1, '1.5 x longest request 0 s'],
    ['is whole when it is whole', { longestRequests: longest(59, 2000) }, 3, '1.5 x longest request 2 s'],
    [
      'is at most the maximum',
      { longestRequests: longest(59, 50_000) },
      60,
      'requestTime.max, below 1.5 x longest request 50 s',
    ],
    [
      'is the maximum when requests were cut off',
      { longestRequests: longest(59, 9, 1) },
      60,
      'requestTime.max; not measured yet, 59 of 93 drains needed',
    ],
  ])('%s', (_, part, seconds, because) => {
    expect(requestTime(input(part))).toMatchObject({ seconds, because })
  })

  it('is between 1 s and the maximum, and covers what it claims', () => {
    const entries = fc.array(fc.record({ ms: fc.nat(90_000), beyond: fc.constant(false) }), {
      minLength: 59,
      maxLength: 59,
      size: 'max',
    })
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 300 }), (longestRequests, maxSeconds) => {
        const { seconds } = requestTime(input({ longestRequests, maxSeconds }))
        const largest = Math.max(...longestRequests.map(({ ms }) => ms))
        expect(seconds).toBeGreaterThanOrEqual(Math.min(maxSeconds, Math.max(1, largest / 1000)))
        expect(seconds).toBeLessThanOrEqual(maxSeconds)
      }),
    )
  })
})
