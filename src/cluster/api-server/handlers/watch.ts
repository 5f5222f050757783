import { apiVersionOf, type KubeObject, type Timer, type TransportResponse } from '../../../kube/index.ts'
import { badRequest, expired } from '../api-error.ts'
import type { Accepted } from '../request/accept.ts'
import { aborted, type ApiRequest } from '../request/api-request.ts'
import { type ListOptions, listOptionsOf } from '../request/list-options.ts'
import { formOf, partial } from '../request/presentation.ts'
import { StreamAnswer } from '../request/stream-answer.ts'
import type { Target } from '../request/target.ts'
import { asServed, type ServedResource } from '../resources/served-resource.ts'
import type { OpenWatch, ServerContext } from '../server-context.ts'
import type { Change, ChangeType } from '../storage/history.ts'
import { jsonOf } from '../storage/json.ts'
import { tableOf } from '../tables/table.ts'
import { selectionOf } from './read.ts'

/** A bookmark comes about once in this time, and shortly before the watch's own time is up. */
const bookmarkMs = 60_000
const bookmarkBeforeEndMs = 2_000
/** How long a watch lives whose client does not say: up to twice this. */
const shortestWatchMs = 1_800_000

/** Opens a watch: what is there first, where that is asked for, then every change. */
export function watchObjects(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const { resource, namespace, name } = target
  const options = listOptionsOf(request, resource, true)
  const named = options.fields.required('metadata.name')
  if (name !== undefined && named !== undefined && named !== name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  }
  const selection = selectionOf(resource, namespace, options)
  const isSelected =
    name === undefined ? selection : (object: KubeObject): boolean => object.metadata.name === name && selection(object)
  const stream = new StreamAnswer('application/json')
  const writer = new EventWriter(context, request, resource, stream)
  const { history } = context
  const from = options.resourceVersion ?? 0
  const missed = from > 0 && options.sendInitialEvents !== true ? history.since(from) : []
  if (missed === undefined) {
    writer.error(expired(`too old resource version: ${from} (${history.oldest})`).status)
    stream.end()
    return stream
  }
  const wantsInitial = options.sendInitialEvents ?? from === 0
  if (wantsInitial) {
    for (const object of resource.collection.all(namespace)) if (isSelected(object)) writer.event('ADDED', object)
    if (options.sendInitialEvents === true && options.allowBookmarks) writer.bookmark(true)
  }
  const take = (change: Change): void => {
    const event = eventOf(change, isSelected)
    if (event !== undefined) writer.event(event.type, event.object)
  }
  for (const change of missed) if (change.collection === resource.collection) take(change)
  keepOpen(context, request, stream, writer, options, resource.collection.onChange(take))
  return stream
}

/** What a change is to somebody who sees only a selection: objects come into it and leave it. */
function eventOf(
  { type, object, before }: Change,
  isSelected: (object: KubeObject) => boolean,
): { type: ChangeType; object: KubeObject } | undefined {
  const isIn = type !== 'DELETED' && isSelected(object)
  const wasIn = before !== undefined && isSelected(before)
  if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object }
  if (!wasIn) return undefined
  if (type === 'DELETED') return { type, object }
  // As it was when it still belonged, at the version of the change.
  const { resourceVersion } = object.metadata
  return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion } } as KubeObject }
}

/** Ends the stream when its time is up, sends bookmarks until then, and cleans up behind it, whoever ends it. */
function keepOpen(
  { clock, random, watches }: ServerContext,
  request: ApiRequest,
  stream: StreamAnswer,
  writer: EventWriter,
  { allowBookmarks, timeoutSeconds }: ListOptions,
  unsubscribe: () => void,
): void {
  const { signal } = request
  const livesMs = timeoutSeconds === undefined ? shortestWatchMs * (1 + random()) : timeoutSeconds * 1000
  const endMs = clock.monotonicMs() + livesMs
  let timer: Timer | undefined
  const arm = (): void => {
    const nowMs = clock.monotonicMs()
    const dueMs = [endMs]
    if (allowBookmarks) {
      dueMs.push(nowMs + bookmarkMs * (1 + random() / 4))
      if (nowMs < endMs - bookmarkBeforeEndMs) dueMs.push(endMs - bookmarkBeforeEndMs)
    }
    timer = clock.setTimeout(onTimer, Math.min(...dueMs) - nowMs)
  }
  const onTimer = (): void => {
    // A timer of the system may fire a little early.
    if (clock.monotonicMs() >= endMs - 1) {
      stream.end()
      return
    }
    if (allowBookmarks) writer.bookmark(false)
    arm()
  }
  const watch: OpenWatch = {
    end(error) {
      if (error !== undefined) writer.error(error)
      stream.end()
    },
  }
  const onAbort = (): void => stream.fail(aborted(request))
  stream.onEnd(() => {
    timer?.cancel()
    unsubscribe()
    watches.delete(watch)
    signal?.removeEventListener('abort', onAbort)
  })
  watches.add(watch)
  signal?.addEventListener('abort', onAbort, { once: true })
  arm()
}

type Lines = Partial<Record<ChangeType, Buffer>>

/** Lines of objects as they are, written once for all who watch. */
const lines = new WeakMap<KubeObject, Lines>()

/** Writes events in the form that the client asked for. */
class EventWriter {
  readonly #context: ServerContext
  readonly #request: ApiRequest
  readonly #resource: ServedResource
  readonly #stream: StreamAnswer
  readonly #form: Accepted
  #hasTold = false

  constructor(context: ServerContext, request: ApiRequest, resource: ServedResource, stream: StreamAnswer) {
    this.#context = context
    this.#request = request
    this.#resource = resource
    this.#stream = stream
    this.#form = formOf(request)
  }

  event(type: ChangeType, stored: KubeObject): void {
    const object = asServed(this.#resource, stored)
    this.#stream.write(this.#form.as === undefined ? lineOf(type, object) : this.#line(type, this.#transformed(object)))
  }

  /** How far this watch has come; after the initial events it says that they are complete. */
  bookmark(isEndOfInitial: boolean): void {
    const { resource } = this.#resource.kind
    const resourceVersion = String(this.#context.history.version)
    const object = {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: {
        resourceVersion,
        ...(isEndOfInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
      },
    } as object as KubeObject
    this.#stream.write(this.#line('BOOKMARK', this.#form.as === 'Table' ? this.#table([object], true) : object))
  }

  error(status: object): void {
    this.#stream.write(this.#line('ERROR', status))
  }

  #transformed(object: KubeObject): object {
    return this.#form.as === 'Table' ? this.#table([object], false) : partial(object, 'v1')
  }

  /** The first tells the columns, the others only their row. */
  #table(objects: readonly KubeObject[], isBookmark: boolean): object {
    const metadata = { resourceVersion: objects[0]?.metadata.resourceVersion ?? '' }
    const table = tableOf(this.#resource, objects, metadata, this.#request.query, this.#context.clock, isBookmark)
    const isFirst = !this.#hasTold
    this.#hasTold = true
    return isFirst ? table : { ...table, columnDefinitions: null }
  }

  #line(type: string, object: object): Buffer {
    return Buffer.from(`${JSON.stringify({ type, object })}\n`)
  }
}

function lineOf(type: ChangeType, object: KubeObject): Buffer {
  let known = lines.get(object)
  if (known === undefined) lines.set(object, (known = {}))
  return (known[type] ??= Buffer.from(`{"type":"${type}","object":${jsonOf(object)}}\n`))
}
