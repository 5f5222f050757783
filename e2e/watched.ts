import {
  createReflector,
  deployments,
  type KubeObject,
  pods,
  type Reflector,
  systemClock,
  type Transport,
} from '../src/kube/index.ts'
import { drainPolicies } from '../src/operator/resources.ts'

export interface WatchedPod {
  name: string
  uid: string
  node: string
  labels: Record<string, string>
  ready: boolean
  deleting: boolean
  ended: boolean
  /** Of the first container that ended. */
  exitCode: number | undefined
  restarts: number
  resourceVersion: string
}

export interface WatchedDeployment {
  name: string
  generation: number
  replicas: number
  observed: boolean
  updated: number
  available: number
  total: number
  revision: number
  raw: KubeObject
}

export interface WatchedPolicy {
  name: string
  generation: number
  resourceVersion: string
  status: PolicyStatus
}

/** What the tests read of a status. */
export interface PolicyStatus {
  observedGeneration?: number
  summary?: Record<string, string>
  conditions?: { type: string; status: string; reason: string; message: string }[]
  targets?: {
    name: string
    method?: string
    contract?: { drainDelaySeconds: number; terminationGracePeriodSeconds: number; because: string }
    pods?: { total: number; onContract: number; terminating: number }
    propagation?: { samples: number; uninformative: number; bound: string; p50?: string; history?: string }
    drains?: Record<string, number>
    notes?: string[]
    services?: { name: string; apiToSliceP50?: string; warning?: string }[]
  }[]
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
  readonly policies: Reflector<WatchedPolicy> | undefined
  readonly deletions = new Map<string, ObservedDeletion>()
  readonly #waiting = new Set<() => void>()

  constructor(transport: Transport, namespace: string, withPolicies: boolean) {
    const common = { transport, clock: systemClock, namespace }
    this.pods = createReflector({ ...common, resource: pods, project: projectPod })
    this.deployments = createReflector({ ...common, resource: deployments, project: projectDeployment })
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

  #all(): (Reflector<WatchedPod> | Reflector<WatchedDeployment> | Reflector<WatchedPolicy>)[] {
    return [this.pods, this.deployments, ...(this.policies === undefined ? [] : [this.policies])]
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

interface RawPod {
  spec?: { nodeName?: string }
  status?: {
    conditions?: { type: string; status: string }[]
    containerStatuses?: { restartCount?: number; state?: { terminated?: { exitCode?: number } } }[]
  }
}

function projectPod(raw: KubeObject): WatchedPod {
  const { spec, status } = raw as KubeObject & RawPod
  const containers = status?.containerStatuses ?? []
  return {
    name: raw.metadata.name,
    uid: raw.metadata.uid ?? '',
    node: spec?.nodeName ?? '',
    labels: raw.metadata.labels ?? {},
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
    deleting: raw.metadata.deletionTimestamp !== undefined,
    ended: containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined),
    exitCode: containers.find(({ state }) => state?.terminated !== undefined)?.state?.terminated?.exitCode,
    restarts: Math.max(0, ...containers.map(({ restartCount = 0 }) => restartCount)),
    resourceVersion: raw.metadata.resourceVersion ?? '',
  }
}

interface RawDeployment {
  spec?: { replicas?: number }
  status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number }
}

function projectDeployment(raw: KubeObject): WatchedDeployment {
  const { spec, status = {} } = raw as KubeObject & RawDeployment
  const generation = raw.metadata.generation ?? 0
  return {
    name: raw.metadata.name,
    generation,
    replicas: spec?.replicas ?? 1,
    observed: (status.observedGeneration ?? 0) >= generation,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
    revision: Number(raw.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0),
    raw,
  }
}

function projectPolicy(raw: KubeObject): WatchedPolicy {
  const { status = {} } = raw as KubeObject & { status?: PolicyStatus }
  return {
    name: raw.metadata.name,
    generation: raw.metadata.generation ?? 0,
    resourceVersion: raw.metadata.resourceVersion ?? '',
    status,
  }
}
