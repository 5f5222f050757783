import type { Logger } from 'pino'
import type { Clock, KubeApi } from '../../kube/index.ts'
import type { Epoch } from '../../pacing/index.ts'
import { createAsk, type Endpoints } from '../../signals/index.ts'
import type { OperatorMetrics } from '../metrics.ts'
import type { PodEnded } from './ends.ts'
import { PodsEar } from './pods-ear.ts'
import { PrometheusEar } from './prometheus-ear.ts'
import { type Listen, RolloutWatch } from './rollout-watch.ts'
import type { Sight, SightKey, Sights, SightTarget } from './sight.ts'
import type { PodSeen } from './watched-pods.ts'

export interface RolloutSightsOptions {
  readonly clock: Clock
  readonly api: Pick<KubeApi, 'list' | 'get'>
  /** The pods of a Deployment, of every template, as the caches know them now. */
  readonly pods: (namespace: string, deployment: string) => readonly PodSeen[]
  readonly endpoints: Endpoints
  /** Whether pods may be at an address of this machine: of the embedded cluster they are. @default false */
  readonly podsOnLoopback?: boolean
  /** What is known of a target is not what it was: it is to be looked at. */
  readonly changed: (key: SightKey) => void
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly metrics: Pick<OperatorMetrics, 'setVerdict' | 'forgetVerdict'>
  /** What listens to a target. By default the source that its policy names, over the network. */
  readonly listen?: Listen
}

/** One watch for each target that is followed. */
export class RolloutSights implements Sights {
  readonly #with: RolloutSightsOptions
  readonly #listen: Listen
  readonly #watches = new Map<string, RolloutWatch>()
  #closed = false

  constructor(options: RolloutSightsOptions) {
    this.#with = options
    this.#listen = options.listen ?? listenTo(options)
  }

  look(key: SightKey, revisionId: string): Sight | undefined {
    const watch = this.#watches.get(idOf(key))
    if (watch === undefined) return undefined
    const { podTemplateHash, ...sight } = watch.sight
    return watch.revisionId !== revisionId || podTemplateHash === undefined ? sight : { ...sight, podTemplateHash }
  }

  follow(target: SightTarget, epoch: Epoch | undefined): void {
    // A reconcile that was under way as this process stopped to lead must not begin a watch that nobody ends.
    if (this.#closed) return
    const { policyUid, deploymentUid } = target
    const id = idOf(target)
    const known = this.#watches.get(id)
    if (known !== undefined) known.follow(target, epoch)
    else {
      const changed = (): void => this.#with.changed({ policyUid, deploymentUid })
      this.#watches.set(id, new RolloutWatch({ ...this.#with, listen: this.#listen, changed }, target, epoch))
    }
  }

  stop(key: SightKey): void {
    this.#watches.get(idOf(key))?.stop()
    this.#watches.delete(idOf(key))
  }

  /** Ends every watch, for good. */
  close(): void {
    this.#closed = true
    for (const watch of this.#watches.values()) watch.stop()
    this.#watches.clear()
  }

  /** A pod has ended. What that cost is counted for whoever follows its Deployment. */
  ended(end: PodEnded): void {
    for (const watch of this.#watches.values()) if (watch.isOf(end)) watch.ended(end)
  }
}

function listenTo({ api, clock, endpoints, podsOnLoopback = false }: RolloutSightsOptions): Listen {
  const ask = createAsk({ addresses: { loopback: podsOnLoopback }, clock })
  return ({ namespace, deployment, service, pacing: { prometheus: asked } }, pods) =>
    asked === undefined
      ? new PodsEar({ pods, ask, monotonicMs: () => clock.monotonicMs() })
      : new PrometheusEar({ namespace, deployment, service, asked, endpoints, api, clock })
}

function idOf({ policyUid, deploymentUid }: SightKey): string {
  return `${policyUid}/${deploymentUid}`
}
