import { describe, expect, test } from 'vitest'
import { concerns } from '../../e2e/drain/conformance/case.ts'
import type { Case } from '../../e2e/drain/conformance/case.ts'
import { cases } from '../../e2e/drain/conformance/cases/index.ts'
import { parseResponses } from '../../e2e/drain/conformance/clients/http1-responses.ts'
import { controlOf } from '../../e2e/drain/conformance/control.ts'
import { atLeast, containing, Facts, oneOf } from '../../e2e/drain/conformance/facts.ts'
import type { Cell } from '../../e2e/drain/conformance/judge.ts'
import { renderFailure, renderTable } from '../../e2e/drain/conformance/table.ts'
import { bare, targets } from '../../e2e/drain/conformance/target.ts'

function cell(name: string, target: string, passed: boolean): Cell {
  return { case: name, target, passed, facts: [], broken: undefined, transcript: [], durationMs: 1 }
}

describe('the conformance suite', () => {
  test('has no case twice, and none that concerns no target', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(cases.filter((one) => !targets.some((target) => concerns(one, target))).map(({ name }) => name)).toEqual([])
  })

  test('gives a target the cases of its protocols that need nothing it lacks', () => {
    const one: Case = { name: 'one', protocols: ['http1', 'grpc'], needs: ['admin'], run: () => Promise.resolve() }
    const http = targets.find(({ name }) => name === 'http')
    const http2 = targets.find(({ name }) => name === 'http2')
    expect([http, http2, bare].map((target) => target && concerns(one, target))).toEqual([true, false, false])
  })

  test('a fact that does not hold says what was expected and what was seen', () => {
    const facts = new Facts()
    facts.judge('same', ['ok'], ['ok'])
    facts.judge('other', ['ok'], ['lost'])
    facts.judge('enough', 1, atLeast(2))
    facts.judge('part', 'a long text', containing('short'))
    facts.judge('choice', 'b', oneOf('a', 'b'))
    expect(facts.failed).toEqual([
      { sentence: 'other', held: false, wanted: "[ 'lost' ]", seen: "[ 'ok' ]" },
      { sentence: 'enough', held: false, wanted: 'at least 2', seen: '1' },
      { sentence: 'part', held: false, wanted: 'contains "short"', seen: '"a long text"' },
    ])
    const failure = renderFailure({
      ...cell('a case', 'http', false),
      facts: facts.all,
      transcript: ['client: sent ""'],
    })
    expect(failure).toEqual([
      'FAIL http: a case',
      '  other',
      "    expected [ 'lost' ]",
      "    seen     [ 'ok' ]",
      '  enough',
      '    expected at least 2',
      '    seen     1',
      '  part',
      '    expected contains "short"',
      '    seen     "a long text"',
      '    | client: sent ""',
    ])
  })

  test('shows a case that does not concern a target as a blank', () => {
    expect(renderTable([cell('one', 'a', true), cell('two', 'a', false), cell('two', 'b', true)], ['a', 'b'])).toEqual([
      '     a     b',
      'one  ok',
      'two  FAIL  ok',
    ])
  })

  test('the control is convincing only when at least half of the cases fail without the library', () => {
    expect(controlOf([cell('one', 'bare', false), cell('two', 'bare', true)])).toEqual({
      failed: ['one'],
      passed: ['two'],
      convincing: true,
    })
    expect(
      controlOf([cell('one', 'bare', false), cell('two', 'bare', true), cell('three', 'bare', true)]).convincing,
    ).toBe(false)
    expect(controlOf([]).convincing).toBe(false)
  })
})

describe('what a client makes of the bytes that came', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'

  test('responses by length and by chunks, one after the other', () => {
    const chunked =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n'
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n'
    const responses = parseResponses(`${interim}${head}ok${chunked}`, true)
    expect(responses.map(({ status, body, complete }) => [status, body, complete])).toEqual([
      [100, '', true],
      [200, 'ok', true],
      [200, 'ok!', true],
    ])
    expect(responses[2]?.headers['connection']).toBe('close')
  })

  test.each([
    ['a body that is too short', `${head}o`],
    ['a chunk without the last one', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'],
    ['a last chunk without its end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent'],
  ])('%s is no complete response', (_, bytes) => {
    expect(parseResponses(bytes, true).map(({ complete }) => complete)).toEqual([false])
  })

  test('a body that only FIN ends is complete with it', () => {
    const bytes = 'HTTP/1.1 200 OK\r\n\r\nok'
    expect(parseResponses(bytes, false)[0]?.complete).toBe(false)
    expect(parseResponses(bytes, true)[0]?.complete).toBe(true)
  })
})
