import { expect, test } from 'vitest'
import { RingLog } from '../../../src/cluster/runtime/ring-log.ts'

test('keeps everything while it is little', () => {
  const log = new RingLog(100)
  log.push(Buffer.from('one\ntwo'))
  log.push(Buffer.from('\nthree\n'))
  expect(log.text()).toBe('one\ntwo\nthree\n')
})

test('keeps whole lines of the end when it is much', () => {
  const log = new RingLog(100)
  for (let line = 0; line < 1000; line++) log.push(Buffer.from(`line ${line}\n`))
  const lines = log.text().split('\n')
  expect(lines[0]).toMatch(/^line \d+$/)
  expect(lines.at(-2)).toBe('line 999')
  expect(log.text().length).toBeLessThanOrEqual(100)
  expect(log.text().length).toBeGreaterThan(80)
})
