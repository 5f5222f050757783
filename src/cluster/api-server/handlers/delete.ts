import type { KubeObject, TransportResponse } from '../../../kube/index.ts'
import { checkMayDelete } from '../admission/namespace-lifecycle.ts'
import { conflict } from '../api-error.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { type DeleteOptions, deleteOptionsOf } from '../request/delete-options.ts'
import { listOptionsOf } from '../request/list-options.ts'
import { managerOfUserAgent } from '../request/options.ts'
import { answerJson, answerList, answerObject } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { rfc3339, type ServerContext, timestamp } from '../server-context.ts'
import { gracePeriodOf, shortened } from './grace-period.ts'
import { existing, selectionOf } from './read.ts'
import { commit, isPod, remove, type Writing } from './storing.ts'

const orphan = 'orphan'
const foreground = 'foregroundDeletion'

/** What a deletion came to: the object as it is or was last. */
interface Deleted {
  readonly object: KubeObject
  readonly removed: boolean
}

export function deleteObject(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = deleteOptionsOf(request)
  const live = existing(target)
  checkMayDelete(target.resource, live.metadata.name)
  const { object, removed } = deleteStored(deletion(context, request, target, options), live, options)
  if (!removed || returnsObject(target.resource)) {
    const status = !removed && options.orphanDependents === false ? 202 : 200
    return answerObject(context, request, target.resource, object, status)
  }
  return answerJson(request, successOf(target.resource, object))
}

export function deleteCollection(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const options = deleteOptionsOf(request)
  const { resource, namespace } = target
  const isSelected = selectionOf(resource, namespace, listOptionsOf(request, resource, false))
  const selected = resource.collection.all(namespace).filter((object) => isSelected(object))
  const writing = deletion(context, request, target, options)
  const resourceVersion = String(context.history.version)
  for (const object of selected) deleteStored(writing, object, options)
  return answerList(context, request, resource, selected, { resourceVersion })
}

export function deletion(
  context: ServerContext,
  request: ApiRequest,
  target: Target,
  { dryRun }: Pick<DeleteOptions, 'dryRun'>,
): Writing {
  const fieldManager = managerOfUserAgent(request.userAgent)
  return { context, target, client: request.userAgent, verb: 'delete', options: { dryRun, fieldManager } }
}

/**
 * Begins or completes a deletion: finalizers keep the object, a pod on a node is ended by its kubelet first, a namespace
 * is emptied first.
 * @throws ApiError 409 for a precondition that does not hold.
 */
export function deleteStored(writing: Writing, live: KubeObject, options: DeleteOptions): Deleted {
  const { resource } = writing.target
  checkPreconditions(resource, live, options)
  if (live.kind === 'Namespace') return deleteNamespace(writing, live)
  const graceful = isPod(resource) ? markGraceful(writing.context, live, options) : live
  if (graceful === undefined) return { object: live, removed: false }
  const finalizers = finalizersFor(resource, live, options)
  const isGraceful = graceful !== live
  if (!isGraceful && finalizers.length === 0) return { object: removeUnlessDry(writing, live), removed: true }
  const next = withFinalizers(isGraceful ? graceful : markedNow(writing.context, live), finalizers)
  const isOver = isGraceful && finalizers.length === 0 && next.metadata.deletionGracePeriodSeconds === 0
  const marked = commit(writing, live, next).object
  // Told first, and gone then: whoever watches sees both.
  return isOver ? { object: removeUnlessDry(writing, marked), removed: true } : { object: marked, removed: false }
}

function removeUnlessDry(writing: Writing, live: KubeObject): KubeObject {
  return writing.options.dryRun ? live : remove(writing, live)
}

/**
 * A pod with its deadline. The same object when it can go at once; undefined when a deletion is under way that this one
 * does not shorten.
 */
function markGraceful({ clock }: ServerContext, live: KubeObject, options: DeleteOptions): KubeObject | undefined {
  const { metadata } = live
  if (metadata.deletionTimestamp !== undefined) return shortened(live, options.gracePeriodSeconds, clock)
  const seconds = gracePeriodOf(live, options.gracePeriodSeconds)
  return {
    ...live,
    metadata: {
      ...metadata,
      ...nextGeneration(live),
      deletionTimestamp: timestamp(clock, seconds),
      deletionGracePeriodSeconds: seconds,
    },
  }
}

/** Deleted now, but kept by finalizers. */
function markedNow({ clock }: ServerContext, live: KubeObject): KubeObject {
  const { metadata } = live
  const isFirst = metadata.deletionTimestamp === undefined
  const isLater = !isFirst && Date.parse(metadata.deletionTimestamp ?? '') > clock.now()
  return {
    ...live,
    metadata: {
      ...metadata,
      ...(isFirst ? nextGeneration(live) : {}),
      deletionTimestamp: isFirst || isLater ? rfc3339(clock.now()) : (metadata.deletionTimestamp ?? ''),
      deletionGracePeriodSeconds: 0,
    },
  }
}

function nextGeneration({ metadata }: KubeObject): { generation?: number } {
  return (metadata.generation ?? 0) > 0 ? { generation: (metadata.generation ?? 0) + 1 } : {}
}

/** Those that a deletion with these options leaves behind: its own, and the one for what depends on it. */
function finalizersFor(resource: ServedResource, live: KubeObject, options: DeleteOptions): readonly string[] {
  const present = live.metadata.finalizers ?? []
  const others = present.filter((finalizer) => finalizer !== orphan && finalizer !== foreground)
  // Nothing depends on events.
  if (resource.collection.name === 'events') return others
  const { propagationPolicy, orphanDependents } = options
  const asked = orphanDependents === undefined ? propagationPolicy : orphanDependents ? 'Orphan' : 'Background'
  if (asked === 'Orphan') return [...others, orphan]
  if (asked === 'Foreground') return [...others, foreground]
  if (asked === 'Background') return others
  const kept = present.find((finalizer) => finalizer === orphan || finalizer === foreground)
  return kept === undefined ? others : [...others, kept]
}

function withFinalizers(object: KubeObject, finalizers: readonly string[]): KubeObject {
  const { finalizers: _before, ...metadata } = object.metadata
  return { ...object, metadata: finalizers.length === 0 ? metadata : { ...metadata, finalizers: [...finalizers] } }
}

/** A namespace ends when its contents are gone and its controller has taken the finalizer out of its spec. */
function deleteNamespace(writing: Writing, live: KubeObject): Deleted {
  const { spec, status } = live as { spec?: { finalizers?: string[] }; status?: object }
  if (live.metadata.deletionTimestamp === undefined) {
    const next = {
      ...live,
      metadata: { ...live.metadata, deletionTimestamp: timestamp(writing.context.clock) },
      status: { ...status, phase: 'Terminating' },
    }
    return { object: commit(writing, live, next).object, removed: false }
  }
  const isKept = (spec?.finalizers ?? []).length > 0 || (live.metadata.finalizers ?? []).length > 0
  if (isKept) return { object: live, removed: false }
  return { object: removeUnlessDry(writing, live), removed: true }
}

function checkPreconditions({ kind }: ServedResource, { metadata }: KubeObject, options: DeleteOptions): void {
  const resource = { ...kind.resource, plural: kind.resource.kind }
  if (options.uid !== undefined && options.uid !== metadata.uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(resource, metadata.name, why)
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    throw conflict(resource, metadata.name, why)
  }
}

/** Kinds whose deletion answers with the object, not with a Status. */
function returnsObject({ collection }: ServedResource): boolean {
  return ['pods', 'services', 'serviceaccounts', 'namespaces'].includes(collection.name)
}

function successOf({ kind }: ServedResource, { metadata }: KubeObject): object {
  const { group, plural } = kind.resource
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: metadata.name, ...(group === '' ? {} : { group }), kind: plural, uid: metadata.uid },
  }
}
