import { expect, it } from 'vitest'
import { newTimeline, type OutcomeExpectations, outcomeOf, type Timeline } from '../../src/propagation/index.ts'
import { ended, report } from './fixtures.ts'

const http: OutcomeExpectations = { method: 'HTTP' }
const forced = report({ forced: { connections: 2, requests: 1 }, verdict: 'forced' })
const bySignal = report({ trigger: 'signal' })
const noDeletion: Timeline = { ...newTimeline(ended()), containers: ended().containers }
const twoContainers = {
  ...ended({ message: '' }),
  containers: { ...ended({ message: '' }).containers, proxy: { ...ended().containers['app'], message: '' } },
} as Timeline

it.each<[string, Timeline, OutcomeExpectations, string, RegExp]>([
  ['everything was answered', ended(), http, 'clean', /answered/],
  ['the deadline cut requests off', ended({ report: forced, exitCode: 1 }), http, 'forced', /1 requests and 2 conn/],
  ['the hook failed', ended({ report: bySignal }), http, 'hookFailed', /SIGTERM/],
  ['the contract sleeps, so the signal is the start', ended({ report: bySignal }), { method: 'Sleep' }, 'clean', /./],
  ['loss outranks a failed hook', ended({ report: { ...forced, trigger: 'signal' } }), http, 'forced', /./],
  [
    '137 at the end of grace',
    ended({ message: '', exitCode: 137, reason: 'Error', endSeenMs: 30_100 }),
    http,
    'killed',
    /30.1 s/,
  ],
  [
    '137 up to a second before',
    ended({ message: '', exitCode: 137, reason: 'Error', endSeenMs: 29_000 }),
    http,
    'killed',
    /./,
  ],
  ['137 earlier', ended({ message: '', exitCode: 137, reason: 'Error', endSeenMs: 28_999 }), http, 'unknown', /within/],
  [
    '137 with a grace that was cut at deletion',
    ended({ exitCode: 137, graceSeconds: 2, endSeenMs: 2100 }),
    http,
    'killed',
    /of 2 s/,
  ],
  [
    'out of memory, though at the end of grace',
    ended({ exitCode: 137, reason: 'OOMKilled', endSeenMs: 30_100 }),
    http,
    'outOfMemory',
    /./,
  ],
  [
    'kubelet lost track',
    ended({ exitCode: 137, reason: 'ContainerStatusUnknown', endSeenMs: 30_100 }),
    http,
    'unknown',
    /kubelet/,
  ],
  ['exit 0 is no evidence', ended({ message: 'bye' }), http, 'unknown', /exited with 0 and left no drain report/],
  ['the container had ended before', ended({ endSeenMs: 0 }), http, 'unknown', /before the pod was deleted/],
  ['the end was not seen', { ...ended(), containers: {} }, http, 'unknown', /not seen/],
  ['nobody knows which of two containers drains', twoContainers, http, 'unknown', /not seen/],
  ['of two containers the named one', twoContainers, { method: 'HTTP', container: 'app' }, 'unknown', /app exited/],
  ['the deletion was not seen', noDeletion, http, 'unknown', /deletion was not seen/],
])('%s', (_, timeline, expectations, outcome, message) => {
  expect(outcomeOf(timeline, expectations)).toMatchObject({ outcome, message: expect.stringMatching(message) })
})

it('tells what a forced drain cut off, and of no other drain', () => {
  expect(outcomeOf(ended({ report: forced, exitCode: 1 }), http).forced).toEqual({ connections: 2, requests: 1 })
  expect(outcomeOf(ended(), http)).not.toHaveProperty('forced')
})
