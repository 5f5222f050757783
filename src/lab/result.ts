import type { Check } from './measure/verdict.ts'
import type { Latency } from './measure/outcome.ts'
import type { Scenario, Variant } from './scenario.ts'

/** Everything that a rehearsal found: what the report, the summary, `--json` and CI are made of. */
export interface Rehearsal {
  readonly schema: 'drainkeeper.dev/rehearsal/v1'
  /** ISO 8601. */
  readonly startedAt: string
  readonly seconds: number
  readonly cluster: {
    readonly kind: 'embedded' | 'kubeconfig'
    readonly nodes: readonly string[]
    readonly kubernetesVersion: string
  }
  /** drainkeeper, node, machine, commit where known. */
  readonly versions: Readonly<Record<string, string>>
  readonly passed: boolean
  /** Somebody ended it: the scenarios are those that were over. */
  readonly interrupted: boolean
  /** The verdict in one sentence. */
  readonly sentence: string
  readonly scenarios: readonly ScenarioResult[]
  /** What could not be taken away from the cluster, and how to do it, in sentences. */
  readonly leftBehind: readonly string[]
  /** Of every process that the rehearsal started and its own, at most at one time; null where unknown. */
  readonly peakMemoryBytes: number | null
}

export interface ScenarioResult {
  readonly scenario: Scenario
  readonly passed: boolean
  readonly checks: readonly Check[]
  readonly variants: readonly VariantResult[]
}

/** How many, and how: kinds are `5xx`-like statuses, `ECONNRESET`, `ECONNREFUSED`, `TIMEOUT`, `UNAVAILABLE` ... */
export interface Counts {
  readonly requests: number
  readonly ok: number
  readonly lost: number
  readonly lostByKind: Readonly<Record<string, number>>
  readonly latency: Latency | null
  /** Attempts beyond the first, where clients retry. */
  readonly retries: number
  /**
   * Requests that lost nothing and still had to go elsewhere at least once: refused before they were begun, or ended with a
   * goodbye in the middle of a stream. A client that cannot do that would have lost them.
   */
  readonly moved: number
}

export interface VariantResult {
  readonly variant: Variant
  /** How far the load generator itself was late, at most: above some ms the machine was too busy. */
  readonly maxSendDelayMs: number
  readonly total: Counts
  readonly before: Counts
  readonly during: Counts
  readonly after: Counts
  readonly seconds: number
  /** What came before, so that the operator could measure; not a part of any figure besides. Null where nothing did. */
  readonly learning: { readonly disruptions: number; readonly counts: Counts } | null
  /** All times below are milliseconds from the start of this variant's load. */
  readonly disruptions: readonly { readonly startMs: number; readonly endMs: number }[]
  readonly pods: readonly PodTimeline[]
  /** Requests for the scatter: every lost one, and a sample of the others. */
  readonly requests: readonly RequestDot[]
  /** Second by second, by when they were due. */
  readonly perSecond: readonly SecondCounts[]
  readonly propagation: readonly MeasuredPropagation[]
  readonly contract: AppliedContract | null
  readonly recommendations: readonly string[]
}

export interface SecondCounts {
  readonly requests: number
  readonly lost: number
  /** What clients made of these requests: above `requests` where they retried. Absent: as many. */
  readonly attempts?: number
}

/** [start ms, duration ms, lost kind or null, index into `pods` or -1] */
export type RequestDot = readonly [number, number, string | null, number]

/** A pod's life; null where it did not happen or could not be seen. */
export interface PodTimeline {
  readonly name: string
  readonly node: string
  readonly readyMs: number | null
  readonly deletedMs: number | null
  /** Its EndpointSlice no longer says ready. */
  readonly sliceFlippedMs: number | null
  readonly drainStartMs: number | null
  readonly lastLateMs: number | null
  readonly listenerClosedMs: number | null
  readonly exitedMs: number | null
  readonly exitCode: number | null
  /** As Kubernetes or the drain report says: `Completed`, `killed at grace`, `forced`. */
  readonly ending: string | null
}

/** How long after a deletion the pod still got new connections through one node. */
export interface MeasuredPropagation {
  readonly service: string
  readonly node: string
  /** Pods of which it is known; without any, the times are 0 and mean nothing. */
  readonly samples: number
  /** Pods that had ended when this node may still have sent to them: it takes longer than they served. */
  readonly cutShort: number
  readonly p50Ms: number
  readonly maxMs: number
  /**
   * When that node's proxy itself let go of the pods, where the cluster is ours: the lag that was set, and what the API
   * and a busy machine added to it. Median and most.
   */
  readonly setMs: { readonly p50Ms: number; readonly maxMs: number } | null
  /** What the operator concluded for the service: its upper bound. */
  readonly operatorBoundMs: number | null
}

export interface AppliedContract {
  readonly drainDelaySeconds: number
  readonly terminationGracePeriodSeconds: number
  /** The formula with its figures, as the policy's status says it. */
  readonly because: string
}
