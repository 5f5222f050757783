import { type Clock, isKubeError, type KubeApi, pods } from '../../kube/index.ts'
import type { Pod, PodStatus } from './pod.ts'
import { statusPatch } from './pod-status.ts'

export interface StatusWriterOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The status as it is now, for the newest object of the pod. */
  readonly status: (pod: Pod) => PodStatus
  readonly onError: (error: unknown) => void
}

const againMs = 1000

/**
 * Brings a pod's status to the API server, one write after the other: what changes while one is under way goes with the
 * next. A write that failed is done again; one that met a newer object is made anew from it.
 */
export class StatusWriter {
  /** The pod is gone from the API server: there is nothing to write to. */
  gone = false
  readonly #options: StatusWriterOptions
  #pod: Pod
  #wanted = false
  #busy = false
  #written = Promise.resolve()

  constructor(options: StatusWriterOptions, pod: Pod) {
    this.#options = options
    this.#pod = pod
  }

  get pod(): Pod {
    return this.#pod
  }

  /** A newer object was seen. */
  see(pod: Pod): void {
    if (!isNewer(pod, this.#pod)) return
    this.#pod = pod
  }

  /** The status may have changed. Resolves when it is written, or cannot be any more. */
  publish(): Promise<void> {
    this.#wanted = true
    if (!this.#busy) this.#written = this.#write()
    return this.#written
  }

  /** Removes the pod: its containers have ended, and its last status is written. */
  async remove(): Promise<void> {
    const { api, signal } = this.#options
    const { namespace, name, uid } = this.#pod.metadata
    const options = { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }), signal }
    await this.#persist(async () => {
      await api.delete(pods, { namespace, name }, options)
    })
  }

  async #write(): Promise<void> {
    this.#busy = true
    while (this.#wanted && !this.gone && !this.#options.signal.aborted) {
      this.#wanted = false
      await this.#persist(() => this.#writeOnce())
    }
    this.#busy = false
  }

  async #writeOnce(): Promise<void> {
    const { api, signal } = this.#options
    const { namespace, name, uid, resourceVersion } = this.#pod.metadata
    const ref = { namespace, name }
    const patch = statusPatch(this.#pod.status ?? {}, this.#options.status(this.#pod))
    if (patch === undefined) return
    try {
      const body = { metadata: { uid, resourceVersion }, status: patch }
      this.see(await api.mergePatch<Pod>(pods, ref, body, { subresource: 'status', signal }))
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error
      const present = await api.get<Pod>(pods, ref, { signal })
      if (present.metadata.uid !== uid) this.gone = true
      this.see(present)
      this.#wanted = true
    }
  }

  /** Does this until it works, the pod is gone, or nobody wants it any more. */
  async #persist(work: () => Promise<void>): Promise<void> {
    const { clock, signal, onError } = this.#options
    while (!this.gone && !signal.aborted) {
      try {
        await work()
        return
      } catch (error) {
        if (signal.aborted) return
        if (isKubeError(error, 'NotFound') || isKubeError(error, 'Conflict')) {
          this.gone = true
          return
        }
        onError(error)
        await clock.sleep(againMs, signal).catch(() => {})
      }
    }
  }
}

/** Versions are numbers of any length. */
function isNewer(one: Pod, other: Pod): boolean {
  const [a, b] = [one.metadata.resourceVersion ?? '', other.metadata.resourceVersion ?? '']
  return a.length === b.length ? a > b : a.length > b.length
}
