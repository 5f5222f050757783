import { describe, expect, test } from 'vitest'
import { renderMetrics } from '../../src/drain-server/admin/metrics.ts'
import { Traffic } from '../../src/drain-server/traffic/traffic.ts'
import { ExpositionError, parseSamples } from '../../src/signals/pods/exposition.ts'
import { countersOf, createScrape } from '../../src/signals/pods/scrape.ts'

describe('the text format', () => {
  test.each([
    ['m 1', [{ labels: {}, value: 1 }]],
    ['m{a="b"} 1.5e3 1700000000000', [{ labels: { a: 'b' }, value: 1500 }]],
    ['m{a="b",c="d",} 2\r', [{ labels: { a: 'b', c: 'd' }, value: 2 }]],
    [String.raw`m{a="q\"b\\n\nx"} 3`, [{ labels: { a: 'q"b\\n\nx' }, value: 3 }]],
    ['m{a="}{ 4"} 4', [{ labels: { a: '}{ 4' }, value: 4 }]],
    [
      'm NaN\n# HELP m x\nother{x="y"} +Inf\n\nm{a="b"} -Inf',
      [
        { labels: {}, value: Number.NaN },
        { labels: { a: 'b' }, value: -Infinity },
      ],
    ],
    ['m_total 1', []],
  ])('%j', (text, samples) => expect(parseSamples(text, 'm')).toEqual(samples))

  test.each([
    '<html>',
    'm',
    'm one',
    'm 0x10',
    'm{a=b} 1',
    'm{a="b} 1',
    'm{a="b",a="c"} 1',
    'm{,} 1',
    'm 1\nm 2',
    'm{a="1",b="2"} 1\nm{b="2",a="1"} 1',
    '{"a":1}',
  ])('refuses %j', (text) => expect(() => parseSamples(text, 'm')).toThrow(ExpositionError))
})

describe('what a pod answers', () => {
  test('is what drain-server says', () => {
    const traffic = new Traffic({ nowMs: () => 0 } as never)
    Object.assign(traffic.outcomes, { '2xx': 12, '5xx': 3, forced: 1 })
    const answer = countersOf(renderMetrics(traffic, 'serving'))
    expect(answer.kind === 'counters' && Object.fromEntries(answer.counters)).toEqual(traffic.outcomes)
  })

  test.each([
    ['<!doctype html>\n<p>500</p>', 'Malformed', 'the metrics of a pod: a line is not of the text format'],
    ['up 1', 'NoData', 'a pod has no metric drain_server_requests_total: is that the admin port of drain-server?'],
    ['', 'NoData', 'a pod has no metric drain_server_requests_total: is that the admin port of drain-server?'],
    ['drain_server_requests_total 1', 'Malformed', 'drain_server_requests_total of a pod has no label code'],
    ...['NaN', '-1', '+Inf', '1.5', '1e300'].map((value) => [
      `drain_server_requests_total{code="2xx"} ${value}`,
      'Impossible',
      'drain_server_requests_total of a pod is not a whole number of requests',
    ]),
  ])('%j is silent: %s', (text, reason, message) => {
    expect(countersOf(text)).toEqual({ kind: 'silent', reason, message })
  })

  test.each([
    ['10.0.0.7', 'http://10.0.0.7:9909/metrics'],
    ['fd00::7', 'http://[fd00::7]:9909/metrics'],
  ])('%s is asked for its metrics', async (address, url) => {
    const asked: string[] = []
    const scrape = createScrape(
      (question) => {
        asked.push(question.url.href)
        return Promise.resolve({ kind: 'body', text: '' })
      },
      { timeoutMs: 1, limitBytes: 1 },
    )
    await scrape({ address, port: 9909 })
    expect(asked).toEqual([url])
  })
})
