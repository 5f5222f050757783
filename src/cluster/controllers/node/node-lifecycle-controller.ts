import { nodes, pods, type WorkResult } from '../../../kube/index.ts'
import { setCondition } from '../shared/conditions.ts'
import { type Controller, type ControllerContext, ControllerQueue } from '../shared/controller.ts'
import { unlessGone } from '../shared/gone.ts'
import type { Condition, Lease, Node, Pod } from '../shared/objects.ts'
import { isReady, podCondition } from '../shared/pods.ts'
import { timestamp } from '../shared/timestamps.ts'
import { taintsOf } from './taints.ts'

export interface NodeLifecycleOptions {
  /** How long a kubelet may be silent before its node is given up. @default 50000 */
  readonly gracePeriodMs?: number
}

/** Gives up nodes whose kubelet is silent, taints those that cannot take pods, and lets their pods count as not ready. */
export class NodeLifecycleController implements Controller {
  readonly #context: ControllerContext
  readonly #gracePeriodMs: number
  readonly #queue: ControllerQueue
  readonly #nodes
  readonly #pods
  /** When each kubelet was last heard of: monotonic, by our own clock, since a node's may be wrong. */
  readonly #heardMs = new Map<string, number>()
  /** Nodes that were given up, or said themselves that they are not ready, and whose pods do not know yet. */
  readonly #toMark = new Set<string>()

  constructor(context: ControllerContext, { gracePeriodMs = 50_000 }: NodeLifecycleOptions = {}) {
    this.#context = context
    this.#gracePeriodMs = gracePeriodMs
    this.#queue = new ControllerQueue(context, (name) => this.#sync(name))
    this.#nodes = context.informers.get('nodes')
    this.#pods = context.informers.get('pods')
    this.#nodes.onEvent(({ type, name, object, previous }) => {
      if (type === 'delete') this.#heardMs.delete(name)
      else {
        if (heartbeat(object) !== heartbeat(previous)) this.#heard(name)
        if (isKnownUnready(object) && !isKnownUnready(previous)) this.#toMark.add(name)
        this.#queue.add(name)
      }
    })
    context.informers.get('leases').onEvent(({ type, name, object, previous }) => {
      if (type === 'upsert' && renewal(object) !== renewal(previous)) this.#heard(name)
    })
    this.#pods.onEvent(({ type, object, previous }) => {
      const { nodeName = '' } = object.spec
      // It may have been placed as its node was given up.
      const isLate = isKnownUnready(this.#nodes.cache.get(undefined, nodeName))
      if (type === 'delete' || nodeName === previous?.spec.nodeName || !isLate) return
      this.#toMark.add(nodeName)
      this.#queue.add(nodeName)
    })
  }

  begin(): void {
    this.#queue.begin()
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  #heard(name: string): void {
    this.#heardMs.set(name, this.#context.clock.monotonicMs())
    this.#queue.addAfter(name, this.#gracePeriodMs)
  }

  async #sync(name: string): Promise<WorkResult | void> {
    const node = this.#nodes.cache.get(undefined, name)
    if (node === undefined) return
    const { clock } = this.#context
    const heardMs = this.#heardMs.get(name) ?? clock.monotonicMs()
    this.#heardMs.set(name, heardMs)
    const leftMs = heardMs + this.#gracePeriodMs - clock.monotonicMs()
    const current = leftMs > 0 ? node : await this.#giveUp(node)
    await this.#taint(current)
    if (this.#toMark.has(name)) await this.#markPods(name)
    this.#toMark.delete(name)
    return leftMs > 0 ? { requeueAfterMs: leftMs } : undefined
  }

  async #giveUp(node: Node): Promise<Node> {
    if (readiness(node)?.status === 'Unknown') return node
    const { api, clock, record } = this.#context
    const now = timestamp(clock.now())
    const present = node.status?.conditions ?? []
    const never = readiness(node) === undefined
    const { lastHeartbeatTime = node.metadata.creationTimestamp ?? now } = readiness(node) ?? {}
    const conditions = setCondition(present, {
      type: 'Ready',
      status: 'Unknown',
      lastHeartbeatTime,
      lastTransitionTime: now,
      reason: never ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
      message: never ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
    })
    const { name, resourceVersion } = node.metadata
    const patch = { metadata: { resourceVersion }, status: { conditions } }
    const written = await api.mergePatch<Node>(nodes, { name }, patch, { subresource: 'status' })
    if (readiness(node)?.status === 'True') {
      record(nodes, node, {
        type: 'Normal',
        reason: 'NodeNotReady',
        note: `Node ${name} status is now: NodeNotReady`,
      })
    }
    this.#toMark.add(name)
    return written
  }

  async #taint(node: Node): Promise<void> {
    const taints = taintsOf(node, this.#context.clock.now())
    if (taints === node.spec?.taints || (taints.length === 0 && node.spec?.taints === undefined)) return
    const { name, resourceVersion } = node.metadata
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } }
    await this.#context.api.mergePatch<Node>(nodes, { name }, patch)
  }

  async #markPods(node: string): Promise<void> {
    for (const pod of this.#pods.cache.byIndex('node', node)) if (isReady(pod)) await this.#markNotReady(pod)
  }

  async #markNotReady(pod: Pod): Promise<void> {
    const { api, clock, record } = this.#context
    const { uid, resourceVersion } = pod.metadata
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
    const condition = { ...podCondition(pod, 'Ready'), status: 'False', lastTransitionTime: timestamp(clock.now()) }
    const patch = { metadata: { uid, resourceVersion }, status: { conditions: [...others, condition] } }
    const marked = await unlessGone(api.mergePatch(pods, pod.metadata, patch, { subresource: 'status' }))
    if (marked === undefined) return
    record(pods, pod, { type: 'Warning', reason: 'NodeNotReady', note: 'Node is not ready' })
  }
}

function readiness(node: Node | undefined): Condition | undefined {
  return node?.status?.conditions?.find(({ type }) => type === 'Ready')
}

/** Of a node that has said nothing yet nothing is known. */
function isKnownUnready(node: Node | undefined): boolean {
  const ready = readiness(node)
  return ready !== undefined && ready.status !== 'True'
}

function heartbeat(node: Node | undefined): string | undefined {
  return readiness(node)?.lastHeartbeatTime
}

function renewal(lease: Lease | undefined): string | undefined {
  return lease?.spec?.renewTime
}
