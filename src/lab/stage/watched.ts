import { group, kind, plural, version } from '../../api/group.ts'
import {
  createReflector,
  deployments,
  endpointSlices,
  pods,
  type Reflector,
  type Resource,
  systemClock,
  type Transport,
} from '../../kube/index.ts'
import {
  projectDeployment,
  projectPod,
  projectPolicy,
  projectSlice,
  type WatchedDeployment,
  type WatchedPod,
  type WatchedPolicy,
  type WatchedSlice,
} from './watched-objects.ts'

/** DrainPolicy, as the room kube addresses it. */
export const drainPolicies: Resource = { group, version, plural, kind, namespaced: true }

/** What is the same for each of the reflectors, whatever they keep. */
interface Collection {
  readonly synced: Promise<void>
  onEvent(handler: () => void): () => void
  start(): void
  stop(): Promise<void>
}

/** A pod's end as this process saw it on its own clock: the other side of the operator's measurement. */
export interface ObservedDeletion {
  pod: string
  deployment: string
  deletedMs: number
  endedMs: number | null
}

/** The lab's own view of its namespace, kept by watches: everything is awaited, nothing is polled. */
export class Watched {
  readonly pods: Reflector<WatchedPod>
  readonly deployments: Reflector<WatchedDeployment>
  readonly slices: Reflector<WatchedSlice>
  readonly policies: Reflector<WatchedPolicy> | undefined
  readonly deletions = new Map<string, ObservedDeletion>()
  readonly #waiting = new Set<() => void>()

  constructor(transport: Transport, namespace: string, withPolicies: boolean) {
    const common = { transport, clock: systemClock, namespace }
    this.pods = createReflector({ ...common, resource: pods, project: projectPod })
    this.deployments = createReflector({ ...common, resource: deployments, project: projectDeployment })
    this.slices = createReflector({ ...common, resource: endpointSlices, project: projectSlice })
    if (withPolicies) this.policies = createReflector({ ...common, resource: drainPolicies, project: projectPolicy })
    this.pods.onEvent(({ type, object, previous, receivedAtMs, initial }) => {
      if (object.deleting && previous?.deleting === false && !initial) {
        const deployment = object.labels['app'] ?? ''
        this.deletions.set(object.uid, { pod: object.name, deployment, deletedMs: receivedAtMs, endedMs: null })
      }
      const deletion = this.deletions.get(object.uid)
      if (deletion !== undefined && deletion.endedMs === null && (object.ended || type === 'delete')) {
        deletion.endedMs = receivedAtMs
      }
    })
    for (const reflector of this.#all()) reflector.onEvent(() => this.#wake())
  }

  async start(): Promise<void> {
    for (const reflector of this.#all()) reflector.start()
    await Promise.all(this.#all().map((reflector) => reflector.synced))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.stop()))
  }

  /** Resolves with the first value that is not undefined or false; looks again at each event. */
  async until<T>(
    what: string,
    look: () => T | undefined | false,
    timeoutSeconds: number,
    signal?: AbortSignal,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000)
    const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
    for (;;) {
      const found = look()
      if (found !== undefined && found !== false) return found
      if (signal?.aborted) throw signal.reason
      if (deadline.aborted) throw new Error(`${what}: not within ${timeoutSeconds} s`)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          stop.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        stop.addEventListener('abort', wake, { once: true })
      })
    }
  }

  podsOf(app: string): WatchedPod[] {
    return this.pods.cache.list().filter((pod) => pod.labels['app'] === app)
  }

  deployment(name: string): WatchedDeployment | undefined {
    return this.deployments.cache.list().find((deployment) => deployment.name === name)
  }

  policy(name: string): WatchedPolicy | undefined {
    return this.policies?.cache.list().find((policy) => policy.name === name)
  }

  /** The rollout of at least this generation is complete: every replica is new and available. */
  rolledOut(name: string, generation: number): boolean {
    const found = this.deployment(name)
    if (found === undefined || found.generation < generation || !found.observed) return false
    return found.updated === found.replicas && found.available === found.replicas && found.total === found.replicas
  }

  #all(): Collection[] {
    return [this.pods, this.deployments, this.slices, ...(this.policies === undefined ? [] : [this.policies])]
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}
