import { isKubeError, keyOf, type KubeObject, type OwnerReference, type ReflectorEvent } from '../../../kube/index.ts'
import { patchOwners } from '../shared/claims.ts'
import { type Controller, type ControllerContext, ControllerQueue, refOf } from '../shared/controller.ts'
import { type Informed, resourceOf } from '../shared/informers.ts'
import {
  classify,
  foregroundFinalizer,
  isForeground,
  isOrphaning,
  type Owners,
  OwnerLookup,
  orphanFinalizer,
  refersTo,
} from './owners.ts'

/** The kinds whose objects are collected. Owners may be of any kind. */
const collected = ['nodes', 'services', 'deployments', 'replicaSets', 'endpointSlices', 'pods', 'leases'] as const
type Collected = (typeof collected)[number]

interface Item {
  readonly kind: Collected
  readonly object: KubeObject
}

/** Deletes what is owned by nobody that is left, and holds back owners that wait for their dependents. */
export class GarbageCollector implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #lookup: OwnerLookup

  constructor(context: ControllerContext) {
    this.#context = context
    this.#lookup = new OwnerLookup(context.api)
    this.#queue = new ControllerQueue(context, (key) => this.#work(key))
    for (const kind of collected) {
      context.informers.get<keyof Informed>(kind).onEvent((event) => this.#changed(kind, event))
    }
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #changed(kind: Collected, { type, object }: ReflectorEvent<KubeObject>): void {
    if (type === 'delete') {
      for (const dependent of this.#dependents(object)) this.#add(dependent)
      // An owner that waits for its dependents may have waited for this one.
      for (const reference of object.metadata.ownerReferences ?? []) {
        const owner = this.#cached(reference, object.metadata.namespace)
        if (owner !== undefined && isForeground(owner.object)) this.#add(owner)
      }
      return
    }
    if (isForeground(object)) for (const dependent of this.#dependents(object)) this.#add(dependent)
    if (isForeground(object) || isOrphaning(object) || this.#lacksOwner(object)) this.#add({ kind, object })
  }

  #add({ kind, object }: Item): void {
    this.#queue.add(`${kind}|${keyOf(object.metadata)}`)
  }

  async #work(key: string): Promise<void> {
    const [kind, ref = ''] = key.split('|') as [Collected, string?]
    const { namespace, name } = refOf(ref)
    const object: KubeObject | undefined = this.#context.informers.get<keyof Informed>(kind).cache.get(namespace, name)
    if (object === undefined) return
    const item = { kind, object }
    if (isOrphaning(object)) await this.#orphan(item)
    else if (isForeground(object)) await this.#awaitDependents(item)
    else if (object.metadata.deletionTimestamp === undefined) await this.#collect(item)
  }

  /** Deletes an object when nobody that owns it is left, and otherwise takes from it the references to those gone. */
  async #collect({ kind, object }: Item): Promise<void> {
    if (!this.#lacksOwner(object)) return
    const { api } = this.#context
    const resource = resourceOf(kind)
    let latest: KubeObject
    try {
      latest = await api.get(resource, object.metadata)
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return
      throw error
    }
    const { uid, ownerReferences = [], namespace, deletionTimestamp } = latest.metadata
    if (uid !== object.metadata.uid || ownerReferences.length === 0 || deletionTimestamp !== undefined) return
    const owners = await classify(ownerReferences, (reference) => this.#lookup.find(reference, namespace))
    if (owners.solid.length > 0) {
      if (owners.solid.length < ownerReferences.length) await patchOwners(api, resource, latest, owners.solid)
      return
    }
    await this.#delete({ kind, object: latest }, owners)
  }

  async #delete({ kind, object }: Item, { waiting }: Owners): Promise<void> {
    const { uid, finalizers = [] } = object.metadata
    const inForeground = waiting.length > 0 && this.#dependents(object).length > 0
    const propagationPolicy = finalizers.includes(orphanFinalizer)
      ? 'Orphan'
      : inForeground || finalizers.includes(foregroundFinalizer)
        ? 'Foreground'
        : 'Background'
    try {
      await this.#context.api.delete(resourceOf(kind), object.metadata, {
        propagationPolicy,
        ...(uid === undefined ? {} : { uid }),
      })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }

  /** Lets the owner go once nothing that blocks it is left. */
  async #awaitDependents(item: Item): Promise<void> {
    const { uid } = item.object.metadata
    const blocking = this.#dependents(item.object).filter(({ object }) =>
      object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion === true),
    )
    if (blocking.length === 0) await this.#removeFinalizer(item, foregroundFinalizer)
    else for (const dependent of blocking) if (!isForeground(dependent.object)) this.#add(dependent)
  }

  async #orphan(item: Item): Promise<void> {
    const { uid } = item.object.metadata
    for (const { kind, object } of this.#dependents(item.object)) {
      const others = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid)
      await patchOwners(this.#context.api, resourceOf(kind), object, others)
    }
    await this.#removeFinalizer(item, orphanFinalizer)
  }

  async #removeFinalizer({ kind, object }: Item, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata
    const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } }
    try {
      await this.#context.api.mergePatch(resourceOf(kind), object.metadata, patch)
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }

  /** Whether an owner is not known to be there to stay: only then is anybody asked. */
  #lacksOwner({ metadata }: KubeObject): boolean {
    return (metadata.ownerReferences ?? []).some((reference) => {
      const owner = this.#cached(reference, metadata.namespace)
      return owner === undefined || isForeground(owner.object)
    })
  }

  #cached(reference: OwnerReference, namespace: string | undefined): Item | undefined {
    const kind = collected.find((each) => refersTo(reference, resourceOf(each)))
    if (kind === undefined) return undefined
    const { cache } = this.#context.informers.get<keyof Informed>(kind)
    const object: KubeObject | undefined = cache.get(
      resourceOf(kind).namespaced ? namespace : undefined,
      reference.name,
    )
    return object?.metadata.uid === reference.uid ? { kind, object } : undefined
  }

  #dependents({ metadata }: KubeObject): Item[] {
    const { uid } = metadata
    if (uid === undefined) return []
    return collected.flatMap((kind) =>
      this.#context.informers
        .get<keyof Informed>(kind)
        .cache.byIndex('owner', uid)
        .map((object: KubeObject) => ({ kind, object })),
    )
  }
}
