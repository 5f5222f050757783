import { keyOf, nodes, pods } from '../../../kube/index.ts'
import { type Controller, type ControllerContext, ControllerQueue, refOf } from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import type { Pod } from '../shared/objects.ts'
import { disruptPod } from '../shared/disrupted-pod.ts'
import { isTerminal } from '../shared/pods.ts'

/** A node may come back, or the watch be late: so long a pod whose node is gone is left alone. */
const quarantineMs = 40_000
/** Pods that were deleted before they had a node are looked for this often. */
const periodMs = 20_000

/** Deletes pods that no kubelet will ever end: those whose node is gone, and those that never had one. */
export class LostPodCollector implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #pods
  readonly #nodes

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (key) => this.#collect(key))
    this.#pods = context.informers.get('pods')
    this.#nodes = context.informers.get('nodes')
    this.#pods.onEvent(({ type, object }) => {
      if (type === 'upsert') this.#consider(object)
    })
    this.#nodes.onEvent(({ type, name }) => {
      if (type === 'delete') for (const pod of this.#pods.cache.byIndex('node', name)) this.#consider(pod)
    })
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #consider(pod: Pod): void {
    const key = keyOf(pod.metadata)
    const nodeName = pod.spec.nodeName ?? ''
    if (nodeName === '') {
      if (pod.metadata.deletionTimestamp !== undefined) this.#queue.addAfter(key, periodMs)
    } else if (this.#nodes.cache.get(undefined, nodeName) === undefined) this.#queue.addAfter(key, quarantineMs)
  }

  async #collect(key: string): Promise<void> {
    const { namespace, name } = refOf(key)
    const pod = this.#pods.cache.get(namespace, name)
    if (pod === undefined) return
    const nodeName = pod.spec.nodeName ?? ''
    if (nodeName === '') {
      if (pod.metadata.deletionTimestamp !== undefined) await this.#end(pod)
      return
    }
    if (await this.#exists(nodeName)) return
    await disruptPod(this.#context, pod, {
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
      phase: 'Failed',
    })
    await this.#delete(pod)
  }

  async #exists(node: string): Promise<boolean> {
    if (this.#nodes.cache.get(undefined, node) !== undefined) return true
    return (await unlessGone(this.#context.api.get(nodes, { name: node }))) !== undefined
  }

  /** Nobody else will say that it is over; whoever holds it by a finalizer holds nothing that runs. */
  async #end(pod: Pod): Promise<void> {
    if (!isTerminal(pod)) await this.#fail(pod)
    await this.#delete(pod)
  }

  async #fail({ metadata }: Pod): Promise<void> {
    const patch = { metadata: { uid: metadata.uid }, status: { phase: 'Failed' } }
    await unlessGone(this.#context.api.mergePatch(pods, metadata, patch, { subresource: 'status' }))
  }

  async #delete({ metadata }: Pod): Promise<void> {
    const { uid } = metadata
    await unlessGone(
      this.#context.api.delete(pods, metadata, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) }),
    )
  }
}
