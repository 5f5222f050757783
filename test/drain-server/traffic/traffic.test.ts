import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../../src/drain-server/clock.ts'
import { drainChannels } from '../../../src/drain-server/report/channels.ts'
import { DurationHistogram } from '../../../src/drain-server/traffic/duration-histogram.ts'
import { statusClass, Traffic } from '../../../src/drain-server/traffic/traffic.ts'

class StillClock implements Clock {
  ms = 0
  nowMs = (): number => this.ms
  wallMs = (): number => this.ms
  after = (): never => {
    throw new Error('traffic sets no timer')
  }
}

const peer = (remoteAddress: string) => ({ remoteAddress })

describe('late arrivals', () => {
  test('are told by kind and by peer', () => {
    const clock = new StillClock()
    const traffic = new Traffic(clock)
    clock.ms = 1000
    traffic.beginDrain(1000)
    clock.ms = 1100
    traffic.arrive({ acceptedAtMs: 900, peer: peer('10.0.0.1') }, true)
    clock.ms = 1300
    traffic.arrive({ acceptedAtMs: 1250, peer: peer('::ffff:10.0.0.2') }, true)
    traffic.arrive({ acceptedAtMs: 1250, peer: peer('10.0.0.2') }, false)
    traffic.arrive({ acceptedAtMs: 500 }, false, 1200)
    expect(traffic.late).toEqual({
      connections: { count: 1, lastMs: 250 },
      requests: { count: 2, lastMs: 200 },
    })
    expect(traffic.latePeers).toEqual([
      { address: 'unknown', connections: 0, requests: 1, lastMs: 200 },
      { address: '10.0.0.2', connections: 1, requests: 0, lastMs: 250 },
      { address: '10.0.0.1', connections: 0, requests: 1, lastMs: 100 },
    ])
  })

  test('are forgotten when the drain is called off, except in the totals', () => {
    const traffic = new Traffic(new StillClock())
    traffic.beginDrain(0)
    traffic.arrive({ acceptedAtMs: 5, peer: peer('10.0.0.1') }, true)
    traffic.endDrain()
    traffic.arrive({ acceptedAtMs: 6, peer: peer('10.0.0.1') }, true)
    traffic.beginDrain(10)
    expect(traffic.late.connections).toEqual({ count: 0, lastMs: null })
    expect(traffic.latePeers).toEqual([])
    expect(traffic.lateTotals).toEqual({ connections: 1, requests: 0 })
  })

  test('the address of a peer is not read before a drain', () => {
    const traffic = new Traffic(new StillClock())
    let read = 0
    const counting = {
      get remoteAddress(): string {
        read += 1
        return '10.0.0.1'
      },
    }
    traffic.listen()
    traffic.arrive({ acceptedAtMs: 0, peer: counting }, true)
    expect(read).toBe(0)
    traffic.beginDrain(10)
    traffic.arrive({ acceptedAtMs: 0, peer: counting }, false)
    expect(read).toBe(1)
  })

  test('are published while they come', () => {
    const heard: unknown[] = []
    const hear = (message: unknown): number => heard.push(message)
    subscribe(drainChannels.lateArrival, hear)
    onTestFinished(() => void unsubscribe(drainChannels.lateArrival, hear))
    const traffic = new Traffic(new StillClock())
    traffic.arrive({ acceptedAtMs: 0, peer: peer('10.0.0.1') }, true)
    traffic.beginDrain(10)
    traffic.arrive({ acceptedAtMs: 25, peer: peer('10.0.0.1') }, true, 30)
    traffic.arrive({ acceptedAtMs: 0 }, false, 40)
    expect(heard).toEqual([
      { kind: 'connections', atMs: 15, peer: '10.0.0.1' },
      { kind: 'requests', atMs: 30, peer: 'unknown' },
    ])
  })
})

test('a ledger: in flight, outcomes, durations, the longest', () => {
  const clock = new StillClock()
  const traffic = new Traffic(clock)
  expect(traffic.listening).toBe(false)
  expect(traffic.before()).toEqual({ windowMs: 0, newConnections: 0, requests: 0 })
  traffic.listen()
  expect(traffic.listening).toBe(true)
  clock.ms = 500
  traffic.listen()
  traffic.arrive({ acceptedAtMs: 400 }, true)
  traffic.arrive({ acceptedAtMs: 400 }, false)
  expect(traffic.before()).toEqual({ windowMs: 500, newConnections: 1, requests: 2 })
  traffic.begin()
  traffic.begin()
  expect(traffic.inFlight).toBe(2)
  clock.ms = 700
  traffic.end(500, '2xx')
  clock.ms = 800
  traffic.end(700, 'aborted')
  expect(traffic).toMatchObject({ inFlight: 0, longestRequestMs: 200, outcomes: { '2xx': 1, aborted: 1, forced: 0 } })
  expect(traffic.durations.count).toBe(2)
})

test.each([
  [100, '1xx'],
  [204, '2xx'],
  [302, '3xx'],
  [499, '4xx'],
  [500, '5xx'],
  [0, '1xx'],
  [99, '1xx'],
  [600, '5xx'],
  [999, '5xx'],
])('status %i is of class %s', (status, name) => {
  expect(statusClass(status)).toBe(name)
})

test('a histogram counts each duration in its bucket and all above', () => {
  const histogram = new DurationHistogram()
  for (const ms of [0, 5, 5.1, 60_000, 60_001]) histogram.observe(ms)
  const buckets = new Map(histogram.buckets().map(({ boundSeconds, count }) => [boundSeconds, count]))
  expect(buckets.get(0.005)).toBe(2)
  expect(buckets.get(0.01)).toBe(3)
  expect(buckets.get(30)).toBe(3)
  expect(buckets.get(60)).toBe(4)
  expect(buckets.size).toBe(13)
  expect(histogram.count).toBe(5)
  expect(histogram.sumSeconds).toBeCloseTo(120.0111, 6)
})
