import { keyOf, pods, type WorkResult } from '../../../kube/index.ts'
import { type Controller, type ControllerContext, ControllerQueue, refOf } from '../shared/controller.ts'
import { disruptPod } from '../shared/disrupted-pod.ts'
import { unlessGone } from '../shared/gone.ts'
import { evictionMs } from './taints.ts'

/** Deletes pods from nodes that are tainted NoExecute, when they do not tolerate that any longer. */
export class TaintEvictionController implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #pods
  readonly #nodes

  constructor(context: ControllerContext) {
    this.#context = context
    this.#queue = new ControllerQueue(context, (key) => this.#sync(key))
    this.#pods = context.informers.get('pods')
    this.#nodes = context.informers.get('nodes')
    this.#pods.onEvent(({ type, object, previous }) => {
      const isPlaced = type === 'upsert' && object.spec.nodeName !== previous?.spec.nodeName
      if (isPlaced && this.#isTainted(object.spec.nodeName)) this.#queue.add(keyOf(object.metadata))
    })
    this.#nodes.onEvent(({ name, object, previous }) => {
      if (object.spec?.taints === previous?.spec?.taints || !this.#isTainted(name)) return
      for (const pod of this.#pods.cache.byIndex('node', name)) this.#queue.add(keyOf(pod.metadata))
    })
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #isTainted(node = ''): boolean {
    return this.#nodes.cache.get(undefined, node)?.spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true
  }

  async #sync(key: string): Promise<WorkResult | void> {
    const { namespace, name } = refOf(key)
    const pod = this.#pods.cache.get(namespace, name)
    const node = this.#nodes.cache.get(undefined, pod?.spec.nodeName ?? '')
    if (pod === undefined || node === undefined || pod.metadata.deletionTimestamp !== undefined) return
    const nowMs = this.#context.clock.now()
    const leavesMs = evictionMs(pod, node, nowMs)
    if (leavesMs === undefined) return
    if (leavesMs > nowMs) return { requeueAfterMs: leavesMs - nowMs }
    const { record, api } = this.#context
    record(pods, pod, { type: 'Normal', reason: 'TaintManagerEviction', note: `Marking for deletion Pod ${key}` })
    await disruptPod(this.#context, pod, {
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    })
    await unlessGone(api.delete(pods, pod.metadata, pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }))
  }
}
