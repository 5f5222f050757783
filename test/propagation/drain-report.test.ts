import { readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundedReport, reportLine } from '../../src/drain-server/report/bounded-report.ts'
import { isReportProblem, parseDrainReport, type ReportProblem } from '../../src/propagation/index.ts'
import { anyReport } from '../drain-server/report/any-report.ts'
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
    ['a report so long ago that kubelet cannot have read it', `${text}\n${'x'.repeat(16_400)}`, 'notReport', /not a/],
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

describe('what was added to the first reports', () => {
  const added = {
    converged: { by: 'quiet', atMs: 1700 },
    hooks: [
      { name: 'queue', phase: 'start', durationMs: 3, outcome: 'ok' },
      { name: 'pool', phase: 'drain', durationMs: 12, outcome: 'failed' },
    ],
    errors: { count: 2, first: 'connect ECONNREFUSED' },
    exitCode: 70,
  } as const
  const peers = [{ address: '10.0.0.1', connections: 2, requests: 0, lastMs: 400 }]
  const whole = { ...valid, ...added, late: { ...valid.late, peers } }

  it('is read', () => {
    expect(parseDrainReport(JSON.stringify(whole))).toEqual(whole)
    expect(parseDrainReport(JSON.stringify({ ...whole, exitCode: null }))).toMatchObject({ exitCode: null })
    expect(parseDrainReport(JSON.stringify({ ...whole, errors: { count: 1, first: null } }))).toMatchObject({
      errors: { count: 1, first: null },
    })
  })

  const folder = new URL('reports/', import.meta.url)
  it.each(readdirSync(folder))('may be missing: %s is read as it was written', (file) => {
    const message = readFileSync(new URL(file, folder), 'utf8')
    const read = parseDrainReport(message)
    expect(read).toEqual(JSON.parse(message))
    expect(Object.keys(read)).toEqual(Object.keys(JSON.parse(message) as object))
  })

  it.each<[string, object]>([
    ['converged', { converged: { by: 'magic', atMs: 1 } }],
    ['converged', { converged: { by: 'delay', atMs: -1 } }],
    ['hooks', { hooks: 'none' }],
    ['hooks', { hooks: [{ ...added.hooks[0], outcome: 'novel' }] }],
    ['hooks', { hooks: [null] }],
    ['errors', { errors: { count: 1.5, first: null } }],
    ['errors', { errors: { count: 1, first: {} } }],
    ['exitCode', { exitCode: 256 }],
    ['exitCode', { exitCode: '0' }],
  ])('%s that cannot be read is left out, and the rest is there: %j', (field, broken) => {
    const { [field as keyof typeof added]: _, ...rest } = whole
    expect(parseDrainReport(JSON.stringify({ ...whole, ...broken }))).toStrictEqual(rest)
  })

  it.each([[{}], [[{ address: 1 }]], [[{ ...peers[0], lastMs: null }]], [null]])(
    'peers that cannot be read are left out: %j',
    (broken) => {
      const message = JSON.stringify({ ...whole, late: { ...whole.late, peers: broken } })
      expect(parseDrainReport(message)).toStrictEqual({ ...whole, late: valid.late })
    },
  )

  it('lists and texts are cut, and texts are plain', () => {
    const long = `\u001B[31m${'x'.repeat(100)}\u202E`
    const hooks = Array.from({ length: 40 }, () => ({ ...added.hooks[0], name: long }))
    const others = Array.from({ length: 40 }, () => ({ ...peers[0], address: long }))
    const errors = { count: 9, first: long.repeat(9) }
    const read = parseDrainReport(JSON.stringify({ ...whole, hooks, errors, late: { ...whole.late, peers: others } }))
    if (isReportProblem(read)) throw new Error(read.message)
    expect(read.hooks).toHaveLength(16)
    expect(read.late.peers).toHaveLength(8)
    const texts = [read.hooks?.[0]?.name, read.late.peers?.[0]?.address, read.errors?.first]
    expect(texts.map((text) => text?.length)).toEqual([48, 64, 200])
    expect(texts.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('whatever a process writes is read back as it is', () => {
    fc.assert(
      fc.property(anyReport, (found) => {
        const written = boundedReport(found)
        expect(parseDrainReport(reportLine(written))).toEqual(written)
      }),
    )
  })
})

describe('no text hurts the operator', () => {
  const long = JSON.stringify({
    ...valid,
    late: { ...valid.late, peers: [{ address: '語', connections: 1, requests: 1, lastMs: 1 }] },
    hooks: [{ name: 'pool 💥', phase: 'drain', durationMs: 5, outcome: 'ok' }],
    errors: { count: 1, first: '"quoted"' },
    exitCode: 1,
  })

  it('a report cut off at any byte', () => {
    const bytes = Buffer.from(long)
    for (let length = 0; length <= bytes.length; length += 1) {
      for (const part of [bytes.subarray(0, length), bytes.subarray(length)]) {
        const result = parseDrainReport(part.toString())
        expect(isReportProblem(result)).toBe(part.length < bytes.length)
      }
    }
  })

  /** JSON with the report's own names and any values, deep and wide. */
  const names = [
    'schema',
    'late',
    'peers',
    'hooks',
    'errors',
    'first',
    'name',
    'exitCode',
    '__proto__',
    'constructor',
    'toString',
  ]
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.double(),
      fc.constantFrom(1e308, -1, 2 ** 53, null, true, '\u0000', '\uD83D'),
      fc.array(tie('value'), { maxLength: 30 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('value')),
    ),
  })).value

  it('any value in any field: bounded, plain, and of the known fields only', () => {
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(JSON.parse(long) as object)), anyValue, { maxKeys: 3 })
    fc.assert(
      fc.property(fields, anyValue, (broken, peers) => {
        const base = JSON.parse(long) as { late: object }
        const message = JSON.stringify({ ...base, late: { ...base.late, peers }, ...broken })
        const result = parseDrainReport(message)
        expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(16_384)
        if (isReportProblem(result)) {
          expect(result.message.length).toBeLessThan(200)
          expect(result.message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          return
        }
        expect(Object.keys(JSON.parse(long) as object)).toEqual(expect.arrayContaining(Object.keys(result)))
        expect(result.hooks?.every(({ name }) => name.length <= 48) ?? true).toBe(true)
        expect(result.errors?.first?.length ?? 0).toBeLessThanOrEqual(200)
        expect(result.drainStartedAt.length).toBeLessThanOrEqual(40)
      }),
      { numRuns: 500 },
    )
    expect(({} as Record<string, unknown>)['verdict']).toBeUndefined()
  })

  it.each<[string, string]>([
    ['megabytes', 'x'.repeat(8_000_000)],
    ['megabytes of lines', '{}\n'.repeat(2_000_000)],
    ['a time with a fraction of thousands of digits', text.replace(/(2026[^"]*)Z"/, `$1${'0'.repeat(9000)}Z"`)],
    ['a schema in disguise', text.replace('/v1"', '/v1\\u202E\\u0007"')],
    ['numbers of a thousand digits', text.replace(/:\d+/g, `:${'9'.repeat(300)}`)],
    ['fields told twice', text.replace('{', '{"verdict":"forced","late":1,')],
  ])('%s', (_, message) => {
    const result = parseDrainReport(message)
    expect(JSON.stringify(result).length).toBeLessThan(4096)
    expect(JSON.stringify(result)).not.toMatch(/\\u0|[\p{Cc}\p{Cf}]/u)
  })
})
