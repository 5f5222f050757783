import { type Clock, createKubeApi, isKubeError, type KubeApi, pods } from '../../../src/kube/index.ts'
import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import type { Seeded } from '../time/seeded.ts'
import { type DrainProfile, drawEnd, type PodEnd, terminatedStatus } from './drain-endings.ts'
import { namespace } from './manifest.ts'
import { isTerminating, type RawPod, timestamp } from './raw.ts'

export interface KubeletOptions {
  server: ApiServerLike
  clock: Clock
  random: Seeded
  /** How pods of this Deployment end from now on. */
  profileOf: (app: string) => DrainProfile
  /** A pod that was seen ready has ended. */
  onEnd: (pod: RawPod, end: PodEnd) => void
}

/**
 * What kubelets do, without containers: a new pod becomes ready after a while, a deleted one drains as its Deployment's
 * profile says, tells how it ended, and goes.
 */
export class Kubelet {
  readonly #options: KubeletOptions
  readonly #api: KubeApi
  readonly #known = new Set<string>()
  readonly #ending = new Set<string>()
  #addresses = 0

  constructor(options: KubeletOptions) {
    this.#options = options
    this.#api = createKubeApi(options.server.client('kubelet'))
  }

  start(): void {
    this.#options.server.onWrite(({ resource, object, removed }) => {
      if (resource.plural === 'pods' && !removed) this.#sees(object as RawPod)
    })
  }

  #sees(pod: RawPod): void {
    const { clock, random } = this.#options
    const uid = pod.metadata.uid ?? ''
    if (isTerminating(pod)) {
      if (this.#ending.has(uid)) return
      this.#ending.add(uid)
      this.#drain(pod)
    } else if (!this.#known.has(uid)) {
      this.#known.add(uid)
      clock.setTimeout(() => void this.#start(pod), random.int(200, 1500))
    }
  }

  async #start(pod: RawPod): Promise<void> {
    const { clock } = this.#options
    const now = timestamp(clock.now())
    if (this.#ending.has(pod.metadata.uid ?? '')) return
    await this.#writeStatus(pod, {
      phase: 'Running',
      podIP: this.#address(),
      conditions: [
        { type: 'Ready', status: 'True', lastTransitionTime: now },
        { type: 'ContainersReady', status: 'True', lastTransitionTime: now },
      ],
      containerStatuses: [
        { name: 'app', image: '', imageID: '', ready: true, restartCount: 0, state: { running: { startedAt: now } } },
      ],
    })
  }

  #address(): string {
    this.#addresses += 1
    return `10.1.${this.#addresses >> 8}.${this.#addresses & 255}`
  }

  #drain(pod: RawPod): void {
    const { clock, random, profileOf } = this.#options
    const profile = profileOf(pod.metadata.labels?.['app'] ?? '')
    const end = drawEnd(pod, profile, random, clock.now())
    clock.setTimeout(() => void this.#end(pod, end), end.afterMs)
  }

  async #end(pod: RawPod, end: PodEnd): Promise<void> {
    const { clock, random, onEnd } = this.#options
    if (end.terminated !== undefined) {
      const now = timestamp(clock.now())
      await this.#writeStatus(pod, {
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now }],
        containerStatuses: [terminatedStatus(pod, end.terminated, clock.now())],
      })
    }
    onEnd(pod, end)
    clock.setTimeout(() => void this.#remove(pod), random.int(5, 60))
  }

  async #remove(pod: RawPod): Promise<void> {
    const { name, uid = '' } = pod.metadata
    await this.#quietly(this.#api.delete(pods, { namespace, name }, { uid, gracePeriodSeconds: 0 }))
    this.#ending.delete(uid)
  }

  async #writeStatus({ metadata: { name } }: RawPod, status: object): Promise<void> {
    await this.#quietly(this.#api.mergePatch(pods, { namespace, name }, { status }, { subresource: 'status' }))
  }

  /** A pod that is gone meanwhile needs nothing more. */
  async #quietly(call: Promise<unknown>): Promise<void> {
    try {
      await call
    } catch (error) {
      if (!isKubeError(error, 'NotFound', 'Conflict')) throw error
    }
  }
}
