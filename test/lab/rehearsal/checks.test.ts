import { describe, expect, test } from 'vitest'
import { checksOf, verdictOf } from '../../../src/lab/rehearsal/checks.ts'
import type { ScenarioResult, VariantResult } from '../../../src/lab/result.ts'
import { countsOf, propagationOf, resultOf, scenarioOf, variantOf } from './results.ts'

const failed = (change: Partial<VariantResult>, maxLost = 0): string[] =>
  checksOf(scenarioOf(), resultOf(change), { maxLost })
    .filter(({ passed }) => !passed)
    .map(({ sentence }) => sentence)

describe('what a variant is asked for', () => {
  test.each([
    ['any', 0, []],
    ['any', 7, []],
    ['losses', 7, []],
    ['losses', 0, ['V: 0 of 1,000 lost, and some must be, to show the failure']],
    ['none', 0, []],
    ['none', 1, ['V: 1 of 1,000 lost, at most 0 allowed']],
  ] as const)('%s expected, %d lost', (expected, lost, sentences) => {
    expect(failed({ variant: variantOf({ expect: expected }), total: countsOf(1000, lost) })).toEqual(sentences)
  })

  test('so many may be lost as the objective allows', () => {
    const change = { variant: variantOf({ expect: 'none' }), total: countsOf(1000, 3) }
    expect(failed(change, 3)).toEqual([])
    expect(failed(change, 2)).toEqual(['V: 3 of 1,000 lost, at most 2 allowed'])
  })

  test('what was lost while it learned counts as well', () => {
    const learning = { disruptions: 2, counts: countsOf(500, 1) }
    expect(failed({ variant: variantOf({ expect: 'none' }), learning })).toEqual(['V, while it learned: 1 of 500 lost'])
    expect(failed({ variant: variantOf({ expect: 'any' }), learning })).toEqual([])
  })

  test('a disruption that did not happen, and a load that was not kept up', () => {
    expect(failed({ disruptions: [{ startMs: 2000, endMs: 4000 }] })).toEqual(['V: 1 of 2 disruptions'])
    // A tenth, and three deviations of 32.
    expect(failed({ total: countsOf(805, 0) })).toEqual(['V: 805 requests, 1,000 asked for'])
    expect(failed({ total: countsOf(806, 0) })).toEqual([])
  })

  test('a disruption that ended no pod', () => {
    const [pod] = resultOf().pods
    const sentence = 'V: 1 disruptions ended no pod, and show nothing'
    expect(failed({ pods: pod === undefined ? [] : [pod] })).toEqual([sentence])
  })

  test('none lost of next to nothing shows nothing', () => {
    const none = variantOf({ expect: 'none' })
    const sentence = 'V: 19 requests while pods ended, and fewer than 20 show nothing'
    expect(failed({ variant: none, during: countsOf(19, 0) })).toEqual([sentence])
    expect(failed({ variant: none, during: countsOf(20, 0) })).toEqual([])
    expect(failed({ during: countsOf(0, 0) })).toEqual([])
  })

  test('what was lost before anything was done is not lost to it', () => {
    const sentence = 'V: 1 lost before the first disruption, which cannot be its doing'
    const variant = variantOf({ expect: 'losses' })
    const total = countsOf(1000, 1)
    expect(failed({ variant, total, requests: [[900, 1099, 'TIMEOUT', 0]] })).toEqual([sentence])
    // It was under way when the disruption began.
    expect(failed({ variant, total, requests: [[900, 1101, 'EOF', 0]] })).toEqual([])
    expect(failed({ variant, total, requests: [[900, 5, null, 0]] })).toEqual([])
    expect(failed({ requests: [[900, 1099, 'TIMEOUT', 0]] }, 1)).toEqual([])
  })
})

describe('P against the lag that was set', () => {
  const off = (p50Ms: number, setMs: number, samples = 8): number =>
    failed({ propagation: [propagationOf({ p50Ms, samples, setMs: { p50Ms: setMs, maxMs: setMs } })] }).length

  test.each([
    [350, 300, 0],
    [351, 300, 1],
    [250, 300, 0],
    [249, 300, 1],
    [2200, 2000, 0],
    [2201, 2000, 1],
  ])('measured %d ms, in truth %d ms: %d failures', (measuredMs, setMs, failures) => {
    expect(off(measuredMs, setMs)).toBe(failures)
  })

  test('few pods prove nothing, and neither does a dataplane of somebody else', () => {
    expect(off(9000, 300, 7)).toBe(0)
    expect(failed({ propagation: [propagationOf({ p50Ms: 9000, setMs: null })] })).toEqual([])
  })
})

describe('the verdict', () => {
  const scenarioResult = (passed: boolean, variants: VariantResult[], title = 'HTTP'): ScenarioResult => ({
    scenario: scenarioOf({ title }),
    passed,
    checks: [],
    variants,
  })
  const naive = resultOf({ variant: variantOf({ expect: 'losses' }), total: countsOf(1000, 40) })
  const cured = resultOf({ variant: variantOf({ expect: 'none', policy: {} }), total: countsOf(2000, 0) })
  const between = resultOf({ variant: variantOf({ expect: 'any' }), total: countsOf(500, 5) })

  test('says what was lost with and without', () => {
    expect(verdictOf([scenarioResult(true, [naive, between, cured]), scenarioResult(true, [naive, cured])])).toEqual({
      passed: true,
      sentence: 'drainkeeper lost 0 of 4,000 requests; without it 80 of 2,000 were lost.',
    })
  })

  test('names what did not come out as expected', () => {
    expect(verdictOf([scenarioResult(true, [naive]), scenarioResult(false, [cured], 'gRPC')])).toEqual({
      passed: false,
      sentence: 'drainkeeper lost 0 of 2,000 requests; without it 40 of 1,000 were lost. Not as expected: gRPC.',
    })
  })

  test('does not speak of drainkeeper where it had no part in it', () => {
    const own = resultOf({ variant: variantOf({ expect: 'none' }), total: countsOf(2000, 3) })
    expect(verdictOf([scenarioResult(false, [naive, own])]).sentence).toBe(
      'What should lose none lost 3 of 2,000 requests; 40 of 1,000 were lost. Not as expected: HTTP.',
    )
  })

  test('without a cure, or without anything', () => {
    expect(verdictOf([scenarioResult(true, [naive])]).sentence).toBe('40 of 1,000 were lost.')
    expect(verdictOf([])).toEqual({ passed: false, sentence: 'Nothing was counted.' })
  })
})
