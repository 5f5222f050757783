import { describe, expect, test, vi } from 'vitest'
import { Faults } from '../../../src/lab/workloads/faults.ts'
import { readSettings } from '../../../src/lab/workloads/settings.ts'
import { startWorkload } from './running-workload.ts'

const none = { errorRate: 0, errorAbove: 0, leakMiBPerSecond: 0 }

test('a workload has no faults unless its environment says so', () => {
  expect(readSettings({}).faults).toEqual(none)
  expect(readSettings({ ERROR_RATE: '0.05', ERROR_ABOVE: '20', LEAK_MIB_PER_SECOND: '8' }).faults).toEqual({
    errorRate: 0.05,
    errorAbove: 20,
    leakMiBPerSecond: 8,
  })
})

test.each(['5', '-0.1', '1.5', '0.05%', ''])('ERROR_RATE=%s is refused by name', (text) => {
  expect(() => readSettings({ ERROR_RATE: text })).toThrow('ERROR_RATE must be a share from 0 to 1')
})

describe('which work fails', () => {
  test('the given share of it', () => {
    const chances = [0.049, 0.05, 0.9, 0]
    const faults = new Faults({ ...none, errorRate: 0.05 }, () => chances.shift() ?? 1)
    expect([1, 2, 3, 4].map(() => faults.fails())).toEqual([true, false, false, true])
  })

  test('only what comes above a number of requests in the same second', () => {
    let nowMs = 10_999
    const faults = new Faults(
      { ...none, errorRate: 1, errorAbove: 2 },
      () => 0,
      () => nowMs,
    )
    expect([1, 2, 3].map(() => faults.fails())).toEqual([false, false, true])
    nowMs = 11_000
    expect([1, 2, 3].map(() => faults.fails())).toEqual([false, false, true])
  })

  test('and its answer is a 500 that health knows nothing of', async () => {
    const { port } = await startWorkload({ ERROR_RATE: '1' })
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(500)
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  })
})

test('a leak takes that much each second', () => {
  vi.useFakeTimers({ toFake: ['setInterval'] })
  const taken = vi.spyOn(Uint8Array.prototype, 'fill')
  try {
    new Faults(none).leak()
    new Faults({ ...none, leakMiBPerSecond: 2 }).leak()
    vi.advanceTimersByTime(3000)
    expect(taken.mock.contexts.map((bytes) => (bytes as Uint8Array).length)).toEqual(Array(3).fill(2 * 1024 * 1024))
  } finally {
    taken.mockRestore()
    vi.useRealTimers()
  }
})
