import { describe, expect, test } from 'vitest'
import {
  type Counts,
  type CountsByOrigin,
  defaultTerms,
  judgeOf,
  limitOf,
  type Reading,
  silences,
} from '../../../src/pacing/index.ts'

const judge = judgeOf(defaultTerms)
const heard = (counts: CountsByOrigin): Reading => ({ kind: 'counts', counts })
const of = (errors: number, requests: number): Counts => ({ requests, errors })

describe('a verdict on counts', () => {
  test.each([
    ['no requests', { service: of(0, 0) }, 'Inconclusive', 'TooFewRequests'],
    ['all failed, fewer than minRequests', { service: of(99, 99) }, 'Inconclusive', 'TooFewRequests'],
    ['a few good ones', { service: of(0, 500) }, 'Inconclusive', 'Undecided'],
    ['many good ones', { service: of(0, 4000) }, 'Healthy', undefined],
    ['5 %', { service: of(10, 200) }, 'Breached', undefined],
    ['one error of a hundred', { service: of(1, 100) }, 'Inconclusive', 'Undecided'],
    ['between the objective and twice that', { service: of(15, 10_000) }, 'Inconclusive', 'Undecided'],
    ['more errors than requests', { service: of(3, 2) }, 'Inconclusive', 'Impossible'],
    ['NaN', { service: of(Number.NaN, 200) }, 'Inconclusive', 'Impossible'],
    ['negative', { service: of(-1, 200) }, 'Inconclusive', 'Impossible'],
  ])('%s', (_, counts, kind, reason) => {
    const verdict = judge(heard(counts))
    expect(verdict.kind).toBe(kind)
    expect(verdict.kind === 'Inconclusive' ? verdict.reason : undefined).toBe(reason)
  })

  test.each(silences)('%s is no health and no failure', (reason) => {
    const verdict = judge({ kind: 'silent', reason, message: 'told in our words' })
    expect(verdict).toMatchObject({ kind: 'Inconclusive', reason, interval: { lower: 0, upper: 1 } })
    expect(verdict.because).toBe(`no data (${reason}): told in our words`)
  })

  test('says the least that would decide, and that does decide', () => {
    const verdict = judge(heard({ service: of(1, 500) }))
    if (verdict.kind !== 'Inconclusive' || verdict.needed === undefined) throw new Error('expected to be in doubt')
    const { healthy, breached } = verdict.needed
    expect(judge(heard({ service: of(1, 500 + healthy) })).kind).toBe('Healthy')
    expect(judge(heard({ service: of(1, 499 + healthy) })).kind).toBe('Inconclusive')
    expect(judge(heard({ service: of(1 + breached, 500 + breached) })).kind).toBe('Breached')
    expect(judge(heard({ service: of(breached, 499 + breached) })).kind).toBe('Inconclusive')
    expect(verdict.because).toContain(`at least ${healthy} more without an error`)
  })

  test('says every figure in one sentence', () => {
    expect(judge(heard({ service: of(10, 200) })).because).toMatch(
      /^service failed 10 of 200 requests \(5 %, between [\d.]+ % and [\d.]+ %\), evidence \S+ of 100: above the limit of 0\.1 % \(the objective\)$/,
    )
    expect(judge(heard({ service: of(0, 4000) })).because).toMatch(
      /^service failed 0 of 4000 requests \(0 %, between 0 % and [\d.]+ %\), evidence \S+ of 20: below 0\.2 %, 2 x the limit; the limit is 0\.1 % \(the objective\)$/,
    )
  })

  test('refuses terms that cannot be met', () => {
    for (const wrong of [{ objective: 0 }, { alpha: 1 }, { beta: 0 }, { factor: 1 }, { burst: 0 }]) {
      expect(() => judgeOf({ ...defaultTerms, ...wrong })).toThrow(RangeError)
    }
  })
})

describe('attribution', () => {
  const good = of(0, 5000)

  test.each([
    ['draining', 'LongerDrainDelay'],
    ['newVersion', 'PauseOrRollback'],
    ['background', 'Nothing'],
  ] as const)('errors of %s: %s', (origin, cure) => {
    const counts = { draining: good, newVersion: good, background: good, [origin]: of(20, 200) }
    const verdict = judge(heard(counts))
    expect(verdict.kind).toBe('Breached')
    expect(verdict.attribution.filter(({ blamed }) => blamed)).toMatchObject([{ origin, cure, counts: of(20, 200) }])
  })

  test('a service that is not told apart has no known cure', () => {
    expect(judge(heard({ service: of(20, 200) })).attribution).toMatchObject([{ origin: 'service', cure: 'Unknown' }])
  })

  test('a new version is not healthy because of the others', () => {
    const young = { draining: good, newVersion: of(0, 200), background: of(0, 1_000_000) }
    expect(judge(heard(young)).kind).toBe('Inconclusive')
    expect(judge(heard({ ...young, newVersion: good })).kind).toBe('Healthy')
  })

  test('several origins share alpha: each needs three times the evidence of one', () => {
    const { attribution } = judge(heard({ draining: good, newVersion: good, background: good }))
    for (const { enough } of attribution) expect(enough).toBeCloseTo(3 / defaultTerms.alpha)
  })
})

describe('a baseline', () => {
  const always = of(100, 20_000)

  test('excuses what was so before', () => {
    const same = heard({ service: of(25, 5000) })
    expect(judgeOf(defaultTerms)(same).kind).toBe('Breached')
    expect(judgeOf(defaultTerms, always)(same).kind).not.toBe('Breached')
  })

  test('does not excuse what is worse', () => {
    const verdict = judgeOf(defaultTerms, always)(heard({ service: of(50, 1000) }))
    expect(verdict.kind).toBe('Breached')
    expect(verdict.because).toContain('the baseline of 100 in 20000')
  })

  test('is taken at the most that it can have been, at a share of alpha', () => {
    const limit = limitOf(defaultTerms, always)
    expect(limit.by).toBe('baseline')
    expect(limit.rate).toBeGreaterThan(0.005)
    expect(limit.rate).toBeLessThan(0.01)
    expect(limit.alpha).toBeCloseTo(0.0075, 6)
    expect(limitOf({ ...defaultTerms, tolerance: 0.01 }, always).rate).toBeCloseTo(limit.rate + 0.01, 6)
    // The smaller it is, the more it may have been.
    expect(limitOf(defaultTerms, of(10, 2000)).rate).toBeGreaterThan(limit.rate)
  })

  test.each([
    ['too small', of(1, 10)],
    ['within the objective', of(10, 20_000)],
    ['empty', of(0, 0)],
  ])('that is %s excuses nothing', (_, baseline) => {
    expect(limitOf(defaultTerms, baseline)).toMatchObject({ by: 'objective', rate: 0.001, alpha: 0.01 })
  })
})

describe('steps', () => {
  const before = { service: of(10, 50_000) }
  const after = { service: of(17, 50_150) }

  test('a fault that begins with a step is not diluted by what was good before', () => {
    expect(judge(heard(after)).kind).not.toBe('Breached')
    expect(judge(heard(after), [{}, before]).kind).toBe('Breached')
  })
})

test('bursts count once: ten errors together are one in a tenth of the requests', () => {
  const together = heard({ service: of(10, 1000) })
  expect(judge(together).kind).toBe('Breached')
  expect(judgeOf({ ...defaultTerms, burst: 10 })(together).kind).toBe('Inconclusive')
})
