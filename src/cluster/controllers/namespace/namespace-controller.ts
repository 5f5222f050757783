import {
  isKubeError,
  type KubeObject,
  namespaces,
  pods,
  type Resource,
  resourceName,
  type WorkResult,
} from '../../../kube/index.ts'
import { servedResources } from '../garbage/owners.ts'
import {
  type Controller,
  type ControllerContext,
  ControllerQueue,
  isNamespaceTerminating,
} from '../shared/controller.ts'
import type { Namespace } from '../shared/objects.ts'
import { serviceAccounts } from '../shared/resources.ts'

/** How long until the content of a namespace is looked at again that takes its time to end. */
const remainingMs = 1000

/** Gives each namespace its service account, and empties those that are to go. */
export class NamespaceController implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #namespaces

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (name) => this.#sync(name))
    this.#namespaces = context.informers.get('namespaces')
    this.#namespaces.onEvent(({ type, name }) => {
      if (type === 'upsert') this.#queue.add(name)
    })
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  async #sync(name: string): Promise<WorkResult | void> {
    const namespace = this.#namespaces.cache.get(undefined, name)
    if (namespace === undefined) return
    if (namespace.metadata.deletionTimestamp === undefined) return this.#ensureServiceAccount(name)
    if ((namespace.spec?.finalizers ?? []).length === 0) return
    if (await this.#empty(name)) return this.#finalize(namespace)
    return { requeueAfterMs: remainingMs }
  }

  async #ensureServiceAccount(namespace: string): Promise<void> {
    try {
      await this.#context.api.create(serviceAccounts, { metadata: { namespace, name: 'default' } })
    } catch (error) {
      if (!isKubeError(error, 'Conflict') && !isNamespaceTerminating(error)) throw error
    }
  }

  /** Deletes everything in it, pods first. @returns whether nothing was left to delete. */
  async #empty(namespace: string): Promise<boolean> {
    if (!(await this.#emptyOf(pods, namespace))) return false
    let isEmpty = true
    for (const resource of await this.#namespacedResources()) {
      isEmpty = (await this.#emptyOf(resource, namespace)) && isEmpty
    }
    return isEmpty
  }

  async #emptyOf(resource: Resource, namespace: string): Promise<boolean> {
    const { api } = this.#context
    let items: readonly KubeObject[]
    try {
      items = (await api.list(resource, { namespace })).items
    } catch (error) {
      // Not served any more: its definition went in the meantime.
      if (isKubeError(error, 'NotFound')) return true
      throw error
    }
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue
      try {
        await api.delete(resource, metadata)
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error
      }
    }
    return items.length === 0
  }

  async #namespacedResources(): Promise<Resource[]> {
    const { api } = this.#context
    const { groups } = await api.getPath<{ groups: readonly { preferredVersion: { groupVersion: string } }[] }>('/apis')
    const all: Resource[] = []
    for (const version of ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)]) {
      all.push(...(await servedResources(api, version)).filter(({ namespaced }) => namespaced))
    }
    // Events of both groups are the same objects.
    return all.filter((resource) => resourceName(resource) !== 'events.events.k8s.io')
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalized = { ...namespace, spec: { ...namespace.spec, finalizers: [] } }
    try {
      await this.#context.api.replace(namespaces, finalized, { subresource: 'finalize' })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }
}
