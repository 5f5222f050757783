import { createHash } from 'node:crypto'
import type { KubeApi } from './api.ts'
import type { Clock } from './clock.ts'
import { ExpiringMap } from './expiring-map.ts'
import { isKubeError } from './kube-error.ts'
import { microTime } from './lease-record.ts'
import type { KubeObject } from './object.ts'
import { events } from './resource.ts'
import { TokenBucket } from './token-bucket.ts'

/** The object that an event is about. */
export interface ObjectReference {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
  uid?: string
  /** The part of it that the event is about, e.g. `spec.containers{app}`. */
  fieldPath?: string
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

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new AggregatingRecorder(options)
}

/** The same note within this time counts on the same Event. */
const seriesWindowMs = 600_000
/** Of one object, as client-go's EventSourceObjectSpamFilter: a burst, then one in five minutes. */
const burst = 25
const refillMs = 300_000
const mostAttempts = 3
const noteLength = 1024

/** A note on its way, with how often it was recorded since the last write. */
interface Pending {
  note: EventNote
  count: number
  lastMs: number
}

class AggregatingRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #pending = new Map<string, Pending>()
  /** Events written before, by name; only those that may still get a count. */
  readonly #series = new ExpiringMap<{ count: number }>(seriesWindowMs)
  readonly #buckets = new ExpiringMap<TokenBucket>(burst * refillMs)
  #sending: Promise<void> | undefined

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  record(note: EventNote): void {
    const { clock, capacity = 1000, onDrop } = this.#options
    const name = eventName(note)
    const nowMs = clock.monotonicMs()
    const waiting = this.#pending.get(name)
    if (waiting !== undefined) {
      waiting.count++
      waiting.lastMs = clock.now()
    } else if (!this.#bucketOf(note.regarding, nowMs).take(nowMs)) {
      onDrop?.(note, 'RateLimited')
    } else if (this.#pending.size >= capacity) {
      onDrop?.(note, 'QueueFull')
    } else {
      this.#pending.set(name, { note, count: 1, lastMs: clock.now() })
      this.#sending ??= this.#send()
    }
  }

  async flush(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending
  }

  #bucketOf(regarding: ObjectReference, nowMs: number): TokenBucket {
    const key = regarding.uid ?? `${regarding.kind}/${regarding.namespace ?? ''}/${regarding.name}`
    return this.#buckets.getOrSet(key, nowMs, () => new TokenBucket(burst, refillMs, nowMs))
  }

  async #send(): Promise<void> {
    // Lets notes that are recorded together be counted together, and keeps `record` from calling out.
    await Promise.resolve()
    for (;;) {
      const next = this.#pending.entries().next()
      if (next.done) break
      const [name, pending] = next.value
      this.#pending.delete(name)
      await this.#write(name, pending)
    }
    this.#sending = undefined
  }

  async #write(name: string, pending: Pending): Promise<void> {
    const { clock, onError } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#writeOnce(name, pending)
        return
      } catch (error) {
        const passing = isKubeError(error, 'Unavailable', 'Timeout', 'TooManyRequests')
        if (!passing || attempt === mostAttempts) {
          onError?.(error)
          return
        }
      }
      await clock.sleep(1000 * 2 ** attempt)
    }
  }

  async #writeOnce(name: string, pending: Pending): Promise<void> {
    const { api, clock } = this.#options
    const namespace = pending.note.regarding.namespace ?? 'default'
    const known = this.#series.get(name, clock.monotonicMs())
    if (known !== undefined && (await this.#count(namespace, name, known.count, pending))) return
    try {
      await api.create(events, this.#eventOf(namespace, name, pending))
      this.#series.set(name, { count: pending.count }, clock.monotonicMs())
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error
      const present = await api.get<EventObject>(events, { namespace, name })
      // Our own attempt, whose answer was lost: it is counted.
      if (lastTime(present) === microTime(pending.lastMs)) {
        this.#series.set(name, { count: present.series?.count ?? 1 }, clock.monotonicMs())
        return
      }
      // Written before by another process, or before the window: go on counting there.
      await this.#count(namespace, name, present.series?.count ?? 1, pending)
    }
  }

  /** Adds to the Event's series; false when the Event has expired on the server. */
  async #count(namespace: string, name: string, counted: number, pending: Pending): Promise<boolean> {
    const { api, clock } = this.#options
    const count = counted + pending.count
    const series = { count, lastObservedTime: microTime(pending.lastMs) }
    try {
      await api.mergePatch(events, { namespace, name }, { series })
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return false
      throw error
    }
    this.#series.set(name, { count }, clock.monotonicMs())
    return true
  }

  #eventOf(namespace: string, name: string, { note, count, lastMs }: Pending): EventObject {
    const time = microTime(lastMs)
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name },
      eventTime: time,
      reportingController: this.#options.reportingController,
      reportingInstance: this.#options.reportingInstance,
      type: note.type,
      reason: note.reason,
      action: note.action ?? note.reason,
      note: note.note.slice(0, noteLength),
      regarding: note.regarding,
      ...(note.related === undefined ? {} : { related: note.related }),
      ...(count > 1 ? { series: { count, lastObservedTime: time } } : {}),
    }
  }
}

interface EventObject extends KubeObject {
  eventTime: string
  reportingController: string
  reportingInstance: string
  type: string
  reason: string
  action: string
  note: string
  regarding: ObjectReference
  related?: ObjectReference
  series?: { count: number; lastObservedTime: string }
}

function lastTime({ eventTime, series }: EventObject): string {
  return series?.lastObservedTime ?? eventTime
}

/** The same for the same note about the same object, also after a restart and in another replica. */
function eventName({ regarding, related, type, reason, note }: EventNote): string {
  const identity = [regarding.kind, regarding.uid ?? '', related?.uid ?? related?.name ?? '', type, reason, note]
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16)
  // A name has at most 253 characters, and the cut must not leave a dot before the dot.
  return `${regarding.name.slice(0, 236).replace(/[.-]+$/, '')}.${hash}`
}
