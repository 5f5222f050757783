import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type GroupMember, groupRuleDefaults, groupTurns } from '../../src/pacing/index.ts'

const rules = { ...groupRuleDefaults, leaseMs: 100, placeMs: 1000 }
const waiting = (key: string, waitingSinceMs: number, renewedMs = 5000): GroupMember => ({
  key,
  waitingSinceMs,
  renewedMs,
})
const rolling = (key: string, admittedMs: number, renewedMs = 5000): GroupMember => ({
  ...waiting(key, admittedMs, renewedMs),
  admittedMs,
})
const turns = (...members: GroupMember[]) => [...groupTurns(members, rules, 5000)]

test.each([
  ['the one that waits longest goes first', [waiting('b', 1), waiting('a', 2)], ['b']],
  ['by key where that is equal', [waiting('b', 1), waiting('a', 1)], ['a']],
  ['nobody beside one that rolls', [rolling('a', 4500), waiting('b', 1)], ['a']],
  ['nobody waits for one that is dead', [rolling('a', 4500, 4900), waiting('b', 1)], ['b']],
  ['nobody waits longer than its place lasts', [rolling('a', 4000), waiting('b', 1)], ['a', 'b']],
  ['a dead one does not wait in the way', [waiting('a', 1, 4900), waiting('b', 2)], ['b']],
])('%s', (_, members, expected) => {
  expect(turns(...members)).toEqual(expected)
})

test('everybody rolls in the end, in the order of waiting, and never more than the budget at once', () => {
  const histories = fc.record({
    budget: fc.integer({ min: 1, max: 3 }),
    waits: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 12 }),
    lengths: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 12, maxLength: 12 }),
  })
  fc.assert(
    fc.property(histories, ({ budget, waits, lengths }) => {
      const admitted = new Map<number, number>()
      const order: number[] = []
      let waitingOnes = [...waits]
      for (let now = 60; waitingOnes.length + admitted.size > 0; now++) {
        expect(now).toBeLessThan(60 + 12 * 31)
        for (const [since, atMs] of admitted) if (now - atMs >= (lengths[since % 12] ?? 1)) admitted.delete(since)
        const members = [
          ...waitingOnes.map((since) => waiting(String(since), since, now)),
          ...[...admitted].map(([since, atMs]) => ({ ...rolling(String(since), atMs, now), waitingSinceMs: since })),
        ]
        const turn = groupTurns(members, { ...rules, budget }, now)
        for (const since of waitingOnes.filter((since) => turn.has(String(since))).toSorted((a, b) => a - b)) {
          admitted.set(since, now)
          order.push(since)
        }
        waitingOnes = waitingOnes.filter((since) => !admitted.has(since))
        expect(admitted.size).toBeLessThanOrEqual(budget)
      }
      expect(order).toEqual(waits.toSorted((a, b) => a - b))
    }),
  )
})
