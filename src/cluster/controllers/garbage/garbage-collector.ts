import type { KubeObject, ReflectorEvent, Resource } from '../../../kube/index.ts'
import { patchOwners } from '../shared/claims.ts'
import { type Controller, type ControllerContext, ControllerQueue } from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import { type Item, OwnerGraph } from './graph.ts'
import {
  classify,
  foregroundFinalizer,
  isForeground,
  isOrphaning,
  OwnerLookup,
  type Owners,
  orphanFinalizer,
} from './owners.ts'

/** The key under which the resources that are served are looked at. */
const discovery = 'discovery'

/** Deletes what is owned by nobody that is left, and holds back owners that wait for their dependents. */
export class GarbageCollector implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #lookup: OwnerLookup
  readonly #graph: OwnerGraph

  constructor(context: ControllerContext) {
    this.#context = context
    this.#lookup = new OwnerLookup(context.api)
    this.#queue = new ControllerQueue(context, (key) => this.#work(key))
    this.#graph = new OwnerGraph(context, (resource, event) => this.#changed(resource, event))
    this.#graph.onResources(() => this.#queue.add(discovery))
    this.#queue.add(discovery)
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #changed(resource: Resource, { type, object }: ReflectorEvent<KubeObject>): void {
    if (type === 'delete') {
      for (const dependent of this.#graph.dependents(object)) this.#add(dependent)
      // An owner that waits for its dependents may have waited for this one.
      for (const reference of object.metadata.ownerReferences ?? []) {
        const owner = this.#graph.owner(reference, object.metadata.namespace)
        if (owner !== undefined && isForeground(owner.object)) this.#add(owner)
      }
      return
    }
    if (isForeground(object)) for (const dependent of this.#graph.dependents(object)) this.#add(dependent)
    if (isForeground(object) || isOrphaning(object) || this.#lacksOwner(object)) this.#add({ resource, object })
  }

  #add(item: Item): void {
    this.#queue.add(this.#graph.keyOf(item))
  }

  async #work(key: string): Promise<void> {
    if (key === discovery) {
      await this.#graph.discover()
      return
    }
    const item = this.#graph.get(key)
    if (item === undefined) return
    if (isOrphaning(item.object)) await this.#orphan(item)
    else if (isForeground(item.object)) await this.#awaitDependents(item)
    else if (item.object.metadata.deletionTimestamp === undefined) await this.#collect(item)
  }

  /** Deletes an object when nobody that owns it is left, and otherwise takes from it the references to those gone. */
  async #collect({ resource, object }: Item): Promise<void> {
    if (!this.#lacksOwner(object)) return
    const { api } = this.#context
    const latest = await unlessGone(api.get(resource, object.metadata))
    if (latest === undefined) return
    const { uid, ownerReferences = [], namespace, deletionTimestamp } = latest.metadata
    if (uid !== object.metadata.uid || ownerReferences.length === 0 || deletionTimestamp !== undefined) return
    const owners = await classify(ownerReferences, (reference) => this.#lookup.find(reference, namespace))
    if (owners.solid.length > 0) {
      if (owners.solid.length < ownerReferences.length) await patchOwners(api, resource, latest, owners.solid)
      return
    }
    await this.#delete({ resource, object: latest }, owners)
  }

  async #delete({ resource, object }: Item, { waiting }: Owners): Promise<void> {
    const { uid, finalizers = [] } = object.metadata
    const inForeground = waiting.length > 0 && this.#graph.dependents(object).length > 0
    const propagationPolicy = finalizers.includes(orphanFinalizer)
      ? 'Orphan'
      : inForeground || finalizers.includes(foregroundFinalizer)
        ? 'Foreground'
        : 'Background'
    await unlessGone(
      this.#context.api.delete(resource, object.metadata, {
        propagationPolicy,
        ...(uid === undefined ? {} : { uid }),
      }),
    )
  }

  /** Lets the owner go once nothing that blocks it is left. */
  async #awaitDependents(item: Item): Promise<void> {
    const { uid } = item.object.metadata
    const blocking = this.#graph
      .dependents(item.object)
      .filter(({ object }) =>
        object.metadata.ownerReferences?.some((each) => each.uid === uid && each.blockOwnerDeletion === true),
      )
    if (blocking.length === 0) await this.#removeFinalizer(item, foregroundFinalizer)
    else for (const dependent of blocking) if (!isForeground(dependent.object)) this.#add(dependent)
  }

  async #orphan(item: Item): Promise<void> {
    const { uid } = item.object.metadata
    for (const { resource, object } of this.#graph.dependents(item.object)) {
      const others = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid)
      await patchOwners(this.#context.api, resource, object, others)
    }
    await this.#removeFinalizer(item, orphanFinalizer)
  }

  async #removeFinalizer({ resource, object }: Item, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = object.metadata
    const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } }
    await unlessGone(this.#context.api.mergePatch(resource, object.metadata, patch))
  }

  /** Whether an owner is not known to be there to stay: only then is anybody asked. */
  #lacksOwner({ metadata }: KubeObject): boolean {
    return (metadata.ownerReferences ?? []).some((reference) => {
      const owner = this.#graph.owner(reference, metadata.namespace)
      return owner === undefined || isForeground(owner.object)
    })
  }
}
