import { type Clock, pods } from '../../../src/kube/index.ts'
import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import type { Ask } from '../../../src/signals/index.ts'
import type { Seeded } from '../time/seeded.ts'
import { namespace } from './manifest.ts'
import { isTerminating, type RawPod, readySinceMs } from './raw.ts'

/** Of the pods of one Deployment. */
interface Flow {
  requestsPerSecond: number
  /** Which share of requests fails, by image. */
  fails: Map<string, number>
  /** Which share fails of every image. */
  background: number
  silentUntilMs: number
}

/** What one pod has counted, up to a time. */
interface Counted {
  uid: string
  atMs: number
  requests: number
  errors: number
}

/**
 * Requests to the pods, and what drain-server counts of them: every ready pod that does not end has its share of a flow
 * that is as even as water. Pods that end keep their counters until they are gone.
 */
export class Traffic {
  readonly #server: ApiServerLike
  readonly #clock: Clock
  readonly #flows = new Map<string, Flow>()
  readonly #counted = new Map<string, Counted>()

  constructor({ server, clock }: { server: ApiServerLike; clock: Clock }) {
    this.#server = server
    this.#clock = clock
    // Who is ready decides who counts: everything is settled before that changes.
    server.onWrite(({ resource, before }) => {
      if (resource.plural !== 'pods' || this.#flows.size === 0) return
      this.#settle(before as RawPod | undefined)
    })
  }

  flow(name: string, requestsPerSecond: number): void {
    this.#change(name, { requestsPerSecond })
  }

  fail(name: string, image: string, share: number): void {
    this.#change(name, {}).fails.set(image, share)
  }

  background(name: string, share: number): void {
    this.#change(name, { background: share })
  }

  silence(name: string, forMs: number): void {
    this.#change(name, { silentUntilMs: this.#clock.monotonicMs() + forMs })
  }

  /** From now on nothing fails and everybody answers, at this many requests a second. */
  calm(requestsPerSecond: number): void {
    for (const name of this.#flows.keys()) {
      this.#change(name, { requestsPerSecond, background: 0, silentUntilMs: 0 }).fails.clear()
    }
  }

  /** How one process asks for metrics: over the network, on its own clock. */
  askOf(clock: Clock, random: Seeded): Ask {
    return async ({ url }, abort) => {
      await clock.sleep(random.int(1, 20), abort)
      const pod = this.#pods().find(({ status }) => status?.podIP === url.hostname)
      const { silentUntilMs = 0 } = this.#flows.get(appOf(pod)) ?? {}
      if (pod === undefined || silentUntilMs > this.#clock.monotonicMs()) {
        return { kind: 'silent', reason: 'Unreachable', message: 'a pod cannot be reached' }
      }
      this.#settle(pod)
      const { requests = 0, errors = 0 } = this.#counted.get(pod.metadata.uid ?? '') ?? {}
      const failed = Math.floor(errors)
      const metric = 'drain_server_requests_total'
      const text = `${metric}{code="2xx"} ${Math.max(0, Math.floor(requests) - failed)}\n${metric}{code="5xx"} ${failed}\n`
      return { kind: 'body', text }
    }
  }

  #change(name: string, change: Partial<Flow>): Flow {
    const flow = this.#flows.get(name) ?? { requestsPerSecond: 0, fails: new Map(), background: 0, silentUntilMs: 0 }
    for (const pod of this.#pods()) if (appOf(pod) === name) this.#settle(pod)
    Object.assign(flow, change)
    this.#flows.set(name, flow)
    return flow
  }

  /** Brings what its Deployment's pods have counted up to now; `changed` as it was until now. */
  #settle(changed: RawPod | undefined): void {
    const flow = this.#flows.get(appOf(changed))
    if (changed === undefined || flow === undefined) return
    const nowMs = this.#clock.monotonicMs()
    const others = this.#pods().filter(
      (pod) => appOf(pod) === appOf(changed) && pod.metadata.uid !== changed.metadata.uid,
    )
    const serving = [changed, ...others].filter((pod) => readySinceMs(pod) !== undefined && !isTerminating(pod))
    for (const pod of serving) {
      const uid = pod.metadata.uid ?? ''
      const known = this.#counted.get(uid) ?? { uid, atMs: nowMs, requests: 0, errors: 0 }
      const requests = ((nowMs - known.atMs) / 1000) * (flow.requestsPerSecond / serving.length)
      const share = Math.min(1, flow.background + (flow.fails.get(pod.spec.containers[0]?.image ?? '') ?? 0))
      this.#counted.set(uid, {
        uid,
        atMs: nowMs,
        requests: known.requests + requests,
        errors: known.errors + requests * share,
      })
    }
  }

  #pods(): RawPod[] {
    return [...this.#server.objects(pods, namespace)] as RawPod[]
  }
}

function appOf(pod: RawPod | undefined): string {
  return pod?.metadata.labels?.['app'] ?? ''
}
