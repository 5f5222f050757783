import type { Clock, Random } from './clock.ts'
import type { KubeObject } from './object.ts'
import type { Cache } from './cache.ts'
import type { Resource } from './resource.ts'
import type { Transport } from './transport.ts'

/**
 * Where a reflector is:
 * Empty (knows nothing, or nothing that it can resume from) -> Listing -> Listed (knows everything up to a version) ->
 * Watching -> Listed (disconnected: resume) or Empty (the version is gone: list again).
 */
export type ReflectorState = 'Empty' | 'Listing' | 'Listed' | 'Watching' | 'Stopped'

/** A change of one object, as the cache has already taken it. */
export interface ReflectorEvent<T> {
  type: 'upsert' | 'delete'
  namespace: string | undefined
  name: string
  uid: string
  /** As it is now; for a delete, the last that was seen of it (the final state where the watch delivered one). */
  object: T
  /** What the cache held before; absent for a new object. */
  previous?: T
  /** Wall time at which the line arrived, taken before it was parsed. */
  receivedAtMs: number
  /** The same moment on the monotonic clock. */
  receivedMonotonicMs: number
  /** It comes from a list (the first, or one after a gap): when it happened is unknown. Never measure with it. */
  initial: boolean
}

export interface ReflectorOptions<T> {
  transport: Transport
  clock: Clock
  random?: Random
  resource: Resource
  /** Absent: all namespaces. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** Takes from the raw object the fields to keep. `undefined` drops the object. */
  project: (raw: KubeObject) => T | undefined
  /** Named indexes of the cache: the keys under which an object is found. */
  indexes?: Readonly<Record<string, (object: T) => readonly string[]>>
  /** Objects of one page when listing. @default 500 */
  pageSize?: number
  /** Stream the list where the server can (WatchList). @default true */
  streamList?: boolean
  /** What went wrong: failed requests, handlers that threw. The reflector goes on by itself. */
  onError?: (error: unknown) => void
  onStateChange?: (state: ReflectorState) => void
}

/** Keeps a projected copy of a collection, and tells handlers what changed. */
export interface Reflector<T> {
  readonly cache: Cache<T>
  readonly state: ReflectorState
  /** Resolves when the cache first holds everything. Rejects (Aborted) when stopped before that. */
  readonly synced: Promise<void>
  /** The newest version seen, from events and bookmarks. Opaque; compare by length, then lexically. */
  readonly lastSeenResourceVersion: string | undefined
  /** Handlers are called in order, synchronously, after the cache has changed. Returns the way to remove it. */
  onEvent(handler: (event: ReflectorEvent<T>) => void): () => void
  start(): void
  /** Stops at once, in whatever state; resolves when nothing runs any more. */
  stop(): Promise<void>
}

export function createReflector<T>(_options: ReflectorOptions<T>): Reflector<T> {
  throw new Error('not implemented')
}
