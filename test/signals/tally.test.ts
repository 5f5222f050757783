import { describe, expect, test } from 'vitest'
import { beginTally, countsOf, forgetGone, hear, type Heard, type Tally } from '../../src/signals/pods/tally.ts'

const heard = (uid: string, requests: number, errors = 0, more: Partial<Heard> = {}): Heard => ({
  uid,
  restarts: 0,
  role: 'background',
  counters: new Map([
    ['2xx', requests - errors],
    ['5xx', errors],
  ]),
  ...more,
})
const told = (tally: Tally, ...all: Heard[]): Tally['counts'] => all.reduce(hear, tally).counts
const old = beginTally([{ uid: 'old', restarts: 2 }])
const none = beginTally([])

describe('the tally of pods', () => {
  test('a pod that was there before counts from its first sight', () => {
    const restarts = { restarts: 2 }
    expect(told(old, heard('old', 1000, 50, restarts))).toEqual({ background: { requests: 0, errors: 0 } })
    expect(told(old, heard('old', 1000, 50, restarts), heard('old', 1010, 51, restarts))).toEqual({
      background: { requests: 10, errors: 1 },
    })
  })

  test('a pod that came later counts from zero', () => {
    expect(told(none, heard('new', 7, 1))).toEqual({ background: { requests: 7, errors: 1 } })
  })

  test('a restart counts from zero, even when the counters have grown beyond what they were', () => {
    expect(told(none, heard('a', 10), heard('a', 12, 2, { restarts: 1 }))).toEqual({
      background: { requests: 22, errors: 2 },
    })
  })

  test('a pod that was there before and restarted before it was first heard counts from zero', () => {
    expect(told(old, heard('old', 5, 0, { restarts: 3 }))).toEqual({ background: { requests: 5, errors: 0 } })
  })

  test('a reset that the API server tells of later is counted once', () => {
    const scrapes = [
      heard('a', 10),
      heard('a', 3),
      heard('a', 5, 0, { restarts: 1 }),
      heard('a', 6, 0, { restarts: 1 }),
    ]
    expect(told(none, ...scrapes)).toEqual({ background: { requests: 16, errors: 0 } })
  })

  test('two resets of which one was seen to fall', () => {
    expect(told(none, heard('a', 10), heard('a', 3), heard('a', 5, 0, { restarts: 2 }))).toEqual({
      background: { requests: 18, errors: 0 },
    })
  })

  test('a reset is seen when one counter falls, though the sum grows', () => {
    expect(told(none, heard('a', 10, 5), heard('a', 20, 0))).toEqual({ background: { requests: 30, errors: 5 } })
  })

  test('a pod that is gone keeps what it last said; another one of the name is another one', () => {
    expect(told(none, heard('a', 10, 1), heard('b', 4))).toEqual({ background: { requests: 14, errors: 1 } })
  })

  test('each scrape is put down to what the pod is then', () => {
    const scrapes = [
      heard('a', 10, 0),
      heard('a', 15, 3, { role: 'draining' }),
      heard('b', 2, 0, { role: 'newVersion' }),
    ]
    expect(told(none, ...scrapes)).toEqual({
      background: { requests: 10, errors: 0 },
      draining: { requests: 5, errors: 3 },
      newVersion: { requests: 2, errors: 0 },
    })
  })

  test('a restart count that goes back, from a stale cache, is no restart', () => {
    const restarts = (count: number): Partial<Heard> => ({ restarts: count })
    const scrapes = [heard('a', 10, 0, restarts(1)), heard('a', 11, 0, restarts(0)), heard('a', 12, 0, restarts(1))]
    expect(told(none, ...scrapes)).toEqual({ background: { requests: 12, errors: 0 } })
  })

  test('what counts: 5xx and forced closes are errors, and who left is not counted', () => {
    const counters = { '1xx': 1, '2xx': 10, '3xx': 100, '4xx': 1000, '5xx': 2, forced: 3, aborted: 50, other: 7 }
    expect(countsOf(new Map(Object.entries(counters)))).toEqual({ requests: 1116, errors: 5 })
  })
})

describe('what the tally keeps of each pod', () => {
  const cut = (uid: string, forced: number, restarts = 0): Heard => ({
    uid,
    restarts,
    role: 'draining',
    counters: new Map([
      ['2xx', 10],
      ['forced', forced],
    ]),
  })

  test('what its drain cut off, over restarts, of this watch only', () => {
    const tally = [cut('new', 2), cut('new', 3), cut('new', 1, 1), cut('old', 5, 2), cut('old', 7, 2)].reduce(hear, old)
    expect(tally.pods.get('new')?.forced).toBe(4)
    expect(tally.pods.get('old')?.forced).toBe(2)
    expect(tally.counts.draining?.errors).toBe(6)
  })

  test('pods that are gone are forgotten, the oldest first; their counts stay', () => {
    const tally = ['a', 'b', 'c', 'd'].map((uid) => heard(uid, 10)).reduce(hear, none)
    const left = forgetGone(tally, new Set(['a']), 1)
    expect([...left.pods.keys()]).toEqual(['a', 'd'])
    expect(left.counts).toEqual({ background: { requests: 40, errors: 0 } })
    expect(forgetGone(tally, new Set(['a']), 3)).toBe(tally)
  })
})
