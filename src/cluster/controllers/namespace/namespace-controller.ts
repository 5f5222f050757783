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
import { unlessGone } from '../shared/gone.ts'
import type { Namespace } from '../shared/objects.ts'
import { serviceAccounts } from '../shared/resources.ts'
import { isSameStatus } from '../shared/status.ts'
import { deletionConditions, type Remainder } from './conditions.ts'

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
    context.informers.get('serviceAccounts').onEvent(({ type, name, namespace = '' }) => {
      if (type === 'delete' && name === 'default') this.#queue.add(namespace)
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
    const remaining = await this.#empty(name)
    if (remaining.length === 0) return this.#finalize(namespace)
    await this.#tell(namespace, remaining)
    return { requeueAfterMs: remainingMs }
  }

  async #ensureServiceAccount(namespace: string): Promise<void> {
    const { cache } = this.#context.informers.get('serviceAccounts')
    if (cache.get(namespace, 'default') !== undefined) return
    try {
      await this.#context.api.create(serviceAccounts, { metadata: { namespace, name: 'default' } })
    } catch (error) {
      if (!isKubeError(error, 'Conflict', 'NotFound') && !isNamespaceTerminating(error)) throw error
    }
  }

  /** Deletes everything in it, and nothing but pods while there are any. @returns what is left. */
  async #empty(namespace: string): Promise<Remainder[]> {
    const left = await this.#emptyOf(pods, namespace)
    if (left.length > 0) return [{ resource: pods, items: left }]
    const remaining: Remainder[] = []
    for (const resource of await this.#namespacedResources()) {
      const items = await this.#emptyOf(resource, namespace)
      if (items.length > 0) remaining.push({ resource, items })
    }
    return remaining
  }

  async #emptyOf(resource: Resource, namespace: string): Promise<readonly KubeObject[]> {
    const { api } = this.#context
    const present = await this.#list(resource, namespace)
    for (const { metadata } of present) {
      if (metadata.deletionTimestamp !== undefined) continue
      await unlessGone(api.delete(resource, metadata))
    }
    return present.length === 0 ? [] : this.#list(resource, namespace)
  }

  async #list(resource: Resource, namespace: string): Promise<readonly KubeObject[]> {
    const list = await unlessGone(this.#context.api.list(resource, { namespace }))
    // Not served any more: its definition went in the meantime.
    return list?.items ?? []
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

  async #tell(namespace: Namespace, remaining: readonly Remainder[]): Promise<void> {
    const { api, clock } = this.#context
    const conditions = deletionConditions(namespace.status?.conditions ?? [], remaining, clock.now())
    const status = { ...namespace.status, conditions }
    if (isSameStatus(namespace.status, status)) return
    await api.replace<Namespace>(namespaces, { ...namespace, status }, { subresource: 'status' })
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalized = { ...namespace, spec: { ...namespace.spec, finalizers: [] } }
    await unlessGone(this.#context.api.replace(namespaces, finalized, { subresource: 'finalize' }))
  }
}
