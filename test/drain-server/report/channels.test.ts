import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { onTestFinished, expect, test } from 'vitest'
import {
  drainChannels,
  publishHook,
  publishLateArrival,
  publishPhase,
  publishReport,
} from '../../../src/drain-server/report/channels.ts'
import { report } from '../../propagation/fixtures.ts'

const phase = { phase: 'converging', from: 'serving', trigger: 'preStop', atMs: 0 } as const
const arrival = { kind: 'connections', atMs: 12, peer: '10.0.0.1' } as const
const hook = { name: 'pool', phase: 'drain', durationMs: 3, outcome: 'ok' } as const

test.each<[name: keyof typeof drainChannels, channel: string, publish: () => void, message: unknown]>([
  ['phase', 'drain-server:phase', () => publishPhase(phase), phase],
  ['lateArrival', 'drain-server:late-arrival', () => publishLateArrival(arrival), arrival],
  ['hook', 'drain-server:hook', () => publishHook(hook), hook],
  ['report', 'drain-server:report', () => publishReport(report()), report()],
])('%s is published on %s to who listens', (name, channel, publish, message) => {
  expect(drainChannels[name]).toBe(channel)
  const heard: unknown[] = []
  const hear = (message: unknown): number => heard.push(message)
  publish()
  subscribe(channel, hear)
  onTestFinished(() => void unsubscribe(channel, hear))
  publish()
  expect(heard).toEqual([message])
})
