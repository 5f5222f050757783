import type { KubeApi } from './api.ts'
import type { Clock } from './clock.ts'

/** The object that an event is about. */
export interface ObjectReference {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
  uid?: string
}

/** One thing to tell. */
export interface EventNote {
  regarding: ObjectReference
  related?: ObjectReference
  type: 'Normal' | 'Warning'
  /** UpperCamelCase, at most 128 characters. */
  reason: string
  /** What was done, UpperCamelCase, e.g. `Measure`. @default the reason */
  action?: string
  /** For people; cut at 1024 characters. */
  note: string
}

export interface EventRecorderOptions {
  api: KubeApi
  clock: Clock
  /** e.g. `drainkeeper.dev/operator`. */
  reportingController: string
  /** e.g. the pod's name. */
  reportingInstance: string
  /** Notes that wait to be sent; more are dropped. @default 1000 */
  capacity?: number
  /** Why a note was lost. */
  onError?: (error: unknown) => void
  onDrop?: (note: EventNote, why: 'RateLimited' | 'QueueFull') => void
}

/** Writes events.k8s.io/v1 Events: the same note again becomes a count on the same Event, not another one. */
export interface EventRecorder {
  /** Never throws and never waits. */
  record(note: EventNote): void
  /** Resolves when everything recorded so far was sent or given up. */
  flush(): Promise<void>
}

export function createEventRecorder(_options: EventRecorderOptions): EventRecorder {
  throw new Error('not implemented')
}
