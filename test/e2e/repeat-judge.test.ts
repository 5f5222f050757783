import { describe, expect, test } from 'vitest'
import { differenceMs, findingsOf, shortcomings, spreadOf } from '../../e2e/drain/repeat/judge.ts'
import type { LaneRun, Repetition } from '../../e2e/drain/repeat/lane.ts'
import type { Tally } from '../../e2e/drain/repeat/messages.ts'
import { seededRandom } from '../../src/cluster/seeded-random.ts'
import { renderFindings } from '../../e2e/drain/repeat/table.ts'
import { report } from '../propagation/fixtures.ts'

const drainStartedAt = '2026-03-01T12:00:00.000Z'
const startMs = Date.parse(drainStartedAt)

function repetition(lastMs: number | null, routedMs: number | null, others: Partial<Repetition> = {}): Repetition {
  const late = {
    connections: { count: lastMs === null ? 0 : 3, lastMs },
    requests: { count: 0, lastMs: null },
  }
  return {
    plan: { routedForMs: 200, drainDelayMs: 350 },
    report: report({ drainStartedAt, late, finishedMs: 400 }),
    exitCode: 0,
    routed: { connections: 9, lastAtMs: routedMs === null ? null : startMs + routedMs, lastAnsweredAtMs: null },
    ...others,
  }
}

function run(repetitions: Repetition[], lost = 0): LaneRun {
  const tally = (): Tally => ({
    sent: 10,
    answered: 10 - lost,
    lost,
    losses: lost > 0 ? [{ atMs: startMs, why: 'reset' }] : [],
  })
  return { repetitions, tallies: { closed: tally(), open: tally() } }
}

describe('the difference between report and balancer', () => {
  test.each<[string, number | null, number | null, number]>([
    ['both saw a last one', 210, 195.5, 14.5],
    ['the report is early', 100, 195, 95],
    ['the report missed all of them', null, 195, 195],
    ['nothing was routed there after drain start', null, -30, 0],
    ['nothing was ever routed there', null, null, 0],
  ])('%s', (_, told, truth, difference) => {
    expect(differenceMs(repetition(told, truth))).toBe(difference)
  })
})

test.each<[string, number, number]>([
  ['within the time in which the server accepted it', 400, 0],
  ['before it was led there', 190, 5],
  ['after it was answered', 461, 11],
])('a report that is %s', (_, told, difference) => {
  const routed = { connections: 9, lastAtMs: startMs + 195, lastAnsweredAtMs: startMs + 450 }
  expect(differenceMs(repetition(told, null, { routed }))).toBe(difference)
})

describe('a run is proof', () => {
  const control = findingsOf([run([repetition(null, 190)], 4)])
  const wanted = 2
  const good = (): Repetition[] => [repetition(200, 195), repetition(300, 299)]
  const reasons = (runs: LaneRun[], controlled = control): string[] =>
    shortcomings(findingsOf(runs), controlled, wanted)

  test('when nothing was lost, every report is right, and the control group lost', () => {
    expect(reasons([run(good().slice(0, 1)), run(good().slice(1))])).toEqual([])
  })

  test.each<[string, string[], RegExp]>([
    ['a request was lost', reasons([run(good(), 1)]), /^2 requests were lost/],
    ['repetitions are missing', reasons([run(good().slice(1))]), /^1 of 2 repetitions/],
    ['a report is too far away', reasons([run([...good(), repetition(200, 179)])]), /^1 reports are more than 20 ms/],
    [
      'a drain was forced',
      reasons([run([...good(), repetition(200, 200, { exitCode: 1 })])]),
      /^1 drains were not clean/,
    ],
    ['nothing came late', reasons([run([repetition(null, null), repetition(null, null)])]), /^no connection/],
    ['the control group lost nothing', reasons([run(good())], findingsOf([run(good())])), /^the control group/],
  ])('not when %s', (_, found, sentence) => {
    expect(found).toEqual([expect.stringMatching(sentence)])
  })
})

test('a spread is of the values that occurred', () => {
  expect(spreadOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ p50: 50, p95: 95, max: 100 })
  expect(spreadOf([7])).toEqual({ p50: 7, p95: 7, max: 7 })
  expect(spreadOf([])).toEqual({ p50: 0, p95: 0, max: 0 })
})

test('the table shows both groups, and what was lost', () => {
  const table = renderFindings(
    findingsOf([run([repetition(200, 195)], 1)]),
    findingsOf([run([repetition(null, 1)], 4)]),
  )
  expect(table).toContain('| **requests lost** | **2** | **8** |')
  expect(table).toContain('p50 5.0 ms, p95 5.0 ms, max 5.0 ms')
  expect(table).toContain(`lost at ${drainStartedAt}: reset`)
})

test('random numbers are from 0 to 1, spread, and the same for the same seed', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 1000 }, random)
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const numbers = draw(7)
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...numbers)).toBeLessThan(1)
  expect(numbers.reduce((sum, number) => sum + number, 0) / 1000).toBeCloseTo(0.5, 1)
})
