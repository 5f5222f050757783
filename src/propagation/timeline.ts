/** The pod's deletion, as the operator came to know it. */
export interface Deletion {
  /**
   * The operator's wall clock when the watch event with the first deletionTimestamp arrived, in milliseconds. When
   * `exact` is false: deletionTimestamp - grace, which is cut to the second and therefore up to 1 s too early.
   */
  deletionSeenAtMs: number
  /** metadata.deletionTimestamp: the deadline, not the moment of deletion. ISO 8601, resolution 1 s. */
  deletionTimestamp: string
  /** metadata.deletionGracePeriodSeconds: what this deletion really granted, whatever the template says. */
  graceSeconds: number
  /** False when the deletion was read from a list (start-up, watch gap) and not seen as it happened. */
  exact: boolean
}

/** state.terminated of one container of the pod. */
export interface ContainerEnd {
  container: string
  exitCode: number
  /** Completed, Error, OOMKilled, ContainerStatusUnknown ... ; empty when kubelet gave none. */
  reason: string
  /** The termination message as it is: untrusted text. */
  message: string
  signal?: number
  /** ISO 8601, resolution 1 s, the node's clock. */
  startedAt?: string
  /** ISO 8601, resolution 1 s, the node's clock. */
  finishedAt?: string
  /** The operator's wall clock when it saw this status first, in milliseconds. */
  seenAtMs: number
}

/** Everything known about one pod's termination. Plain data: it survives JSON. */
export interface Timeline {
  podUid: string
  podName: string
  deletion?: Deletion
  /** By Service name: when an EndpointSlice showed the pod terminating, or without it. Operator's wall clock, ms. */
  slices: Readonly<Record<string, number>>
  /** By container name. */
  containers: Readonly<Record<string, ContainerEnd>>
  /** When the DELETED event came. Operator's wall clock, ms. */
  goneAtMs?: number
}

/** A timeline that nothing is known of. The pod's watch and the slices' watch race: either may come first. */
export function newTimeline(pod: { podUid: string; podName: string }): Timeline {
  return { podUid: pod.podUid, podName: pod.podName, slices: {}, containers: {} }
}

// Each function below adds one fact. They commute and are idempotent: any order and any repetition of the same facts
// gives the same timeline, because of two facts about one thing a fixed rule picks the one to keep.

/**
 * The pod was deleted. A deletion seen as it happened beats one that was reconstructed; of two alike the earlier one
 * counts, so that the write with grace 0 that kubelet ends a pod with changes nothing.
 */
export function begin(timeline: Timeline, deletion: Deletion): Timeline {
  const known = timeline.deletion
  const kept = known === undefined || before(rankOfDeletion(deletion), rankOfDeletion(known)) ? { ...deletion } : known
  return { ...timeline, deletion: kept }
}

/** An EndpointSlice of this Service showed the pod as terminating, or lost it. The first time counts. */
export function sliceFlipped(timeline: Timeline, service: string, atMs: number): Timeline {
  const known = Object.hasOwn(timeline.slices, service) ? (timeline.slices[service] ?? atMs) : atMs
  return { ...timeline, slices: { ...timeline.slices, [service]: Math.min(known, atMs) } }
}

/** A container ended. The latest end counts (a container may have crashed and restarted before the deletion). */
export function containerTerminated(timeline: Timeline, end: ContainerEnd): Timeline {
  const known = Object.hasOwn(timeline.containers, end.container) ? timeline.containers[end.container] : undefined
  const kept = known === undefined || before(rankOfEnd(end), rankOfEnd(known)) ? { ...end } : known
  return { ...timeline, containers: { ...timeline.containers, [end.container]: kept } }
}

/** The pod is gone from the API. The first time counts. */
export function gone(timeline: Timeline, atMs: number): Timeline {
  return { ...timeline, goneAtMs: Math.min(timeline.goneAtMs ?? atMs, atMs) }
}

type Rank = readonly (number | string)[]

/** Lower is better. Every field is in it, so that two ranks are equal only for equal facts. */
function rankOfDeletion(deletion: Deletion): Rank {
  return [deletion.exact ? 0 : 1, deletion.deletionSeenAtMs, -deletion.graceSeconds, deletion.deletionTimestamp]
}

function rankOfEnd(end: ContainerEnd): Rank {
  const finishedAtMs = Date.parse(end.finishedAt ?? '')
  const { exitCode, reason, message, signal, startedAt, finishedAt } = end
  return [
    Number.isNaN(finishedAtMs) ? 0 : -finishedAtMs,
    end.seenAtMs,
    JSON.stringify([exitCode, reason, message, signal, startedAt, finishedAt]),
  ]
}

function before(left: Rank, right: Rank): boolean {
  const at = left.findIndex((value, index) => value !== right[index])
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0)
}
