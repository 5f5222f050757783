import { createKubeApi } from './api.ts'
import { Backoff } from './backoff.ts'
import type { Cache, Indexes } from './cache.ts'
import type { Clock, Random } from './clock.ts'
import { isKubeError, KubeError } from './kube-error.ts'
import type { KubeList, KubeObject } from './object.ts'
import { type Arrival, ReflectedCache, type ReflectorEvent } from './reflected-cache.ts'
import type { Resource } from './resource.ts'
import type { Transport } from './transport.ts'
import { isEndOfInitialEvents, parseWatchLine, type WatchLine } from './watch-line.ts'
import { openWatch } from './watch-stream.ts'

/**
 * Where a reflector is:
 * Empty (knows nothing, or nothing that it can resume from) -> Listing -> Listed (knows everything up to a version) ->
 * Watching -> Listed (disconnected: resume) or Empty (the version is gone: list again).
 */
export type ReflectorState = 'Empty' | 'Listing' | 'Listed' | 'Watching' | 'Stopped'

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
  indexes?: Indexes<T>
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

/** A reflector that knows nothing yet; `start()` it. */
export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  return new WatchingReflector(options)
}

/** A watch that ends sooner than this after it opened has failed: wait before the next. */
const shortestWatchMs = 1000

class WatchingReflector<T> implements Reflector<T> {
  readonly cache: ReflectedCache<T>
  readonly synced: Promise<void>
  readonly #options: ReflectorOptions<T>
  readonly #backoff: Backoff
  /**
   * A server that has forgotten our version has answered: how long it could not be reached before says nothing of how soon
   * to list. One that forgets each version at once is not asked ever faster either.
   */
  readonly #forgotten: Backoff
  readonly #ending = new AbortController()
  readonly #syncing = Promise.withResolvers<void>()
  #state: ReflectorState = 'Empty'
  /** The version up to which the cache is complete; undefined exactly while there is nothing to resume from. */
  #resumeVersion: string | undefined
  #streamList: boolean
  #pageSize: number
  /** When the present watch was opened; undefined while none is. */
  #openedMs: number | undefined
  #running: Promise<void> | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#streamList = options.streamList ?? true
    this.#pageSize = options.pageSize ?? 500
    const { clock, random = Math.random } = options
    this.#backoff = new Backoff({ clock, random })
    this.#forgotten = new Backoff({ clock, random })
    this.cache = new ReflectedCache(options)
    this.synced = this.#syncing.promise
    // Nobody has to wait for it.
    this.synced.catch(() => {})
  }

  get state(): ReflectorState {
    return this.#state
  }

  get lastSeenResourceVersion(): string | undefined {
    return this.#resumeVersion
  }

  onEvent(handler: (event: ReflectorEvent<T>) => void): () => void {
    return this.cache.onEvent(handler)
  }

  start(): void {
    if (this.#ending.signal.aborted) throw new KubeError('Aborted', 'a stopped reflector cannot be started again')
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    const stopped = new KubeError('Aborted', 'the reflector was stopped')
    this.#ending.abort(stopped)
    await this.#running
    this.#enter('Stopped')
    this.#syncing.reject(stopped)
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      let delayMs = 0
      this.#openedMs = undefined
      try {
        if (this.#resumeVersion !== undefined || this.#streamList) await this.#watch()
        else await this.#listPages()
        if (this.#openedMs !== undefined) delayMs = this.#delayAfterWatchMs(this.#backoff)
      } catch (error) {
        delayMs = this.#recover(error)
      }
      if (this.#ending.signal.aborted) return
      this.#enter(this.#resumeVersion === undefined ? 'Empty' : 'Listed')
      if (delayMs > 0) await this.#options.clock.sleep(delayMs, this.#ending.signal).catch(() => {})
    }
  }

  /** Reads one watch to its end: from the version to resume from, or else the present state and then its changes. */
  async #watch(): Promise<void> {
    const resourceVersion = this.#resumeVersion
    let listed = resourceVersion === undefined ? new Set<string>() : undefined
    this.#enter(listed === undefined ? 'Listed' : 'Listing')
    const batches = await openWatch({
      ...this.#options,
      signal: this.#ending.signal,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    })
    this.#openedMs = this.#options.clock.monotonicMs()
    if (listed === undefined) this.#enter('Watching')
    for await (const batch of batches) {
      for (const text of batch.lines) {
        if (this.#ending.signal.aborted) return
        const line = parseWatchLine(text)
        if (line.type === 'BOOKMARK') {
          if (listed !== undefined && isEndOfInitialEvents(line.object)) {
            this.#completeList(listed, line.object.metadata.resourceVersion, batch)
            listed = undefined
            this.#enter('Watching')
          }
        } else {
          this.#take(line, batch, listed)
        }
        if (listed === undefined) this.#resumeVersion = line.object.metadata.resourceVersion ?? this.#resumeVersion
      }
    }
    if (listed !== undefined && !this.#ending.signal.aborted) {
      // A server that ends the watch before it has said that the list is complete may not know WatchList at all.
      this.#streamList = false
    }
  }

  #take(line: WatchLine, arrival: Arrival, listed: Set<string> | undefined): void {
    const initial = listed !== undefined
    if (line.type === 'DELETED') {
      this.cache.delete(line.object, arrival, initial)
      return
    }
    const key = this.cache.upsert(line.object, arrival, initial)
    listed?.add(key)
  }

  async #listPages(): Promise<void> {
    this.#enter('Listing')
    const { clock, transport, resource } = this.#options
    const api = createKubeApi(transport)
    const listed = new Set<string>()
    let page: KubeList<KubeObject> | undefined
    do {
      page = await api.list<KubeObject>(resource, {
        ...this.#options,
        signal: this.#ending.signal,
        ...(this.#pageSize > 0 ? { limit: this.#pageSize } : {}),
        ...(page?.metadata.continue === undefined ? {} : { continue: page.metadata.continue }),
      })
      const arrival = { receivedAtMs: clock.now(), receivedMonotonicMs: clock.monotonicMs() }
      for (const raw of page.items) {
        if (this.#ending.signal.aborted) return
        listed.add(this.cache.upsert(raw, arrival, true))
      }
      if (!page.metadata.continue) this.#completeList(listed, page.metadata.resourceVersion, arrival)
    } while (page.metadata.continue)
  }

  #completeList(listed: ReadonlySet<string>, resourceVersion: string | undefined, arrival: Arrival): void {
    this.cache.deleteAllBut(listed, arrival)
    this.#resumeVersion = resourceVersion
    this.#pageSize = this.#options.pageSize ?? 500
    this.#enter('Listed')
    this.#syncing.resolve()
  }

  /** Decides from where to go on after an error, and returns how long to wait before. */
  #recover(error: unknown): number {
    if (this.#ending.signal.aborted) return 0
    const listing = this.#resumeVersion === undefined
    if (listing && this.#streamList && isKubeError(error, 'Invalid')) {
      // The server does not offer WatchList: list in pages, at once.
      this.#streamList = false
      return 0
    }
    this.#options.onError?.(error)
    if (listing && isKubeError(error, 'Gone')) {
      // A continue token expired: the whole list in one page cannot.
      this.#pageSize = 0
    }
    const forgotten = !listing && isUnusableVersion(error)
    if (forgotten) this.#resumeVersion = undefined
    const askedMs = isKubeError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0
    return Math.max(askedMs, this.#delayAfterWatchMs(forgotten ? this.#forgotten : this.#backoff))
  }

  /** None after a watch that lived: a server ends watches, and connections break. */
  #delayAfterWatchMs(backoff: Backoff): number {
    const nowMs = this.#options.clock.monotonicMs()
    const lived = this.#openedMs !== undefined && nowMs - this.#openedMs >= shortestWatchMs
    return lived ? 0 : backoff.delayMs()
  }

  #enter(state: ReflectorState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.onStateChange?.(state)
  }
}

/** Whether no watch can ever be resumed from the version that was asked for. */
function isUnusableVersion(error: unknown): boolean {
  if (!isKubeError(error)) return false
  const tooLarge = error.causes.some((cause) => cause.reason === 'ResourceVersionTooLarge')
  return tooLarge || error.code === 'Gone' || error.code === 'Invalid'
}
