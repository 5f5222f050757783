import { isKubeError, keyOf, pods, type KubeObject } from '../../../kube/index.ts'
import { type Controller, type ControllerContext, ControllerQueue, refOf } from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import type { Condition, Pod } from '../shared/objects.ts'
import { isTerminal, podCondition } from '../shared/pods.ts'
import { timestamp } from '../shared/timestamps.ts'
import { chooseNode } from './choose-node.ts'

const schedulerName = 'default-scheduler'

/** Gives each pod a node. */
export class Scheduler implements Controller {
  readonly #context: ControllerContext
  readonly #queue: ControllerQueue
  readonly #pods
  readonly #nodes
  /** Pods that were bound and whose cached state does not show it yet, by uid. */
  readonly #assumed = new Map<string, Pod>()
  /** Keys of pods for which there was no node. */
  readonly #waiting = new Set<string>()

  constructor(context: ControllerContext) {
    this.#context = context
    // One at a time: each decision counts the ones before it.
    this.#queue = new ControllerQueue(context, (key) => this.#schedule(key), { concurrency: 1, backoffBaseMs: 1000 })
    this.#pods = context.informers.get('pods')
    this.#nodes = context.informers.get('nodes')
    this.#pods.onEvent(({ type, object }) => {
      const key = keyOf(object.metadata)
      const isPlaced = (object.spec.nodeName ?? '') !== ''
      if (type === 'delete' || isPlaced) {
        this.#assumed.delete(object.metadata.uid ?? '')
        this.#waiting.delete(key)
      }
      if (type === 'delete' || isTerminal(object)) this.#retry()
      else if (!isPlaced && !this.#waiting.has(key)) this.#queue.add(key)
    })
    this.#nodes.onEvent(() => this.#retry())
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  /** What has changed may make room. */
  #retry(): void {
    for (const key of this.#waiting) this.#queue.add(key)
    this.#waiting.clear()
  }

  async #schedule(key: string): Promise<void> {
    const { namespace, name } = refOf(key)
    const pod = this.#pods.cache.get(namespace, name)
    if (pod === undefined || !this.#isOurs(pod)) return
    const nodes = this.#nodes.cache.list()
    const choice = chooseNode(pod, { nodes, placed: this.#placed(namespace ?? '') }, (node) => this.#podsOn(node))
    if ('node' in choice) await this.#bind(pod, choice.node)
    else await this.#tellUnschedulable(pod, choice.unschedulable)
  }

  #isOurs(pod: Pod): boolean {
    const { spec, metadata } = pod
    const isPlaced = (spec.nodeName ?? '') !== '' || this.#assumed.has(metadata.uid ?? '')
    return (
      !isPlaced && metadata.deletionTimestamp === undefined && (spec.schedulerName ?? schedulerName) === schedulerName
    )
  }

  #placed(namespace: string): Pod[] {
    const seen = this.#pods.cache.byIndex('namespace', namespace).filter(({ spec }) => (spec.nodeName ?? '') !== '')
    return [...seen, ...[...this.#assumed.values()].filter(({ metadata }) => metadata.namespace === namespace)]
  }

  #podsOn(node: string): Pod[] {
    const assumed = [...this.#assumed.values()].filter(({ spec }) => spec.nodeName === node)
    return [...this.#pods.cache.byIndex('node', node), ...assumed]
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { api, record } = this.#context
    const { namespace, name, uid = '' } = pod.metadata
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    }
    this.#assumed.set(uid, { ...pod, spec: { ...pod.spec, nodeName: node } })
    try {
      await api.create(pods, binding as KubeObject, { subresource: 'binding' })
    } catch (error) {
      this.#assumed.delete(uid)
      if (isKubeError(error, 'NotFound')) return
      throw error
    }
    // The watch may have been faster than the answer.
    if ((this.#pods.cache.get(namespace, name)?.spec.nodeName ?? '') !== '') this.#assumed.delete(uid)
    record(pods, pod, {
      type: 'Normal',
      reason: 'Scheduled',
      note: `Successfully assigned ${keyOf(pod.metadata)} to ${node}`,
    })
  }

  async #tellUnschedulable(pod: Pod, message: string): Promise<void> {
    const { api, clock, record } = this.#context
    this.#waiting.add(keyOf(pod.metadata))
    const present = podCondition(pod, 'PodScheduled')
    if (present?.status === 'False' && present.message === message) return
    record(pods, pod, { type: 'Warning', reason: 'FailedScheduling', note: message })
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      observedGeneration: pod.metadata.generation ?? 0,
      lastProbeTime: null,
      lastTransitionTime: (present?.status === 'False' && present.lastTransitionTime) || timestamp(clock.now()),
      reason: 'Unschedulable',
      message,
    }
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled')
    const { uid, resourceVersion } = pod.metadata
    const patch = { metadata: { uid, resourceVersion }, status: { conditions: [...others, condition] } }
    await unlessGone(api.mergePatch(pods, pod.metadata, patch, { subresource: 'status' }))
  }
}
