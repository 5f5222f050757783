import type { Watched, WatchedPod } from '../stage/index.ts'
import type { PodState } from './events.ts'

/** What the watches told of one pod. Times are this process's wall clock, in milliseconds; null: it did not happen. */
export interface ObservedPod {
  readonly uid: string
  name: string
  node: string
  ip: string
  readyMs: number | null
  deletedMs: number | null
  /** What it was given to end in. */
  graceSeconds: number | null
  /** Its EndpointSlice says it is not ready any more. */
  sliceFlippedMs: number | null
  /** Its containers had ended. */
  endedMs: number | null
  goneMs: number | null
  exitCode: number | null
  exitReason: string | null
  terminationMessage: string | null
}

/** Keeps what happens to the pods of one app, and tells each change of state. It knows only what happens after its start. */
export class PodLog {
  readonly #pods = new Map<string, ObservedPod>()
  readonly #states = new Map<string, PodState>()
  readonly #stops: (() => void)[]

  constructor(watched: Watched, app: string, onState: (pod: ObservedPod, state: PodState) => void) {
    this.#stops = [
      watched.pods.onEvent(({ type, object, receivedAtMs }) => {
        if (object.labels['app'] !== app) return
        const pod = this.#pods.get(object.uid) ?? newPod(object.uid)
        this.#pods.set(object.uid, pod)
        take(pod, object, receivedAtMs)
        if (type === 'delete') pod.goneMs ??= receivedAtMs
        const state = stateOf(pod, object)
        if (state === this.#states.get(object.uid)) return
        this.#states.set(object.uid, state)
        onState(pod, state)
      }),
      watched.slices.onEvent(({ type, object, previous, receivedAtMs }) => {
        const ready = new Set(type === 'delete' ? [] : object.ready)
        for (const uid of previous?.ready ?? []) {
          // The slice may be heard of before the deletion that flipped it.
          const pod = this.#pods.get(uid)
          if (!ready.has(uid) && pod !== undefined) pod.sliceFlippedMs ??= receivedAtMs
        }
      }),
    ]
  }

  /** Those that were seen, first come first, as they are known now. */
  list(): ObservedPod[] {
    return structuredClone([...this.#pods.values()])
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}

function newPod(uid: string): ObservedPod {
  return {
    uid,
    name: '',
    node: '',
    ip: '',
    readyMs: null,
    deletedMs: null,
    graceSeconds: null,
    sliceFlippedMs: null,
    endedMs: null,
    goneMs: null,
    exitCode: null,
    exitReason: null,
    terminationMessage: null,
  }
}

function take(pod: ObservedPod, seen: WatchedPod, atMs: number): void {
  pod.name = seen.name
  pod.node = seen.node
  if (seen.ip !== '') pod.ip = seen.ip
  if (seen.ready) pod.readyMs ??= atMs
  if (seen.deleting && pod.deletedMs === null) {
    pod.deletedMs = atMs
    pod.graceSeconds = seen.graceSeconds ?? null
  }
  if (seen.ended) pod.endedMs ??= atMs
  pod.exitCode ??= seen.exitCode ?? null
  pod.exitReason ??= seen.exitReason ?? null
  pod.terminationMessage ??= seen.terminationMessage ?? null
}

function stateOf(pod: ObservedPod, seen: WatchedPod): PodState {
  if (pod.goneMs !== null) return 'gone'
  if (seen.ended) return 'ended'
  if (seen.deleting) return 'terminating'
  if (seen.ready) return 'ready'
  return pod.readyMs === null ? 'starting' : 'not-ready'
}
