import { channel } from 'node:diagnostics_channel'
import type { Phase } from '../process/phase.ts'
import type { DrainReport, DrainTrigger, HookReport } from './report.ts'

/** The names of the channels of node:diagnostics_channel that a drain publishes to. */
export const drainChannels = {
  phase: 'drain-server:phase',
  lateArrival: 'drain-server:late-arrival',
  hook: 'drain-server:hook',
  report: 'drain-server:report',
} as const

/** On `drain-server:phase`: the process is in another phase. Back in serving means that the drain was called off. */
export interface PhaseMessage {
  phase: Phase
  /** The phase before. */
  from: Phase
  trigger: DrainTrigger
  /** Milliseconds since drain start. */
  atMs: number
}

/** On `drain-server:late-arrival`: work came after drain start. */
export interface LateArrivalMessage {
  /** connections: a new connection brought its first request; requests: an old connection brought another one. */
  kind: 'connections' | 'requests'
  /** Milliseconds since drain start. */
  atMs: number
  /** The peer's address, without its port; `unknown` when the connection is gone already, or has none. */
  peer: string
}

/** On `drain-server:hook`: a hook, at drain start or at the end, has ended, or was given up. */
export type HookMessage = HookReport

/** On `drain-server:report`: the drain is over. */
export type ReportMessage = DrainReport

const phaseChannel = channel(drainChannels.phase)
const lateArrivalChannel = channel(drainChannels.lateArrival)
const hookChannel = channel(drainChannels.hook)
const reportChannel = channel(drainChannels.report)

export function publishPhase(message: PhaseMessage): void {
  if (phaseChannel.hasSubscribers) phaseChannel.publish(message)
}

export function publishLateArrival(message: LateArrivalMessage): void {
  if (lateArrivalChannel.hasSubscribers) lateArrivalChannel.publish(message)
}

export function publishHook(message: HookMessage): void {
  if (hookChannel.hasSubscribers) hookChannel.publish(message)
}

export function publishReport(message: ReportMessage): void {
  if (reportChannel.hasSubscribers) reportChannel.publish(message)
}
