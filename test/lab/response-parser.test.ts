import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResponseParser } from '../../src/lab/agent/protocol/http1/response-parser.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nx-pod: a\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`

interface Expected {
  readonly progress: string
  readonly status?: number
  readonly reusable?: boolean
}

const CASES: readonly (readonly [string, string, Expected])[] = [
  ['a length', `${HEAD}Content-Length: 5\r\n\r\nhello`, { progress: 'done', status: 200, reusable: true }],
  ['a length that is not reached', `${HEAD}Content-Length: 6\r\n\r\nhello`, { progress: 'more', status: 200 }],
  ['an empty body', `${HEAD}Content-Length: 0\r\n\r\n`, { progress: 'done', status: 200, reusable: true }],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', { progress: 'done', status: 204, reusable: true }],
  ['chunks', `${CHUNKED}5\r\nhello\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n`, { progress: 'done', reusable: true }],
  ['chunks with a trailer', `${CHUNKED}1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n`, { progress: 'done', reusable: true }],
  ['chunks without the last', `${CHUNKED}5\r\nhello\r\n`, { progress: 'more', status: 200 }],
  ['a chunk size that is none', `${CHUNKED}zz\r\n`, { progress: 'malformed' }],
  ['no length', `${HEAD}\r\nhello`, { progress: 'more', status: 200, reusable: false }],
  ['Connection: close', `${HEAD}Connection: close\r\nContent-Length: 0\r\n\r\n`, { progress: 'done', reusable: false }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', { progress: 'done', reusable: false }],
  [
    'HTTP/1.0 with keep-alive',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
    { progress: 'done', reusable: true },
  ],
  [
    'an interim answer first',
    `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`,
    { progress: 'done', status: 200, reusable: true },
  ],
  ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', { progress: 'done', status: 200 }],
  ['two lengths that differ', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nok`, { progress: 'malformed' }],
  ['something else', 'SSH-2.0-OpenSSH\r\n\r\n', { progress: 'malformed' }],
]

function parse(text: string, cuts: readonly number[]) {
  const bytes = Buffer.from(text)
  const parser = new ResponseParser()
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b)
  let progress = 'more'
  for (const [index, end] of [...ends, bytes.length].entries()) {
    if (progress === 'more') progress = parser.push(bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
  }
  return { progress, status: parser.status, reusable: parser.reusable, pod: parser.pod }
}

describe('a response with', () => {
  test.each(CASES)('%s', (_sentence, text, expected) => {
    expect(parse(text, [])).toMatchObject(expected)
  })

  test.each(CASES)('%s reads the same however its bytes are cut', (_sentence, text) => {
    const whole = parse(text, [])
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 500 }), { maxLength: 8 }), (cuts) => {
        expect(parse(text, cuts)).toEqual(whole)
      }),
    )
  })
})

test('the end of the connection completes only a body without a length', () => {
  const until = new ResponseParser()
  until.push(Buffer.from(`${HEAD}\r\nhel`))
  const cut = new ResponseParser()
  cut.push(Buffer.from(`${HEAD}Content-Length: 5\r\n\r\nhel`))
  expect([until.end(), cut.end(), new ResponseParser().end()]).toEqual([true, false, false])
})

test('the pod and the idle limit are read from the head', () => {
  const parser = new ResponseParser()
  parser.push(
    Buffer.from('HTTP/1.1 200 OK\r\nX-Pod: shop-1\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n'),
  )
  expect(parser).toMatchObject({ pod: 'shop-1', idleLimitMs: 5000 })
})

test('a head without an end is given up', () => {
  const parser = new ResponseParser()
  expect(parser.push(Buffer.from(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(70_000)}`))).toBe('malformed')
})
