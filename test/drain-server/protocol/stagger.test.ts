import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { Stagger } from '../../../src/drain-server/protocol/stagger.ts'
import { VirtualClock } from '../virtual-clock.ts'

/** Staggers so many streams, and tells at which millisecond each was ended. */
function endTimes(count: number, remainingMs: number): number[] {
  const clock = new VirtualClock()
  const startMs = clock.nowMs()
  const times: number[] = []
  const stagger = new Stagger<number>(clock, startMs + remainingMs, (stream) => {
    times[stream] = clock.nowMs() - startMs
  })
  for (let stream = 0; stream < count; stream += 1) stagger.add(stream)
  clock.advance(Math.max(remainingMs, 0) + 10)
  expect(clock.pending).toBe(0)
  return times
}

test('a single stream is ended at once', () => {
  expect(endTimes(1, 10_000)).toEqual([0])
})

test('streams are ended 10 ms apart, in the order they came', () => {
  expect(endTimes(5, 10_000)).toEqual([0, 10, 20, 30, 40])
})

test('2000 streams that have 10 s are spread evenly over the first 5 s', () => {
  const times = endTimes(2000, 10_000)
  for (const second of [0, 1, 2, 3, 4]) {
    const ended = times.filter((timeMs) => Math.floor(timeMs / 1000) === second).length
    expect(Math.abs(ended - 400)).toBeLessThanOrEqual(10)
  }
})

test('where no time is left all are ended at once', () => {
  expect(endTimes(50, 0)).toEqual(Array.from({ length: 50 }, () => 0))
  expect(endTimes(50, -100)).toEqual(Array.from({ length: 50 }, () => 0))
})

test('each stream is ended exactly once, in half of the time, at no more than 100 a second where that suffices', () => {
  assert(
    property(integer({ min: 1, max: 3000 }), integer({ min: 0, max: 30_000 }), (count, remainingMs) => {
      const times = endTimes(count, remainingMs)
      expect(times).toHaveLength(count)
      expect(times.every((timeMs) => timeMs <= remainingMs / 2)).toBe(true)
      if (count * 10 > remainingMs / 2) return
      expect(times.every((timeMs, stream) => timeMs === stream * 10)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('streams that come later wait for their turn, or have it at once when the last one is long ago', () => {
  const clock = new VirtualClock()
  const ended: string[] = []
  const stagger = new Stagger<string>(clock, clock.nowMs() + 10_000, (stream) => ended.push(stream))
  stagger.add('first')
  clock.advance(5)
  stagger.add('second')
  expect(ended).toEqual(['first'])
  clock.advance(5)
  expect(ended).toEqual(['first', 'second'])
  clock.advance(100)
  stagger.add('third')
  expect(ended).toEqual(['first', 'second', 'third'])
})

test('a stream that is over without us is not ended, and after cancel() none is', () => {
  const clock = new VirtualClock()
  const ended: number[] = []
  const stagger = new Stagger<number>(clock, clock.nowMs() + 10_000, (stream) => ended.push(stream))
  for (const stream of [1, 2, 3, 4]) stagger.add(stream)
  stagger.delete(2)
  clock.advance(10)
  stagger.cancel()
  clock.advance(1000)
  expect(ended).toEqual([1, 3])
  expect(clock.pending).toBe(0)
})
