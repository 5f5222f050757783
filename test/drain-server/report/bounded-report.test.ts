import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundedReport, longestReportBytes, reportLine } from '../../../src/drain-server/report/bounded-report.ts'
import type { DrainReport, HookReport, LatePeer } from '../../../src/drain-server/report/report.ts'
import { plainText, reportLimits } from '../../../src/drain-server/report/report.ts'
import { report } from '../../propagation/fixtures.ts'
import { anyReport } from './any-report.ts'

const hook = (name: string, outcome: HookReport['outcome'] = 'ok'): HookReport => ({
  name,
  phase: 'drain',
  durationMs: 5,
  outcome,
})
const peer = (address: string, lastMs = 5): LatePeer => ({ address, connections: 1, requests: 2, lastMs })
const withPeers = (peers: LatePeer[]): DrainReport['late'] => ({ ...report().late, peers })
const names = ({ hooks }: DrainReport): string[] | undefined => hooks?.map(({ name }) => name)

describe('a bounded report', () => {
  test('fits into a termination message as one line of JSON, whatever is in it', () => {
    fc.assert(
      fc.property(anyReport, (found) => {
        const given = structuredClone(found)
        const line = reportLine(boundedReport(found))
        expect(found).toEqual(given)
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(longestReportBytes)
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(JSON.parse(line)).toEqual(boundedReport(found))
        expect(line).not.toMatch(/\\u00|\\ud/)
      }),
    )
  })

  test('keeps what fits as it is', () => {
    const full = report({
      late: withPeers([peer('10.0.0.1'), peer('fe80::1')]),
      hooks: [hook('pool'), hook('queue', 'failed')],
      errors: { count: 2, first: 'boom' },
      converged: { by: 'delay', atMs: 2000 },
      exitCode: 0,
    })
    expect(boundedReport(full)).toEqual(full)
  })

  test('of the first version stays as it is', () => {
    expect(Object.keys(boundedReport(report()))).toEqual(Object.keys(report()))
    expect(boundedReport(report())).toEqual(report())
  })

  test('lists the peers that came last, and no hook that went well when there are too many', () => {
    const peers = Array.from({ length: 20 }, (_, index) => peer(`10.0.0.${index}`, 1000 - index))
    const hooks = [hook('first'), hook('failed', 'failed'), ...Array.from({ length: 16 }, (_, at) => hook(`ok ${at}`))]
    const bounded = boundedReport(report({ late: withPeers(peers), hooks }))
    expect(bounded.late.peers).toEqual(peers.slice(0, reportLimits.peers))
    expect(names(bounded)).toEqual(['first', 'failed', ...Array.from({ length: 14 }, (_, at) => `ok ${at}`)])
  })

  test('of failed hooks only keeps the first ones', () => {
    const hooks = Array.from({ length: 20 }, (_, at) => hook(`${at}`, 'failed'))
    expect(names(boundedReport(report({ hooks })))).toEqual(Array.from({ length: 16 }, (_, at) => `${at}`))
  })

  test('gives up hooks that went well before peers, and peers before hooks that failed', () => {
    const wide = '語'.repeat(64)
    const peers = Array.from({ length: 8 }, (_, at) => peer(`${wide.slice(1)}${at}`, 100 - at))
    const failed = Array.from({ length: 8 }, (_, at) => hook(`${wide.slice(17)}${at}`, 'failed'))
    const ok = Array.from({ length: 8 }, (_, at) => hook(`ok ${at}`))
    const some = boundedReport(report({ late: withPeers(peers), hooks: [...ok, ...failed] }))
    expect(some.hooks).toEqual(failed)
    expect(some.late.peers).toEqual(peers.slice(0, some.late.peers?.length))
    expect(some.late.peers?.length).toBeGreaterThan(0)
    expect(some.late.peers?.length).toBeLessThan(8)
    const all = Array.from({ length: 16 }, (_, at) => hook(`${wide.slice(17)}${at % 10}`, 'failed'))
    const full = boundedReport(
      report({ late: withPeers(peers), hooks: all, errors: { count: 1, first: '語'.repeat(200) } }),
    )
    expect(full.late.peers).toEqual([])
    expect(full.hooks).toEqual(all.slice(0, full.hooks?.length))
    expect(full.errors?.first).toHaveLength(200)
  })
})

describe('plain text', () => {
  test.each<[string, string, string]>([
    ['stays as it is', 'connect ECONNREFUSED 10.0.0.1:5432', 'connect ECONNREFUSED 10.0.0.1:5432'],
    ['is one line', ' a\r\n\tb\u2028c\u0085d ', 'a b c d'],
    ['has no terminal colours or bidirectional marks', '\u001B[31mred\u202Eder', '[31mred der'],
    ['has no half characters', 'a\uD83Db', 'a b'],
    ['keeps whole ones', 'a💥b', 'a💥b'],
    ['is cut with an ellipsis', 'x'.repeat(50), `${'x'.repeat(39)}…`],
    ['is not cut within a character', `${'x'.repeat(38)}💥x`, `${'x'.repeat(38)}…`],
    ['of megabytes is cut too', 'x'.repeat(5_000_000), `${'x'.repeat(39)}…`],
  ])('%s', (_, text, plain) => {
    expect(plainText(text, 40)).toBe(plain)
  })
})
