import { expect, test } from 'vitest'
import { type Counts, increaseOf, sumOf } from '../../../src/pacing/index.ts'

const of = (requests: number, errors: number): Counts => ({ requests, errors })

test('a sum', () => {
  expect(sumOf([of(3, 1), of(4, 2)])).toEqual(of(7, 3))
  expect(sumOf([])).toEqual(of(0, 0))
})

test.each<[string, Counts | undefined, Counts, Counts]>([
  ['what was added', of(10, 1), of(15, 3), of(5, 2)],
  ['all, where nothing was known', undefined, of(15, 3), of(15, 3)],
  ['nothing, of a source that went back', of(20, 5), of(15, 3), of(0, 0)],
  ['no errors less than none', of(10, 5), of(15, 3), of(5, 0)],
  ['no more errors than requests', of(10, 1), of(12, 9), of(2, 2)],
])('an increase is %s', (_, before, now, increase) => {
  const from = before === undefined ? {} : { service: before }
  expect(increaseOf(from, { service: now })).toEqual({ service: increase })
})

test('an increase is of the origins that there are now', () => {
  expect(increaseOf({ draining: of(9, 9) }, { newVersion: of(1, 0) })).toEqual({ newVersion: of(1, 0) })
})
