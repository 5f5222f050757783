import {
  apiVersionOf,
  type Clock,
  isKubeError,
  type KubeApi,
  type KubeObject,
  type Random,
  type Resource,
} from '../../../kube/index.ts'
import { ExpiringMap } from '../../../kube/expiring-map.ts'
import { TokenBucket } from '../../../kube/token-bucket.ts'
import type { Note } from './controller.ts'
import { unlessGone } from './gone.ts'
import { coreEvents } from './resources.ts'
import { timestamp } from './timestamps.ts'

export interface CoreEventsOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly component: string
  readonly onError: (error: unknown) => void
}

/** The same note within this time is a count on the same Event. */
const windowMs = 600_000
/** Of notes that differ only in their words, so many in that time are told one by one. */
const similarAtMost = 10
/** Of one object: a burst, then one in five minutes. */
const burst = 25
const refillMs = 300_000

interface Told {
  readonly name: string
  count: number
}

/** Writes core/v1 Events as the controllers of the controller manager still do, with their counts and their limits. */
export class CoreEvents {
  readonly #options: CoreEventsOptions
  readonly #told = new ExpiringMap<Told>(windowMs)
  readonly #similar = new ExpiringMap<Set<string>>(windowMs)
  readonly #buckets = new ExpiringMap<TokenBucket>(burst * refillMs)
  /** Events are written one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: CoreEventsOptions) {
    this.#options = options
  }

  /** Never throws and never waits. */
  record(resource: Resource, regarding: KubeObject, { type, reason, note }: Note): void {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    const object = `${resource.plural} ${regarding.metadata.uid ?? regarding.metadata.name}`
    const bucket = this.#buckets.getOrSet(object, nowMs, () => new TokenBucket(burst, refillMs, nowMs))
    const alike = `${object} ${type} ${reason}`
    const words = this.#similar.getOrSet(alike, nowMs, () => new Set())
    words.add(note)
    const isOneOfMany = words.size >= similarAtMost
    if (!bucket.take(nowMs)) return
    const key = isOneOfMany ? alike : `${alike} ${note}`
    const message = isOneOfMany ? `(combined from similar events): ${note}` : note
    const lastTimestamp = timestamp(clock.now())
    const told = this.#told.get(key, nowMs)
    if (told !== undefined) {
      told.count += 1
      this.#told.set(key, told, nowMs)
      const { name, count } = told
      const namespace = regarding.metadata.namespace ?? 'default'
      this.#send(() => this.#count({ namespace, name }, { count, lastTimestamp, message }))
      return
    }
    const name = this.#newName(regarding.metadata.name)
    this.#told.set(key, { name, count: 1 }, nowMs)
    const event = this.#event(resource, regarding, { name, type, reason, message, lastTimestamp })
    this.#send(async () => void (await this.#options.api.create(coreEvents, event)))
  }

  #event(
    resource: Resource,
    { metadata }: KubeObject,
    told: { name: string; type: string; reason: string; message: string; lastTimestamp: string },
  ): KubeObject {
    const { name, lastTimestamp, ...rest } = told
    const { component } = this.#options
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: metadata.namespace ?? 'default', name },
      involvedObject: {
        kind: resource.kind,
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        apiVersion: apiVersionOf(resource),
        resourceVersion: metadata.resourceVersion,
      },
      ...rest,
      source: { component },
      firstTimestamp: lastTimestamp,
      lastTimestamp,
      count: 1,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: '',
    }
    return event
  }

  async #count(ref: { namespace: string; name: string }, patch: object): Promise<void> {
    // One that has expired on the server is not worth a new one: it would count nothing.
    await unlessGone(this.#options.api.mergePatch(coreEvents, ref, patch))
  }

  #send(write: () => Promise<void>): void {
    this.#last = this.#last.then(write).catch((error: unknown) => {
      // Nothing is told in a namespace that goes away, and a stopped cluster needs to know nothing.
      if (!isKubeError(error, 'Forbidden', 'NotFound', 'Aborted')) this.#options.onError(error)
    })
  }

  /** The object's name and the time, as client-go names Events. */
  #newName(object: string): string {
    const { clock, random } = this.#options
    const nanoseconds = BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(Math.floor(random() * 1e6))
    // A name has at most 253 characters, and the cut must not leave a dot before the dot.
    return `${object.slice(0, 235).replace(/[.-]+$/, '')}.${nanoseconds.toString(16)}`
  }
}
