import {
  type Clock,
  createKubeApi,
  createWorkQueue,
  type EventNote,
  isKubeError,
  type KubeApi,
  KubeError,
  type KubeObject,
  type ObjectRef,
  type Random,
  type Resource,
  type Transport,
  type WorkQueue,
  type WorkQueueOptions,
  type WorkResult,
} from '../../../kube/index.ts'
import type { Informers } from './informers.ts'

/** What every controller is made of. */
export interface ControllerContext {
  readonly api: KubeApi
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  /** Tells people what was done to an object, or why it was not. */
  readonly record: (resource: Resource, regarding: KubeObject, note: Note) => void
  readonly onError: (error: unknown) => void
}

export type Note = Pick<EventNote, 'type' | 'reason' | 'note'>

/** A running controller. */
export interface Controller {
  /** The caches hold everything: work may begin. */
  begin(): void
  /** Takes no more work; resolves when none is under way. */
  stop(): Promise<void>
}

/** The queue of one controller: keys may be added at any time, and are worked on once the caches are filled. */
export class ControllerQueue implements Controller {
  readonly #queue: WorkQueue
  /** Keys from before the beginning. */
  #early: Set<string> | undefined = new Set()

  constructor(
    context: ControllerContext,
    work: (key: string) => Promise<WorkResult | void>,
    options: Pick<WorkQueueOptions, 'concurrency' | 'backoffBaseMs'> = {},
  ) {
    this.#queue = createWorkQueue({
      concurrency: 5,
      ...options,
      clock: context.clock,
      work,
      // What changed while we looked, and what ended with us, is no news: the key comes again, or nobody is there.
      onError: (_key, error) => {
        if (!isKubeError(error, 'Conflict', 'Aborted')) context.onError(error)
      },
    })
  }

  add(key: string): void {
    if (this.#early === undefined) this.#queue.add(key)
    else this.#early.add(key)
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#early === undefined) this.#queue.addAfter(key, delayMs)
    else this.#early.add(key)
  }

  begin(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const key of early) this.#queue.add(key)
  }

  stop(): Promise<void> {
    return this.#queue.shutDown()
  }
}

/** `namespace/name`, as `keyOf` writes it, taken apart. */
export function refOf(key: string): ObjectRef {
  const [first = '', second] = key.split('/')
  return second === undefined ? { name: first } : { namespace: first, name: second }
}

/** Calls whose writes are owned by one field manager, whatever the user agent of the transport. */
export function apiOf(transport: Transport, fieldManager: string): KubeApi {
  return createKubeApi({
    request: (request) =>
      request.method === 'GET' || request.method === 'DELETE'
        ? transport.request(request)
        : transport.request({ ...request, query: { ...request.query, fieldManager } }),
  })
}

/** What went wrong, in the API server's words where they are its. */
export function messageOf(error: unknown): string {
  if (error instanceof KubeError) return error.serverMessage ?? error.message
  return error instanceof Error ? error.message : String(error)
}

/** Whether a creation failed because the namespace is going away: nothing is to be done about it. */
export function isNamespaceTerminating(error: unknown): boolean {
  return isKubeError(error) && error.causes.some(({ reason }) => reason === 'NamespaceTerminating')
}
