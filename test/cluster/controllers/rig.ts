import { ApiServer } from '../../../src/cluster/api-server/index.ts'
import { type ControllerOptions, type Controllers, startControllers } from '../../../src/cluster/controllers/index.ts'
import { replicasOf } from '../../../src/cluster/controllers/deployment/replica-sets.ts'
import type {
  Deployment,
  Endpoint,
  EndpointSlice,
  Pod,
  PodTemplate,
  ReplicaSet,
} from '../../../src/cluster/controllers/shared/objects.ts'
import { replicaSets } from '../../../src/cluster/controllers/shared/resources.ts'
import {
  createKubeApi,
  deployments,
  endpointSlices,
  events,
  type KubeApi,
  type KubeObject,
  namespaces,
  nodes,
  pods,
  type Transport,
} from '../../../src/kube/index.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'
import { FakeKubelet, type PodLife } from './fake-kubelet.ts'

export const shop = 'shop'

export interface RigOptions {
  readonly lifeOf?: (pod: Pod) => PodLife
  readonly nodes?: readonly string[]
  readonly controllers?: Partial<ControllerOptions>
  /** What is between the controllers and the API server. */
  readonly wire?: (transport: Transport) => Transport
}

/** A cluster without processes on a virtual clock: an API server, controllers, and one that stands for all kubelets. */
export class Rig {
  readonly clock = new VirtualClock()
  readonly server = new ApiServer({ clock: this.clock, random: seededRandom(1) })
  readonly api: KubeApi = createKubeApi(this.server.client('kubectl'))
  readonly kubelet: FakeKubelet
  readonly errors: unknown[] = []
  readonly #options: RigOptions
  #controllers: Controllers | undefined

  private constructor(options: RigOptions) {
    this.#options = options
    this.kubelet = new FakeKubelet(this.server, this.clock, options.lifeOf)
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options)
    await rig.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
    for (const name of options.nodes ?? ['node-1', 'node-2']) await rig.addNode(name)
    await rig.run()
    return rig
  }

  /** Starts the controllers, or a second set of them. */
  async run(): Promise<Controllers> {
    const started = startControllers({
      transport: (name) => (this.#options.wire ?? ((transport) => transport))(this.server.client(name)),
      clock: this.clock,
      random: seededRandom(2),
      onError: (_name, error) => this.errors.push(error),
      // Without kubelets nobody renews leases.
      nodes: { gracePeriodMs: 1e9 },
      ...this.#options.controllers,
    })
    this.#controllers = started
    await this.clock.advance(0)
    await started.ready
    return started
  }

  async stop(): Promise<void> {
    await this.#controllers?.stop()
  }

  async addNode(name: string): Promise<void> {
    await this.create(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    })
    const status = { conditions: [{ type: 'Ready', status: 'True' }] }
    await this.api.mergePatch(nodes, { name }, { status }, { subresource: 'status' })
  }

  create<T extends KubeObject>(resource: Parameters<KubeApi['create']>[0], object: T): Promise<T> {
    return this.api.create(resource, object)
  }

  /** Makes the Deployment `web`. */
  async deploy(spec: Partial<Deployment['spec']> = {}, metadata: Partial<KubeObject['metadata']> = {}): Promise<void> {
    await this.create<KubeObject>(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: shop, name: 'web', ...metadata },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: 'web' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        progressDeadlineSeconds: 600,
        revisionHistoryLimit: 10,
        template: templateOf('v1'),
        ...spec,
      },
    } as KubeObject)
  }

  async patchDeployment(spec: object): Promise<void> {
    await this.api.mergePatch(deployments, { namespace: shop, name: 'web' }, { spec })
  }

  get deployment(): Deployment {
    const found = this.server.objects(deployments, shop).find(({ metadata }) => metadata.name === 'web')
    if (found === undefined) throw new Error('there is no Deployment web')
    return found as Deployment
  }

  get pods(): Pod[] {
    return this.server.objects(pods, shop) as Pod[]
  }

  get replicaSets(): ReplicaSet[] {
    return this.server.objects(replicaSets, shop) as ReplicaSet[]
  }

  get endpoints(): Endpoint[] {
    return (this.server.objects(endpointSlices, shop) as EndpointSlice[]).flatMap(({ endpoints }) => endpoints ?? [])
  }

  /** Version of the image, and size, of each ReplicaSet. */
  get sizes(): Record<string, number> {
    return Object.fromEntries(this.replicaSets.map((set) => [versionOf(set.spec.template), replicasOf(set)]))
  }

  /** The reasons and notes of what was told about objects of a kind. */
  told(kind: string): string[] {
    const all = this.server.objects(events) as (KubeObject & {
      regarding?: { kind?: string }
      involvedObject?: { kind?: string }
      reason: string
      note?: string
      message?: string
    })[]
    return all
      .filter(({ regarding, involvedObject }) => (regarding ?? involvedObject)?.kind === kind)
      .map(({ reason, note, message }) => `${reason}: ${note ?? message}`)
  }

  condition(type: string): string {
    const found = this.deployment.status?.conditions?.find((condition) => condition.type === type)
    return found === undefined ? 'none' : `${found.status} ${found.reason}`
  }
}

export function templateOf(version: string): PodTemplate {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: `web:${version}`, ports: [{ name: 'http', containerPort: 8080 }] }] },
  } as unknown as PodTemplate
}

export function versionOf(template: PodTemplate): string {
  const [container] = template.spec.containers as readonly { image?: string }[]
  return container?.image?.split(':')[1] ?? ''
}
