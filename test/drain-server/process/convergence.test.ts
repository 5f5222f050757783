import { array, assert, constant, integer, nat, oneof, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converge, quietPeriodMs } from '../../../src/drain-server/process/convergence.ts'
import type { ConvergenceTerms } from '../../../src/drain-server/process/convergence.ts'
import { drainReportSchema } from '../../../src/drain-server/report/report.ts'
import type { DrainReport } from '../../../src/drain-server/report/report.ts'
import { longestResolutionMs, resolutionMs, sampleOf } from '../../../src/propagation/sample.ts'

describe('the quiet period', () => {
  test.each([
    ['no traffic: silence says nothing', { windowMs: 60_000, newConnections: 0 }, Infinity],
    ['less than a second watched: neither does it', { windowMs: 999, newConnections: 1000 }, Infinity],
    ['much traffic: never less than a second', { windowMs: 60_000, newConnections: 60_000 }, 1000],
    ['3 / rate for many connections', { windowMs: 60_000, newConnections: 100 }, 1829],
    ['more for few', { windowMs: 60_000, newConnections: 3 }, 103_098],
  ])('%s', (_sentence, before, quietMs) => {
    expect(quietPeriodMs(before)).toBe(quietMs)
  })

  test('is what the operator takes as proof, or longer', () => {
    assert(
      property(integer({ min: 1000, max: 60_000 }), integer({ min: 1, max: 100_000 }), (windowMs, newConnections) => {
        const before = { windowMs, newConnections }
        const quietMs = quietPeriodMs(before)
        expect(quietMs).toBeGreaterThan(resolutionMs(before))
        expect(quietMs).toBeLessThanOrEqual(Math.max(1000, resolutionMs(before) + 2))
      }),
    )
  })
})

describe('converging', () => {
  const terms: ConvergenceTerms = { minDelayMs: 2000, delayMs: 10_000, maxDelayMs: 16_000, quietMs: 1500 }

  test.each([
    ['nothing came: quiet at the minimum', terms, null, 2000, { closes: 'quiet' }],
    ['before the minimum it is looked at again then', terms, null, 0, { lookAgainMs: 2000 }],
    ['an arrival puts the end of the quiet off', terms, 1000, 2000, { lookAgainMs: 2500 }],
    ['quiet at last, before D', terms, 1000, 2500, { closes: 'quiet' }],
    ['a quiet period beyond D ends at D', terms, 9000, 9000, { lookAgainMs: 10_000 }],
    ['silence that says nothing: all of D', { ...terms, quietMs: Infinity }, null, 5000, { lookAgainMs: 10_000 }],
    ['and then it is over', { ...terms, quietMs: Infinity }, null, 10_000, { closes: 'delay' }],
    ['quiet just at D', terms, 8500, 10_000, { closes: 'delay' }],
    ['not yet quiet at D: D is prolonged', terms, 9000, 10_000, { lookAgainMs: 10_500 }],
    ['until it is quiet', terms, 9000, 10_500, { closes: 'quiet' }],
    ['never beyond the maximum', terms, 15_000, 15_100, { lookAgainMs: 16_000 }],
    ['not even for arrivals that go on', terms, 15_900, 16_000, { closes: 'maximum' }],
    [
      'where silence says nothing, 1 s of it is enough at D',
      { ...terms, quietMs: Infinity },
      9000,
      10_000,
      { closes: 'delay' },
    ],
    ['no longer than that', { ...terms, quietMs: Infinity }, 9001, 10_000, { lookAgainMs: 10_001 }],
    ['a quiet period of 5 s is still waited for', { ...terms, quietMs: 5000 }, 5001, 10_000, { lookAgainMs: 10_001 }],
    ['a longer one is not', { ...terms, quietMs: 5001 }, 9000, 10_000, { closes: 'delay' }],
    ['a look that comes late sees what was true at D', terms, 8000, 30_000, { closes: 'delay' }],
    ['without a minimum, D is not shortened', { ...terms, minDelayMs: 10_000 }, null, 9999, { lookAgainMs: 10_000 }],
    ['without a maximum, D is not prolonged', { ...terms, maxDelayMs: 10_000 }, 9999, 10_000, { closes: 'maximum' }],
  ])('%s', (_sentence, terms, lastArrivalMs, nowMs, step) => {
    expect(converge(terms, lastArrivalMs, nowMs)).toEqual(step)
  })

  const anyTerms = record({
    gaps: array(nat(20_000), { minLength: 3, maxLength: 3 }),
    quietMs: oneof(integer({ min: 1000, max: 30_000 }), constant(Infinity)),
  }).map(({ gaps: [first = 0, second = 0, third = 0], quietMs }) => ({
    minDelayMs: first,
    delayMs: first + second,
    maxDelayMs: first + second + third,
    quietMs,
  }))
  const anyArrivals = array(nat(3000), { maxLength: 60 }).map((gaps) => {
    let atMs = 0
    return gaps.map((gapMs) => (atMs += gapMs))
  })

  /** What a drain with these arrivals does, when it looks exactly when it is told to. */
  function run(terms: ConvergenceTerms, arrivals: readonly number[]) {
    let nowMs = 0
    for (;;) {
      const lastArrivalMs = arrivals.findLast((atMs) => atMs <= nowMs) ?? null
      const step = converge(terms, lastArrivalMs, nowMs)
      if ('closes' in step) return { by: step.closes, atMs: nowMs, lastArrivalMs }
      expect(step.lookAgainMs).toBeGreaterThan(nowMs)
      nowMs = step.lookAgainMs
    }
  }

  test('never closes before the minimum, never after the maximum, and tells truly why', () => {
    assert(
      property(anyTerms, anyArrivals, (terms, arrivals) => {
        const { by, atMs, lastArrivalMs } = run(terms, arrivals)
        expect(atMs).toBeGreaterThanOrEqual(terms.minDelayMs)
        expect(atMs).toBeLessThanOrEqual(terms.maxDelayMs)
        if (by === 'delay') expect(atMs).toBe(terms.delayMs)
        if (by === 'maximum') expect(atMs).toBe(terms.maxDelayMs)
        const silenceMs = atMs - (lastArrivalMs ?? 0)
        const provable = atMs < terms.delayMs || terms.quietMs <= 5000
        if (by === 'quiet') expect(silenceMs).toBeGreaterThanOrEqual(provable ? terms.quietMs : 1000)
        else if (by === 'maximum') expect(silenceMs).toBeLessThan(terms.quietMs)
      }),
    )
  })

  test('looking more often changes nothing', () => {
    assert(
      property(anyTerms, anyArrivals, array(nat(60_000)), (terms, arrivals, looks) => {
        const { atMs } = run(terms, arrivals)
        for (const lookMs of looks.filter((lookMs) => lookMs < atMs)) {
          const lastArrivalMs = arrivals.findLast((arrivalMs) => arrivalMs <= lookMs) ?? null
          expect(converge(terms, lastArrivalMs, lookMs)).toHaveProperty('lookAgainMs')
        }
      }),
    )
  })

  test('a longer silence never keeps the listener open that a shorter one closes', () => {
    assert(
      property(anyTerms, nat(80_000), nat(80_000), nat(80_000), (terms, nowMs, one, other) => {
        const [earlier, later] = [Math.min(one, other, nowMs), Math.min(Math.max(one, other), nowMs)]
        if ('closes' in converge(terms, later, nowMs)) {
          expect(converge(terms, earlier, nowMs)).toHaveProperty('closes')
          expect(converge(terms, null, nowMs)).toHaveProperty('closes')
        }
      }),
    )
  })
})

/** The operator must be able to use what the library calls quiet, with all times rounded as they are in the report. */
test('a drain that ends by quiet is never beyond what the operator can see', () => {
  const anyDrain = record({
    windowMs: integer({ min: 10_000, max: 600_000 }),
    newConnections: integer({ min: 1, max: 100_000 }),
    lastMs: oneof(constant(null), integer({ min: 0, max: 200_000 })),
  })
  assert(
    property(anyDrain, ({ windowMs, newConnections, lastMs }) => {
      const before = { windowMs: windowMs / 10, newConnections }
      const lastArrivalMs = lastMs === null ? null : lastMs / 10
      const quietMs = quietPeriodMs(before)
      if (quietMs > longestResolutionMs) return
      const closedMs = (lastArrivalMs ?? 0) + quietMs
      const terms = { minDelayMs: 0, delayMs: 100_000, maxDelayMs: 100_000, quietMs }
      expect(converge(terms, lastArrivalMs, closedMs)).toEqual({ closes: 'quiet' })
      const report: DrainReport = {
        schema: drainReportSchema,
        trigger: 'preStop',
        drainStartedAt: '2026-01-01T00:00:00.000Z',
        drainDelayMs: 100_000,
        deadlineMs: 200_000,
        listenerClosedMs: Math.round(closedMs),
        finishedMs: Math.round(closedMs) + 1,
        before: { ...before, windowMs: Math.round(before.windowMs), requests: newConnections },
        late: {
          connections: {
            count: lastArrivalMs === null ? 0 : 1,
            lastMs: lastArrivalMs === null ? null : Math.round(lastArrivalMs),
          },
          requests: { count: 0, lastMs: null },
        },
        inFlight: { atDrainStart: 0, atListenerClose: 0, atDeadline: 0 },
        longestRequestMs: 1,
        forced: { connections: 0, requests: 0 },
        verdict: 'clean',
      }
      const deletedMs = Date.parse(report.drainStartedAt)
      const { propagation } = sampleOf({
        podUid: 'uid',
        podName: 'pod',
        deletion: { deletionSeenAtMs: deletedMs, graceSeconds: 300, exact: true },
        containers: { app: { container: 'app', seenAtMs: deletedMs + 300_000, message: JSON.stringify(report) } },
        slices: {},
      } as never)
      expect(propagation.kind).toBe('measured')
    }),
  )
})
