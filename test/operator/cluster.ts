import type { DrainPolicySpecInput, DrainPolicyStatus } from '../../src/api/index.ts'
import type { DrainReport } from '../../src/drain-server/report/report.ts'
import type { KubeObject } from '../../src/kube/index.ts'
import type { VirtualClock } from '../kube/virtual-clock.ts'
import { report } from '../propagation/fixtures.ts'
import { type MemoryApi, type Write } from './memory-api.ts'
import { podSpecOf } from './memory-apply.ts'

export const paths = {
  policies: '/apis/drainkeeper.dev/v1alpha1/drainpolicies',
  deployments: '/apis/apps/v1/deployments',
  pods: '/api/v1/pods',
  services: '/api/v1/services',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
  leases: '/apis/coordination.k8s.io/v1/leases',
  events: '/apis/events.k8s.io/v1/events',
} as const

export const namespace = 'shop'

type Raw = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> }

/** Owns the defaulted grace period, as whoever creates by `kubectl apply` does. */
const creator = {
  manager: 'kubectl-client-side-apply',
  operation: 'Update',
  apiVersion: 'apps/v1',
  fieldsV1: {
    'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/last-applied-configuration': {} } },
    'f:spec': {
      'f:selector': {},
      'f:template': {
        'f:spec': {
          'f:terminationGracePeriodSeconds': {},
          'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:name': {} } },
        },
      },
    },
  },
} as const

/** What people and Kubernetes' own controllers do, one function each. */
export class Cluster {
  readonly api: MemoryApi
  readonly #clock: VirtualClock
  #pods = 0

  constructor(api: MemoryApi, clock: VirtualClock) {
    this.api = api
    this.#clock = clock
  }

  /** A Deployment as `kubectl apply` makes it, rolled out, with its pods and the Service `checkout`. */
  createDeployment(name = 'checkout', { replicas = 2, labels = {} } = {}): void {
    const applied = { spec: { template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } } }
    const metadata = {
      namespace,
      name,
      labels,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) },
      managedFields: [structuredClone(creator) as never],
    }
    const podSpec = { containers: [{ name: 'app', image: 'app:1' }], terminationGracePeriodSeconds: 30 }
    const spec = {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec },
    }
    this.api.put(paths.deployments, { metadata, spec } as Raw)
    for (let index = 0; index < replicas; index += 1) this.createPod(name)
    this.observe(name)
  }

  createService(name = 'checkout'): void {
    const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] }
    this.api.put(paths.services, { metadata: { namespace, name }, spec } as Raw)
  }

  createPolicy(spec: Partial<DrainPolicySpecInput> = {}, name = 'checkout'): void {
    const target = spec.selector === undefined ? { targetRef: { name: 'checkout' } } : {}
    const known = this.api.get(paths.policies, `${namespace}/${name}`)
    this.api.put(paths.policies, {
      ...known,
      metadata: { ...known?.metadata, namespace, name },
      spec: { ...target, ...spec },
    } as Raw)
  }

  status(name = 'checkout'): DrainPolicyStatus {
    const policy: Raw | undefined = this.api.get(paths.policies, `${namespace}/${name}`)
    return policy?.status ?? {}
  }

  condition(type: string, name = 'checkout'): string | undefined {
    const found = this.status(name).conditions?.find((condition) => condition.type === type)
    return found === undefined ? undefined : `${found.status} ${found.reason}`
  }

  deployment(name = 'checkout'): Raw {
    const found = this.api.get(paths.deployments, `${namespace}/${name}`)
    if (found === undefined) throw new Error(`no Deployment ${name}`)
    return found
  }

  /** G and D that the template carries. */
  contract(name = 'checkout'): { grace: number | undefined; delay: number | undefined } {
    const podSpec = podSpecOf(this.deployment(name))
    const lifecycle = podSpec.containers?.[0]?.['lifecycle'] as { preStop: { sleep: { seconds: number } } } | undefined
    return { grace: podSpec.terminationGracePeriodSeconds, delay: lifecycle?.preStop.sleep.seconds }
  }

  /** Somebody changes the Deployment's object. */
  edit(change: (raw: Raw) => void, name = 'checkout'): void {
    const raw = structuredClone(this.deployment(name))
    change(raw)
    this.api.put(paths.deployments, raw)
  }

  createPod(deployment: string): string {
    this.#pods += 1
    const generation = String(this.deployment(deployment).metadata.generation)
    const name = `${deployment}-${generation}-${this.#pods}`
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `${deployment}-${generation}`,
      uid: 'r',
      controller: true,
    }
    const metadata = {
      namespace,
      name,
      labels: { app: deployment, 'pod-template-hash': generation },
      ownerReferences: [owner],
    }
    const running = {
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'app', state: { running: { startedAt: this.#now() } } }],
    }
    this.api.put(paths.pods, { metadata, spec: podSpecOf(this.deployment(deployment)), status: running } as Raw)
    this.#slice(deployment)
    return name
  }

  /** Deletes a pod and lets it drain for 2.5 s; its last late connection comes `lastMs` after drain start. */
  async endPod(name: string, { lastMs = 400 }: { lastMs?: number | null } = {}): Promise<void> {
    const key = `${namespace}/${name}`
    const pod = this.api.get(paths.pods, key) as Raw
    const grace = podSpecOf({ spec: { template: { spec: pod.spec } } } as never).terminationGracePeriodSeconds ?? 30
    const deadline = new Date(this.#clock.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
    const deletion = { deletionTimestamp: deadline, deletionGracePeriodSeconds: grace }
    const deleted = this.api.put(paths.pods, { ...pod, metadata: { ...pod.metadata, ...deletion } }) as Raw
    await this.#clock.advance(50)
    const deployment = pod.metadata.labels?.['app'] ?? ''
    this.#slice(deployment)
    const left: DrainReport = report({
      drainStartedAt: new Date(this.#clock.now()).toISOString(),
      listenerClosedMs: (lastMs ?? 0) + 1600,
      finishedMs: (lastMs ?? 0) + 2000,
      late: {
        connections: lastMs === null ? { count: 0, lastMs } : { count: 40, lastMs },
        requests: { count: 0, lastMs: null },
      },
    })
    await this.#clock.advance((lastMs ?? 0) + 2050)
    const terminated = {
      exitCode: 0,
      reason: 'Completed',
      message: JSON.stringify(left),
      startedAt: deleted.metadata.creationTimestamp,
      finishedAt: this.#now(),
    }
    this.api.put(paths.pods, {
      ...deleted,
      status: { containerStatuses: [{ name: 'app', state: { terminated } }] },
    } as Raw)
    await this.#clock.advance(20)
    this.api.remove(paths.pods, key)
    this.#slice(deployment)
  }

  /** What the Deployment controller and kubelet do about a changed template: each pod is replaced, one by one. */
  async rollOut(name = 'checkout', options: { lastMs?: number | null } = {}): Promise<void> {
    const generation = String(this.deployment(name).metadata.generation)
    this.observe(name)
    for (const old of this.#podsOf(name)) {
      if (old.metadata.labels?.['pod-template-hash'] === generation) continue
      this.createPod(name)
      this.observe(name)
      await this.endPod(old.metadata.name, options)
      this.observe(name)
    }
    await this.#clock.advance(2000)
  }

  /** The Deployment controller writes status. */
  observe(name: string): void {
    const raw = this.deployment(name)
    const pods = this.#podsOf(name)
    const newest = Math.max(...pods.map(({ metadata }) => Number(metadata.labels?.['pod-template-hash'] ?? 0)), 0)
    const current = this.#carriesTemplate(raw, newest) ? String(newest) : String(raw.metadata.generation)
    const updated = pods.filter(({ metadata }) => metadata.labels?.['pod-template-hash'] === current).length
    const status = {
      observedGeneration: raw.metadata.generation,
      replicas: pods.length,
      updatedReplicas: updated,
      availableReplicas: pods.length,
    }
    this.api.put(paths.deployments, { ...raw, status } as Raw)
  }

  #carriesTemplate(raw: Raw, generation: number): boolean {
    const pod = this.#podsOf(raw.metadata.name).find(
      ({ metadata }) => metadata.labels?.['pod-template-hash'] === String(generation),
    )
    return pod !== undefined && JSON.stringify(pod.spec) === JSON.stringify(podSpecOf(raw))
  }

  #podsOf(name: string): Raw[] {
    return this.api.list(paths.pods, namespace).filter(({ metadata }) => metadata.labels?.['app'] === name)
  }

  #slice(service: string): void {
    const endpoints = this.#podsOf(service).map(({ metadata }) => ({
      targetRef: { uid: metadata.uid },
      conditions: {
        ready: metadata.deletionTimestamp === undefined,
        terminating: metadata.deletionTimestamp !== undefined,
      },
    }))
    const metadata = { namespace, name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } }
    this.api.put(paths.slices, { metadata, endpoints } as unknown as Raw)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }
}

/** What matters of a write in a test: `deployments shop/checkout`, `drainpolicies/status shop/checkout`. */
export function told({ collection, key, subresource }: Write): string {
  return `${collection.split('/').at(-1)}${subresource === undefined ? '' : `/${subresource}`} ${key}`
}
