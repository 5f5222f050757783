import { expect, test } from 'vitest'
import { RaisePace, raisePaceMs } from '../../src/operator/raise-pace.ts'

test('the first raise waits for nothing, the next one for what is left since the last write of that Deployment', () => {
  let nowMs = 1000
  const pace = new RaisePace(() => nowMs)
  expect(pace.waitMs('uid-1')).toBe(0)
  pace.wrote('uid-1')
  expect(pace.waitMs('uid-1')).toBe(raisePaceMs)
  expect(pace.waitMs('uid-2')).toBe(0)
  nowMs += raisePaceMs - 1
  pace.wrote('uid-2')
  expect(pace.waitMs('uid-1')).toBe(1)
  nowMs += 1
  expect(pace.waitMs('uid-1')).toBe(0)
  expect(pace.waitMs('uid-2')).toBe(raisePaceMs - 1)
})
