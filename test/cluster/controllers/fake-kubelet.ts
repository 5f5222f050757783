import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import { setCondition } from '../../../src/cluster/controllers/shared/conditions.ts'
import type { Condition, Pod } from '../../../src/cluster/controllers/shared/objects.ts'
import { timestamp } from '../../../src/cluster/controllers/shared/timestamps.ts'
import { type Clock, createKubeApi, isKubeError, type KubeApi, pods } from '../../../src/kube/index.ts'

/** How a pod lives here. */
export interface PodLife {
  /** From its binding until it is ready; undefined when it never is. @default 100 */
  readyAfterMs?: number | undefined
  /** From its deletion until it is gone. @default 50 */
  endsAfterMs?: number
}

/** Stands for the kubelets of all nodes: lets pods become ready, and ends those that are deleted. */
export class FakeKubelet {
  readonly #clock: Clock
  readonly #api: KubeApi
  readonly #lifeOf: (pod: Pod) => PodLife
  readonly #started = new Set<string>()
  readonly #ended = new Set<string>()
  #addresses = 0

  constructor(server: ApiServerLike, clock: Clock, lifeOf: (pod: Pod) => PodLife = () => ({})) {
    this.#clock = clock
    this.#api = createKubeApi(server.client('kubelet'))
    this.#lifeOf = lifeOf
    server.onWrite(({ resource, verb, object }) => {
      if (resource.plural === 'pods') this.#look(object as Pod, verb === 'delete')
    })
  }

  /** As when a probe begins or ceases to fail. */
  async setReady(pod: Pod, ready: boolean): Promise<void> {
    const condition: Condition = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      lastTransitionTime: timestamp(this.#clock.now()),
    }
    const conditions = setCondition(pod.status?.conditions ?? [], condition)
    await this.#report(pod, { ...pod.status, conditions })
  }

  #look(pod: Pod, isDelete: boolean): void {
    const { uid = '', deletionTimestamp } = pod.metadata
    if ((pod.spec.nodeName ?? '') === '') return
    if (!this.#started.has(uid) && !isDelete) {
      this.#started.add(uid)
      const { readyAfterMs } = { readyAfterMs: 100, ...this.#lifeOf(pod) }
      this.#clock.setTimeout(() => void this.#start(pod, readyAfterMs), 1)
    }
    if (deletionTimestamp !== undefined && !this.#ended.has(uid)) {
      this.#ended.add(uid)
      this.#clock.setTimeout(() => void this.#end(pod), this.#lifeOf(pod).endsAfterMs ?? 50)
    }
  }

  async #start(pod: Pod, readyAfterMs: number | undefined): Promise<void> {
    this.#addresses += 1
    const ip = `10.1.${this.#addresses >> 8}.${this.#addresses & 255}`
    const running = { phase: 'Running', podIP: ip, podIPs: [{ ip }] }
    await this.#report(pod, running)
    if (readyAfterMs === undefined) return
    this.#clock.setTimeout(() => {
      if (!this.#ended.has(pod.metadata.uid ?? '')) void this.setReady({ ...pod, status: running }, true)
    }, readyAfterMs)
  }

  #report({ metadata }: Pod, status: Pod['status']): Promise<void> {
    const patch = { metadata: { uid: metadata.uid }, status }
    return this.#quietly(this.#api.mergePatch(pods, metadata, patch, { subresource: 'status' }))
  }

  #end({ metadata }: Pod): Promise<void> {
    const { uid } = metadata
    return this.#quietly(
      this.#api.delete(pods, metadata, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) }),
    )
  }

  async #quietly(write: Promise<unknown>): Promise<void> {
    try {
      await write
    } catch (error) {
      // The pod, or the namespace, was faster.
      if (!isKubeError(error, 'NotFound', 'Conflict')) throw error
    }
  }
}
