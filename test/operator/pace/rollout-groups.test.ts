import { expect, test } from 'vitest'
import { type Place, RolloutGroups } from '../../../src/operator/pace/rollout-groups.ts'

const group = 'shop/front'

/** Members that ask one after the other; what they got is not in any record yet. */
function asking(groups: RolloutGroups, keys: readonly string[], budget: number, startMs = 1000): boolean[] {
  return keys.map((key, index) => {
    const others = new Map<string, Place | undefined>(
      keys.filter((other) => other !== key).map((other) => [other, undefined]),
    )
    const place = groups.ask({ group, key, budget, recorded: undefined, others, nowMs: startMs + index })
    return place.admittedMs !== undefined
  })
}

test.each([
  { budget: 1, turns: [true, false, false] },
  { budget: 2, turns: [true, true, false] },
  { budget: 3, turns: [true, true, true] },
])('of three that ask before any record shows it, a budget of $budget admits as many', ({ budget, turns }) => {
  expect(asking(new RolloutGroups(), ['a', 'b', 'c'], budget)).toEqual(turns)
})

test('who leaves makes room for the one that waited longest', () => {
  const groups = new RolloutGroups()
  asking(groups, ['a', 'b', 'c'], 1)
  expect(groups.leave(group, 'a')).toBe(true)
  const others = (without: string) =>
    new Map<string, Place | undefined>(['a', 'b', 'c'].filter((key) => key !== without).map((key) => [key, undefined]))
  const ask = (key: string) =>
    groups.ask({ group, key, budget: 1, recorded: undefined, others: others(key), nowMs: 5000 }).admittedMs
  expect(ask('c')).toBeUndefined()
  expect(ask('b')).toBe(5000)
})

test('a new process knows the places from the records, whoever asks first', () => {
  const recorded = { waitingSinceMs: 10, admittedMs: 20 }
  const others = new Map<string, Place | undefined>([['a', recorded]])
  const groups = new RolloutGroups()
  const late = { group, key: 'b', budget: 1, recorded: { waitingSinceMs: 5 }, others, nowMs: 5000 }
  expect(groups.ask(late)).toEqual({ waitingSinceMs: 5 })
  const back = { group, key: 'a', budget: 1, recorded, others: new Map([['b', { waitingSinceMs: 5 }]]), nowMs: 5001 }
  expect(groups.ask(back)).toEqual(recorded)
})

test('a member whose policy is gone holds no place', () => {
  const groups = new RolloutGroups()
  asking(groups, ['a', 'b'], 1)
  const place = groups.ask({ group, key: 'b', budget: 1, recorded: undefined, others: new Map(), nowMs: 5000 })
  expect(place.admittedMs).toBe(5000)
})

test('groups of the same name in two namespaces have nothing to do with each other', () => {
  const groups = new RolloutGroups()
  const ask = (namespace: string) =>
    groups.ask({
      group: `${namespace}/front`,
      key: namespace,
      budget: 1,
      recorded: undefined,
      others: new Map(),
      nowMs: 1,
    }).admittedMs
  expect([ask('shop'), ask('bank')]).toEqual([1, 1])
})

test('a place is handed over at once, though the record of who leaves still shows it', () => {
  const groups = new RolloutGroups()
  const ask = (key: string, recorded: Place | undefined, others: [string, Place | undefined][], nowMs: number) =>
    groups.ask({ group, key, budget: 1, recorded, others: new Map(others), nowMs })
  const first = ask('a', undefined, [['b', undefined]], 1000)
  const waits = ask('b', undefined, [['a', first]], 2000)
  expect(waits).toEqual({ waitingSinceMs: 2000 })
  expect([groups.leave(group, 'a'), groups.leave(group, 'a')]).toEqual([true, false])
  const second = ask('b', waits, [['a', first]], 3000)
  expect(second.admittedMs).toBe(3000)
  // Its next rollout waits like any other, and does not take the old place up again.
  expect(ask('a', first, [['b', second]], 4000)).toEqual({ waitingSinceMs: 4000 })
})
