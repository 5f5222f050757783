import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReportProblem, parseDrainReport, type ReportProblem } from '../../src/propagation/index.ts'
import { report } from './fixtures.ts'

const valid = report()
const text = JSON.stringify(valid)

describe('a drain report is read', () => {
  it.each<[string, string]>([
    ['alone', text],
    ['with a line break after it', `${text}\n`],
    ['after the output of another program', `shutting down\n{"level":30,"msg":"bye"}\n${text}\n\n`],
    ['before a last line that is no JSON', `${text}\n{ bye`],
    ['with unknown fields', JSON.stringify({ ...valid, novel: { deep: [1] }, late: { ...valid.late, novel: 1 } })],
    ['with an own __proto__ field', text.replace('{', '{"__proto__":{"verdict":"forced"},')],
  ])('%s', (_, message) => {
    expect(parseDrainReport(message)).toEqual(valid)
  })

  it('gives back what was written, for every report that can be', () => {
    const count = fc.nat(1e9)
    const late = fc.option(fc.nat(1000)).map((lastMs) => ({ count: lastMs === null ? 0 : 3, lastMs }))
    const reports = fc.record({
      finishedMs: fc.integer({ min: 1000, max: 1e6 }),
      listenerClosedMs: fc.option(fc.nat(1000)),
      before: fc.record({
        windowMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
        newConnections: count,
        requests: count,
      }),
      late: fc.record({ connections: late, requests: late }),
    })
    fc.assert(
      fc.property(reports, (part) => {
        expect(parseDrainReport(JSON.stringify(report(part)))).toEqual(JSON.parse(JSON.stringify(report(part))))
      }),
    )
  })
})

describe('what is no drain report is refused with its reason', () => {
  it.each<[string, string, ReportProblem['problem'], RegExp]>([
    ['an empty message', '', 'empty', /empty/],
    ['white space', ' \n\t\n', 'empty', /empty/],
    ['text of another program', 'panic: runtime error', 'notReport', /not a drain report/],
    ['a report that lost its end', text.slice(0, -5), 'notReport', /cut off/],
    ['a report that lost its beginning', text.slice(5), 'notReport', /cut off/],
    ['JSON of another program', '{"level":50,"msg":"bye"}', 'notReport', /without a schema/],
    [
      'a schema that is only inherited',
      '{"__proto__":{"schema":"drainkeeper.dev/drain-report/v1"}}',
      'notReport',
      /schema/,
    ],
    ['a newer schema', text.replace('/v1', '/v2'), 'unknownSchema', /drain-report\/v2"$/],
    ['a missing field', JSON.stringify({ ...valid, before: undefined }), 'invalid', /^before/],
    ['a drain start that is no time', text.replace(/"2026[^"]*"/, '"soon"'), 'invalid', /^drainStartedAt/],
    ['a time without a zone', text.replace(/(2026[^"]*)Z"/, '$1"'), 'invalid', /^drainStartedAt/],
    ['an unknown trigger', text.replace('preStop', 'mood'), 'invalid', /^trigger/],
    ['a count without a time', text.replace('"lastMs":400', '"lastMs":null'), 'invalid', /^late.connections/],
    ['a time without a count', text.replace('"count":40', '"count":0'), 'invalid', /^late.connections/],
    ['a close after the end', text.replace('"listenerClosedMs":2000', '"listenerClosedMs":9000'), 'invalid', /after/],
    ['an arrival after the end', text.replace('"lastMs":400', '"lastMs":9000'), 'invalid', /after/],
  ])('%s', (_, message, problem, sentence) => {
    expect(parseDrainReport(message)).toEqual({ problem, message: expect.stringMatching(sentence) })
  })

  const hostile = [
    '-1',
    '1e308',
    '1e999',
    'NaN',
    '"12"',
    'true',
    '[]',
    '{}',
    '-0.5',
    '"__proto__"',
    `"${'x'.repeat(5000)}"`,
  ]
  const numbers = [...text.matchAll(/"(\w+)":(?:\d+)/g)].map(([field]) => field)

  it.each(hostile.map((value) => [value.slice(0, 20), value]))('the value %s in any number', (_, value) => {
    expect(numbers.length).toBe(17)
    for (const field of numbers) {
      const result = parseDrainReport(text.replace(field, field.replace(/:.*/, `:${value}`)))
      expect(isReportProblem(result), field).toBe(true)
      expect((result as ReportProblem).message.length).toBeLessThan(200)
    }
  })

  it('any text, any JSON, any report with one piece replaced: a result, never an exception', () => {
    const spliced = fc
      .tuple(fc.nat(text.length), fc.nat(40), fc.oneof(fc.string(), fc.json()))
      .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json(), spliced), (message) => {
        const result = parseDrainReport(message)
        if (isReportProblem(result)) return
        // What passed is harmless: finite, not negative, and of the fields' own types.
        const plain = JSON.stringify(result)
        expect(plain).not.toMatch(/null,"finishedMs"|-\d+(?=[,}])|e\+/)
        expect(Object.keys(result)).toEqual(Object.keys(valid))
      }),
      { numRuns: 2000 },
    )
  })

  it('nesting and length that would exhaust a naive reader', () => {
    expect(parseDrainReport(`{"a":${'['.repeat(200_000)}`)).toMatchObject({ problem: 'notReport' })
    expect(parseDrainReport('{'.repeat(200_000))).toMatchObject({ problem: 'notReport' })
    expect(parseDrainReport('{\n'.repeat(200_000))).toMatchObject({ problem: 'notReport' })
  })
})
