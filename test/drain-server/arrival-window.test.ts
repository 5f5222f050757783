import { array, assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArrivalWindow } from '../../src/drain-server/traffic/arrival-window.ts'

describe('the window before drain start', () => {
  test('covers the uptime while that is below a minute', () => {
    expect(new ArrivalWindow(1000).read(4500)).toEqual({ windowMs: 3500, newConnections: 0, requests: 0 })
  })

  test('covers the current second and the 59 before it afterwards', () => {
    expect(new ArrivalWindow(0).read(600_250).windowMs).toBe(59_250)
  })

  test('does not count what lies before its origin or has left it', () => {
    const window = new ArrivalWindow(10_000)
    window.count('newConnections', 9999)
    window.count('requests', 80_000)
    window.count('newConnections', 20_000)
    expect(window.read(80_000)).toEqual({ windowMs: 59_000, newConnections: 0, requests: 1 })
  })

  test('counts exactly the arrivals of the time it says it covers', () => {
    assert(
      property(
        array(integer({ min: 0, max: 5000 }), { maxLength: 200 }),
        integer({ min: 0, max: 90_000 }),
        (gaps, silenceMs) => {
          const window = new ArrivalWindow(0)
          let nowMs = 0
          const times = gaps.map((gapMs) => (nowMs += gapMs))
          for (const timeMs of times) window.count('requests', timeMs)
          nowMs += silenceMs
          const { windowMs, requests } = window.read(nowMs)
          expect(requests).toBe(times.filter((timeMs) => timeMs >= nowMs - windowMs).length)
          expect(windowMs).toBeLessThanOrEqual(60_000)
        },
      ),
    )
  })
})
