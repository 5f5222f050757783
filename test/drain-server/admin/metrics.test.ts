import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderMetrics } from '../../../src/drain-server/admin/metrics.ts'
import { systemClock } from '../../../src/drain-server/clock.ts'
import type { HookReport } from '../../../src/drain-server/report/report.ts'
import { Traffic } from '../../../src/drain-server/traffic/traffic.ts'
import { version } from '../../../src/drain-server/version.ts'
import { readExposition } from './exposition.ts'

const hook = (name: string, durationMs: number, outcome: HookReport['outcome'] = 'ok'): HookReport => ({
  name,
  phase: 'drain',
  durationMs,
  outcome,
})

function render(...hooks: HookReport[]): ReturnType<typeof readExposition> {
  return readExposition(renderMetrics(new Traffic(systemClock), 'converging', hooks))
}

test('every family has its type, and every label value is there from the start', () => {
  const { types, samples } = render()
  expect(types).toEqual(
    new Map([
      ['drain_server_info', 'gauge'],
      ['drain_server_requests_in_flight', 'gauge'],
      ['drain_server_requests_total', 'counter'],
      ['drain_server_request_duration_seconds', 'histogram'],
      ['drain_server_phase', 'gauge'],
      ['drain_server_late_arrivals_total', 'counter'],
      ['drain_server_hook_duration_seconds', 'gauge'],
    ]),
  )
  expect(samples.get('drain_server_phase{phase="converging"}')).toBe(1)
  expect(samples.get('drain_server_phase{phase="serving"}')).toBe(0)
  expect(samples.get('drain_server_requests_total{code="5xx"}')).toBe(0)
  expect(samples.get('drain_server_late_arrivals_total{kind="requests"}')).toBe(0)
  expect(samples.get('drain_server_request_duration_seconds_bucket{le="+Inf"}')).toBe(0)
})

test('the version is the one of package.json', () => {
  const path = new URL('../../../src/drain-server/package.json', import.meta.url)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version })
  expect(render().samples.get(`drain_server_info{version="${version}"}`)).toBe(1)
})

test('hooks are told in seconds; those of one name and outcome as their sum', () => {
  const { samples } = render(hook('pool', 1500), hook('pool', 500), hook('pool', 250, 'failed'))
  expect(samples.get('drain_server_hook_duration_seconds{hook="pool",outcome="ok"}')).toBe(2)
  expect(samples.get('drain_server_hook_duration_seconds{hook="pool",outcome="failed"}')).toBe(0.25)
})

test('any name of a hook is read back as it is', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary-ascii' }),
        fc.constantFrom('\uD83D', 'pool 💥', '\u2028', 'a"b\\n\\"\n'),
      ),
      (name) => {
        const { labels } = render(hook(name, 1))
        expect(labels.find(({ hook }) => hook !== undefined)).toEqual({ hook: name, outcome: 'ok' })
      },
    ),
  )
})
