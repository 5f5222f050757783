import { endedBefore, reportOf } from './sample.ts'
import type { ContainerEnd, Timeline } from './timeline.ts'

/**
 * How a pod's drain ended.
 * - clean: the report says that everything accepted was answered
 * - forced: the report says that the deadline, or a second signal, cut something off
 * - killed: SIGKILL when the grace period was over
 * - hookFailed: the contract drains by HTTP, and the drain began with the signal: the hook did not work
 * - outOfMemory: the kernel killed it
 * - unknown: no evidence; never taken for clean
 */
export type Outcome = 'clean' | 'forced' | 'killed' | 'hookFailed' | 'outOfMemory' | 'unknown'

export interface OutcomeExpectations {
  /** The container that drains; by default the one that left a report, else the only one. */
  container?: string
  /** How the pod's contract begins the drain. */
  method: 'HTTP' | 'Sleep' | 'None'
}

export interface DrainOutcome {
  outcome: Outcome
  /** One sentence for people. */
  message: string
  /** What was cut off, as the report of a forced drain says. */
  forced?: { connections: number; requests: number }
}

const killedBySignal = 137

/** The checks are in this order: what the kernel and kubelet say outranks the report, and loss outranks its cause. */
export function outcomeOf(timeline: Timeline, expectations: OutcomeExpectations): DrainOutcome {
  const { deletion } = timeline
  const left = reportOf(timeline, expectations.container)
  const end = left?.end ?? endOf(timeline, expectations.container)
  if (deletion === undefined) return unknown('the deletion was not seen')
  if (end === undefined) return unknown('the end of the container was not seen: force-deleted, or its node was lost')
  if (endedBefore(end, deletion)) return unknown(`${end.container} ended before the pod was deleted`)
  if (end.reason === 'OOMKilled')
    return { outcome: 'outOfMemory', message: `${end.container} was killed: out of memory` }
  if (end.reason === 'ContainerStatusUnknown') return unknown(`kubelet does not know how ${end.container} ended`)
  if (end.exitCode === killedBySignal) {
    const lastedMs = end.seenAtMs - deletion.deletionSeenAtMs
    const after = `${end.container} was killed ${(lastedMs / 1000).toFixed(1)} s after the deletion`
    if (lastedMs < (deletion.graceSeconds - 1) * 1000) return unknown(`${after}, within its grace period`)
    return { outcome: 'killed', message: `${after}, its grace period of ${deletion.graceSeconds} s was over` }
  }
  if (left === undefined) return unknown(`${end.container} exited with ${end.exitCode} and left no drain report`)
  const { report } = left
  if (report.verdict === 'forced') {
    const { requests, connections } = report.forced
    const message = `${requests} requests and ${connections} connections were cut off`
    return { outcome: 'forced', message, forced: { connections, requests } }
  }
  if (expectations.method === 'HTTP' && report.trigger === 'signal') {
    return { outcome: 'hookFailed', message: 'the preStop hook did not reach the process: SIGTERM began the drain' }
  }
  return { outcome: 'clean', message: 'everything accepted was answered' }
}

function endOf({ containers }: Timeline, container: string | undefined): ContainerEnd | undefined {
  const ends = Object.values(containers)
  if (container !== undefined) return ends.find((end) => end.container === container)
  return ends.length === 1 ? ends[0] : undefined
}

function unknown(message: string): DrainOutcome {
  return { outcome: 'unknown', message }
}
