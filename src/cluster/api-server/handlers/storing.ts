import { type KubeObject, keyOf } from '../../../kube/index.ts'
import { admitNode } from '../admission/node-admission.ts'
import { admitPod } from '../admission/pod-admission.ts'
import { checkNamespace } from '../admission/namespace-lifecycle.ts'
import { alreadyExists, conflict, invalid, noUniqueName, unknownFailure } from '../api-error.ts'
import { recordUpdate, type Writer } from '../fields/index.ts'
import type { Subresource } from '../kinds/index.ts'
import type { WriteOptions } from '../request/options.ts'
import type { Target } from '../request/target.ts'
import { asServed, type ServedResource } from '../resources/served-resource.ts'
import { type ServerContext, timestamp } from '../server-context.ts'
import { sameJson } from '../schema/json.ts'
import { generateName, newUid } from '../storage/identity.ts'
import type { StoredWrite } from '../stored-write.ts'

/** Who writes, how, and to what. */
export interface Writing {
  readonly context: ServerContext
  readonly target: Target
  readonly client: string
  readonly verb: StoredWrite['verb']
  readonly options: Pick<WriteOptions, 'dryRun' | 'fieldManager'>
}

/** What came of a write: the object as stored, or as it would be. */
export interface Written {
  readonly object: KubeObject
  readonly status: 200 | 201
}

export function writerOf({ context, target, options }: Writing): Writer {
  return {
    kind: target.resource.kind,
    manager: options.fieldManager,
    now: timestamp(context.clock),
    ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
  }
}

/**
 * Stores a new object, which is changed on the way. `owned` says that its managedFields are made already, as by an apply.
 * @throws ApiError
 */
export function storeNew(writing: Writing, object: KubeObject, owned = false): Written {
  const { context, target } = writing
  const { resource } = target
  const { kind, collection } = resource
  const { metadata } = object
  const version = metadata.resourceVersion
  delete metadata.resourceVersion
  delete (metadata as { selfLink?: string }).selfLink
  checkNamespace(context, resource, object)
  const generated = (metadata as { generateName?: string }).generateName
  const isGenerated = (metadata.name === undefined || metadata.name === '') && !!generated
  if (isGenerated) metadata.name = generateName(generated, collection, metadata.namespace, context.random)
  metadata.uid = newUid(context.random)
  metadata.creationTimestamp = timestamp(context.clock)
  if (!owned) recordUpdate(undefined, object, writerOf(writing))
  if (isPod(resource)) admitPod(object, context.resources)
  if (kind.resource.kind === 'Node') admitNode(object)
  kind.prepareForCreate(object)
  const errors = kind.validate(object)
  if (errors.length > 0) throw invalid(kind.resource, metadata.name ?? '', errors)
  if (version !== undefined && version !== '0' && version !== '') {
    throw unknownFailure('resourceVersion should not be set on objects to be created')
  }
  const present = collection.get(metadata.namespace, metadata.name)
  if (present !== undefined) {
    const isGoing = present.metadata.deletionTimestamp !== undefined
    throw isGenerated
      ? noUniqueName(kind.resource, metadata.name)
      : alreadyExists(kind.resource, metadata.name, isGoing)
  }
  if (isService(resource)) context.addresses.assign(object)
  if (writing.options.dryRun) {
    if (isService(resource)) context.addresses.release(object)
    return { object, status: 201 }
  }
  const stored = collection.put(toStored(resource, object))
  tell(writing, stored, undefined, true)
  return { object: stored, status: 201 }
}

/**
 * Stores `next` in the place of `live`, the object as it is stored. `next` is changed on the way; `owned` says that its
 * managedFields are made already. Removing the last finalizer of an object that is being deleted removes the object.
 * @throws ApiError
 */
export function storeChanged(writing: Writing, live: KubeObject, next: KubeObject, owned = false): Written {
  const { context, target } = writing
  const { resource } = target
  const { kind } = resource
  const before = asServed(resource, live)
  checkVersion(writing, before, next)
  if (!owned) recordUpdate(before, next, writerOf(writing))
  if (before.metadata.generation === undefined) delete next.metadata.generation
  else next.metadata.generation = before.metadata.generation
  if (isService(resource)) context.addresses.keepNodePorts(next, before)
  kind.prepareForUpdate(next, before, target.subresource as Subresource | undefined)
  keepSystemFields(next, before)
  const errors = kind.validate(next, before, target.subresource as Subresource | undefined)
  if (errors.length > 0) throw invalid(kind.resource, before.metadata.name, errors)
  return commit(writing, live, toStored(resource, next))
}

/** Stores an object that needs no more checks in the place of `live`; both are as stored. */
export function commit(writing: Writing, live: KubeObject, next: KubeObject): Written {
  const { context, target, options } = writing
  const { collection } = target.resource
  if (isDone(live, next)) {
    if (!options.dryRun) remove(writing, live)
    return { object: next, status: 200 }
  }
  next.metadata.resourceVersion = live.metadata.resourceVersion ?? ''
  if (isSame(next, live)) {
    if (!options.dryRun) tell(writing, live, live, false)
    return { object: live, status: 200 }
  }
  if (options.dryRun) return { object: next, status: 200 }
  if (isService(target.resource)) {
    context.addresses.release(live)
    context.addresses.assign(next)
  }
  const stored = collection.put(next)
  tell(writing, stored, live, true)
  return { object: stored, status: 200 }
}

/** Removes an object for good. Returns it as it was last. */
export function remove(writing: Writing, live: KubeObject): KubeObject {
  const { context, target } = writing
  const { resource } = target
  if (isService(resource)) context.addresses.release(live)
  const removed = resource.collection.remove(live)
  tell(writing, removed, live, true, true)
  return removed
}

function tell(
  { context, target, client, verb }: Writing,
  object: KubeObject,
  before: KubeObject | undefined,
  changed: boolean,
  removed = false,
): void {
  context.written({
    client,
    verb,
    resource: target.resource.kind.resource,
    subresource: target.subresource,
    namespace: object.metadata.namespace,
    name: object.metadata.name,
    object,
    before,
    changed,
    removed,
  })
}

/** @throws ApiError 409 for another version or uid, 422 where the version may not be absent. */
function checkVersion({ target, verb }: Writing, before: KubeObject, next: KubeObject): void {
  const { kind, collection } = target.resource
  const { name, uid, resourceVersion } = before.metadata
  const sent = next.metadata
  if (verb === 'update' && sent.uid !== undefined && sent.uid !== '' && sent.uid !== uid) {
    const place = `/registry/${storagePrefix(collection.name)}/${keyOf(before.metadata)}`
    throw conflict(
      kind.resource,
      name,
      `StorageError: invalid object, Code: 4, Key: ${place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${uid ?? ''}`,
    )
  }
  const version = sent.resourceVersion
  if (version === undefined || version === '' || version === '0') {
    if (kind.unconditionalUpdate) return
    const message = 'Invalid value: 0: must be specified for an update'
    const { group, plural } = kind.resource
    throw invalid({ group, kind: plural }, name, [
      { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message },
    ])
  }
  if (version !== resourceVersion) throw conflict(kind.resource, name)
}

/** What no write can change, and no client needs to repeat. */
function keepSystemFields({ metadata }: KubeObject, { metadata: before }: KubeObject): void {
  if (metadata.uid === undefined || metadata.uid === '') set(metadata, 'uid', before.uid)
  set(metadata, 'creationTimestamp', before.creationTimestamp)
  if (before.deletionTimestamp !== undefined) metadata.deletionTimestamp = before.deletionTimestamp
  else delete metadata.deletionTimestamp
  if (metadata.deletionGracePeriodSeconds === undefined) {
    set(metadata, 'deletionGracePeriodSeconds', before.deletionGracePeriodSeconds)
  }
}

function set<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) target[key] = value
}

/** Whether two objects differ in nothing but the times at which their owners wrote: that is no change. */
function isSame(next: KubeObject, live: KubeObject): boolean {
  const entries = next.metadata.managedFields ?? []
  const known = live.metadata.managedFields ?? []
  if (entries.length !== known.length) return false
  const areSame = entries.every((entry, index) => sameJson({ ...entry, time: '' }, { ...known[index], time: '' }))
  return areSame && sameJson(withoutEntries(next), withoutEntries(live))
}

function withoutEntries({ metadata: { managedFields: _entries, ...metadata }, ...rest }: KubeObject): object {
  return { ...rest, metadata }
}

/** Whether nothing keeps a deleted object any more. */
export function isDone(live: KubeObject, next: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = live.metadata
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) !== 0) return false
  return (next.metadata.finalizers ?? []).length === 0 && finalizersOfSpec(next).length === 0
}

/** Those of a namespace, which stand in its spec. */
function finalizersOfSpec(object: KubeObject): readonly unknown[] {
  if (object.kind !== 'Namespace') return []
  return (object as { spec?: { finalizers?: unknown[] } }).spec?.finalizers ?? []
}

function toStored(resource: ServedResource, object: KubeObject): KubeObject {
  return resource.conversion === undefined ? object : resource.conversion.toStored(object)
}

export function isService({ kind }: ServedResource): boolean {
  return kind.resource.group === '' && kind.resource.plural === 'services'
}

export function isPod({ kind }: ServedResource): boolean {
  return kind.resource.group === '' && kind.resource.plural === 'pods'
}

/** Where etcd has a collection; a few have historical names, and custom ones stand under their group. */
function storagePrefix(collection: string): string {
  const historical: Readonly<Record<string, string>> = { services: 'services/specs', nodes: 'minions' }
  const [plural = '', ...group] = collection.split('.')
  const isOwn = group.length === 0 || collection.endsWith('.k8s.io') || group.length === 1
  return historical[collection] ?? (isOwn ? plural : `${group.join('.')}/${plural}`)
}
