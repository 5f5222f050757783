import { describe, expect, test } from 'vitest'
import { assert, double, option, property, record } from 'fast-check'
import { termsFromQuery } from '../../src/drain-server/process/contract.ts'
import type { ContractTerms } from '../../src/drain-server/process/contract.ts'
import { planDrain } from '../../src/drain-server/process/plan.ts'
import type { DrainPlan } from '../../src/drain-server/process/plan.ts'

function plan(...sources: ContractTerms[]): { plan: DrainPlan; warnings: string[] } {
  const warnings: string[] = []
  return { plan: planDrain(sources, (message) => warnings.push(message)), warnings }
}

describe('planDrain', () => {
  test.each<[string, ContractTerms[], Partial<DrainPlan>]>([
    [
      'defaults',
      [],
      {
        minDelayMs: 15_000,
        delayMs: 15_000,
        maxDelayMs: 21_000,
        deadlineMs: 28_000,
        hooksUntilMs: 29_000,
        stuckAtMs: 29_500,
      },
    ],
    [
      'the operator: 2 s of 41 s',
      [{ delaySeconds: 2, graceSeconds: 41 }],
      { minDelayMs: 2000, delayMs: 2000, maxDelayMs: 4000, deadlineMs: 39_000, hooksUntilMs: 40_000 },
    ],
    [
      'the first source that states a term wins',
      [{ delaySeconds: 1 }, { delaySeconds: 9, graceSeconds: 12 }, { graceSeconds: 90, minDelaySeconds: 0.5 }],
      { minDelayMs: 500, delayMs: 1000, maxDelayMs: 2000, deadlineMs: 10_000, hooksUntilMs: 11_000 },
    ],
    [
      'a grace below 4 s gives half of it to safety',
      [{ delaySeconds: 0, graceSeconds: 3 }],
      { minDelayMs: 0, delayMs: 0, maxDelayMs: 0, deadlineMs: 1500, hooksUntilMs: 2250, stuckAtMs: 2625 },
    ],
    [
      'a stated minimum and maximum',
      [{ delaySeconds: 10, minDelaySeconds: 3, maxDelaySeconds: 27 }],
      { minDelayMs: 3000, delayMs: 10_000, maxDelayMs: 27_000 },
    ],
    ['a maximum that is D', [{ delaySeconds: 10, maxDelaySeconds: 10 }], { delayMs: 10_000, maxDelayMs: 10_000 }],
  ])('%s', (_sentence, sources, expected) => {
    expect(plan(...sources)).toEqual({ plan: expect.objectContaining(expected), warnings: [] })
  })

  const fit = 'does not fit into the grace period of 30 s (deadline 28 s, at least 1 s of it for requests)'
  test.each<[string, ContractTerms, Partial<DrainPlan>, string]>([
    [
      'a delay that leaves requests less than a second is shortened',
      { delaySeconds: 60, graceSeconds: 30 },
      { delayMs: 27_000, maxDelayMs: 27_000 },
      `the drain delay of 60 s ${fit}: shortened to 27 s`,
    ],
    [
      'and so is the maximum',
      { delaySeconds: 5, maxDelaySeconds: 28 },
      { delayMs: 5000, maxDelayMs: 27_000 },
      `the maximum drain delay of 28 s ${fit}: shortened to 27 s`,
    ],
    [
      'a minimum above D does not prolong it',
      { delaySeconds: 5, minDelaySeconds: 6 },
      { minDelayMs: 5000, delayMs: 5000, maxDelayMs: 10_000 },
      'the minimum of 6 s is above the drain delay of 5 s: it is never shortened',
    ],
    [
      'a maximum below D does not shorten it',
      { delaySeconds: 5, maxDelaySeconds: 4 },
      { minDelayMs: 5000, delayMs: 5000, maxDelayMs: 5000 },
      'the maximum of 4 s is below the drain delay of 5 s: it is never prolonged',
    ],
  ])('%s, and a warning says so', (_sentence, terms, expected, warning) => {
    expect(plan(terms)).toEqual({ plan: expect.objectContaining(expected), warnings: [warning] })
  })

  test('its moments are in their order, and requests have a second of the deadline, whatever is stated', () => {
    const term = (min: number, max: number) => option(double({ min, max, noNaN: true }), { nil: undefined })
    const terms = record({
      delaySeconds: term(0, 3600),
      graceSeconds: term(1, 86_400),
      minDelaySeconds: term(0, 3600),
      maxDelaySeconds: term(0, 3600),
    })
    assert(
      property(terms, (stated) => {
        const present = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined))
        const { minDelayMs, delayMs, maxDelayMs, deadlineMs, hooksUntilMs, stuckAtMs } = plan(present).plan
        const graceMs = (stated.graceSeconds ?? 30) * 1000
        const moments = [0, minDelayMs, delayMs, maxDelayMs, deadlineMs, hooksUntilMs, stuckAtMs, graceMs]
        expect(moments).toEqual(moments.toSorted((left, right) => left - right))
        expect(maxDelayMs).toBeLessThanOrEqual(Math.max(0, deadlineMs - 1000))
      }),
    )
  })
})

describe('termsFromQuery', () => {
  test.each([
    ['', {}],
    ['delaySeconds=2&graceSeconds=41', { delaySeconds: 2, graceSeconds: 41 }],
    ['delaySeconds=0&other=1', { delaySeconds: 0 }],
    ['delaySeconds=3600&graceSeconds=86400', { delaySeconds: 3600, graceSeconds: 86_400 }],
    ['delaySeconds=1.5', { delaySeconds: 1.5 }],
  ])('%s', (query, terms) => {
    expect(termsFromQuery(new URLSearchParams(query))).toEqual(terms)
  })

  test.each([
    ['delaySeconds=abc', "delaySeconds must be a number of seconds from 0 to 3600, got 'abc'"],
    ['delaySeconds=', "delaySeconds must be a number of seconds from 0 to 3600, got ''"],
    ['delaySeconds=-1', "delaySeconds must be a number of seconds from 0 to 3600, got '-1'"],
    ['delaySeconds=3601', "delaySeconds must be a number of seconds from 0 to 3600, got '3601'"],
    ['delaySeconds=1e3', "delaySeconds must be a number of seconds from 0 to 3600, got '1e3'"],
    ['delaySeconds=2s', "delaySeconds must be a number of seconds from 0 to 3600, got '2s'"],
    ['graceSeconds=0', "graceSeconds must be a number of seconds from 1 to 86400, got '0'"],
  ])('%s is refused', (query, message) => {
    expect(() => termsFromQuery(new URLSearchParams(query))).toThrow(
      expect.objectContaining({ code: 'ERR_DRAIN_PARAMETER', message }),
    )
  })
})
