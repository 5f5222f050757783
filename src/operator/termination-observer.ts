import type { ReflectorEvent } from '../kube/index.ts'
import {
  begin,
  containerTerminated,
  type DrainOutcome,
  gone,
  newTimeline,
  outcomeOf,
  type Sample,
  sampleOf,
  sliceFlipped,
  type Timeline,
} from '../propagation/index.ts'
import type { PodFacts, SliceFacts } from './projections.ts'

/** One pod that ended, with what its end tells. */
export interface Drain {
  namespace: string
  deployment: string
  podName: string
  podUid: string
  sample: Sample
  outcome: DrainOutcome
}

/** A deletion that is heard of later than this is told by its deadline, which is cut to the second. */
const longestDelayMs = 1000

interface Followed {
  timeline: Timeline
  /**
   * The pod was ready once, or it was found terminating and has run: its last status may not say so any more. The end
   * of any other pod is no drain: nobody was routed to it.
   */
  served: boolean
}

/**
 * Turns the watches of pods and EndpointSlices into one Drain for each pod that ends. This is the one place that
 * depends on having seen events: a missed one costs a sample, never a decision.
 */
export class TerminationObserver {
  readonly #followed = new Map<string, Followed>()
  /** UIDs of the pods that were seen ready. */
  readonly #ready = new Set<string>()
  /** Slice flips of pods whose deletion is not seen yet: the two watches race. */
  readonly #flips = new Map<string, Map<string, number>>()
  readonly #onDrain: (drain: Drain) => void

  constructor(onDrain: (drain: Drain) => void) {
    this.#onDrain = onDrain
  }

  pod(event: ReflectorEvent<PodFacts>): void {
    const pod = event.object
    if (pod.ready) this.#ready.add(pod.uid)
    if (pod.deletionTimestamp !== undefined || event.type === 'delete') this.#follow(event)
    if (event.type === 'delete') this.#complete(pod, event.receivedAtMs)
  }

  slice(event: ReflectorEvent<SliceFacts>): void {
    const before = event.previous?.endpoints ?? {}
    const now = event.type === 'delete' ? {} : event.object.endpoints
    for (const [uid, state] of Object.entries(now)) {
      const flipped = state === 'terminating' && before[uid] !== undefined && before[uid] !== 'terminating'
      if (flipped && !event.initial) this.#flip(uid, event.object.service, event.receivedAtMs)
    }
    for (const uid of Object.keys(before)) {
      if (now[uid] === undefined && !this.#followed.has(uid)) this.#flips.delete(uid)
    }
  }

  /** How many pods are terminating; nothing else is remembered of pods that are gone. */
  get size(): number {
    return this.#followed.size
  }

  #flip(uid: string, service: string, atMs: number): void {
    const known = this.#followed.get(uid)
    if (known !== undefined) known.timeline = sliceFlipped(known.timeline, service, atMs)
    else this.#flips.set(uid, (this.#flips.get(uid) ?? new Map<string, number>()).set(service, atMs))
  }

  #follow({ object: pod, previous, initial, receivedAtMs }: ReflectorEvent<PodFacts>): void {
    const known = this.#followed.get(pod.uid)
    let timeline = known?.timeline ?? this.#start(pod)
    if (pod.deletionTimestamp !== undefined) {
      const graceSeconds = pod.deletionGracePeriodSeconds ?? 0
      const deletedAtMs = Date.parse(pod.deletionTimestamp) - graceSeconds * 1000
      // A watch that was interrupted brings what happened meanwhile as if it happened now.
      const isFresh = receivedAtMs - deletedAtMs < longestDelayMs + 1000
      const exact = isFresh && !initial && previous !== undefined && previous.deletionTimestamp === undefined
      timeline = begin(timeline, {
        deletionTimestamp: pod.deletionTimestamp,
        graceSeconds,
        exact,
        deletionSeenAtMs: exact ? receivedAtMs : deletedAtMs,
      })
    }
    for (const { reason = '', message = '', ...end } of pod.terminated) {
      timeline = containerTerminated(timeline, { ...end, reason, message, seenAtMs: receivedAtMs })
    }
    const foundTerminating = known === undefined && previous === undefined
    const served = known?.served === true || this.#ready.has(pod.uid) || (foundTerminating && pod.hasRun)
    this.#followed.set(pod.uid, { timeline, served })
  }

  #start(pod: PodFacts): Timeline {
    let timeline = newTimeline({ podUid: pod.uid, podName: pod.name })
    for (const [service, atMs] of this.#flips.get(pod.uid) ?? []) timeline = sliceFlipped(timeline, service, atMs)
    this.#flips.delete(pod.uid)
    return timeline
  }

  #complete(pod: PodFacts, atMs: number): void {
    const followed = this.#followed.get(pod.uid)
    this.#followed.delete(pod.uid)
    this.#ready.delete(pod.uid)
    if (followed === undefined || !followed.served) return
    const timeline = gone(followed.timeline, atMs)
    this.#onDrain({
      namespace: pod.namespace,
      deployment: pod.deployment,
      podName: pod.name,
      podUid: pod.uid,
      sample: sampleOf(timeline),
      outcome: outcomeOf(timeline, { method: methodOf(pod) }),
    })
  }
}

/** How this very pod was told to begin its drain, from its own specification. */
function methodOf(pod: PodFacts): 'HTTP' | 'Sleep' | 'None' {
  const kinds = pod.contract.containers.map((container) => container.preStop?.kind)
  return kinds.includes('HTTP') ? 'HTTP' : kinds.includes('Sleep') ? 'Sleep' : 'None'
}
