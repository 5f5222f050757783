import { describe, expect, test } from 'vitest'
import { podTimeline } from '../../../src/lab/rehearsal/pod-timeline.ts'
import { observedPod } from './pods.ts'

const report = (fields: object): string =>
  JSON.stringify({
    schema: 'drainkeeper.dev/drain-report/v1',
    drainStartedAt: '1970-01-01T00:00:10.050Z',
    listenerClosedMs: 1500,
    late: { connections: { count: 3, lastMs: 400 }, requests: { count: 1, lastMs: 700 } },
    verdict: 'clean',
    ...fields,
  })

describe("a pod's timeline", () => {
  test('counts from the start that is given', () => {
    expect(podTimeline(observedPod(), 5000)).toEqual({
      name: 'a',
      node: 'node-1',
      readyMs: -4000,
      deletedMs: 5000,
      sliceFlippedMs: 5020,
      drainStartMs: null,
      lastLateMs: null,
      listenerClosedMs: null,
      exitedMs: 7000,
      exitCode: 0,
      ending: 'Completed',
    })
  })

  test('has what the drain report says, on the same clock', () => {
    expect(podTimeline(observedPod({ terminationMessage: report({}) }), 5000)).toMatchObject({
      drainStartMs: 5050,
      lastLateMs: 5750,
      listenerClosedMs: 6550,
    })
  })

  test('knows no late arrival, and no close, where the report has none', () => {
    const message = report({
      late: { connections: { lastMs: null }, requests: { lastMs: null } },
      listenerClosedMs: null,
    })
    expect(podTimeline(observedPod({ terminationMessage: message }), 5000)).toMatchObject({
      drainStartMs: 5050,
      lastLateMs: null,
      listenerClosedMs: null,
    })
  })

  test.each(['', 'Error: boom', '{"schema":"drainkeeper.dev/drain-report/v1"', '{"schema":"other"}'])(
    'takes %j for no report',
    (terminationMessage) => {
      expect(podTimeline(observedPod({ terminationMessage }), 0)).toMatchObject({ drainStartMs: null })
    },
  )

  test('has no end where none was seen', () => {
    expect(podTimeline(observedPod({ endedMs: null, goneMs: null }), 0).exitedMs).toBeNull()
    expect(podTimeline(observedPod({ endedMs: null }), 0).exitedMs).toBe(12_100)
  })

  test.each([
    ['SIGKILL when grace was over', { exitCode: 137, exitReason: 'Error', graceSeconds: 2 }, 'killed at grace'],
    ['SIGKILL long before', { exitCode: 137, exitReason: 'Error', graceSeconds: 30 }, 'Error'],
    ['SIGKILL for its memory', { exitCode: 137, exitReason: 'OOMKilled', graceSeconds: 2 }, 'OOMKilled'],
    ['an error at the end of grace', { exitCode: 1, exitReason: 'Error', graceSeconds: 2 }, 'Error'],
    ['a forced drain', { exitCode: 0, terminationMessage: report({ verdict: 'forced' }) }, 'forced'],
    ['nobody knows', { exitCode: null, exitReason: null }, null],
  ])('%s', (_, fields, ending) => {
    expect(podTimeline(observedPod(fields), 0).ending).toBe(ending)
  })
})
