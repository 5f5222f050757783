import { onTestFinished } from 'vitest'
import { ApiServer } from '../../../src/cluster/api-server/index.ts'
import { Kubelet } from '../../../src/cluster/kubelet/index.ts'
import type { Container, Pod, PodSpec, PodStatus } from '../../../src/cluster/kubelet/pod.ts'
import { createKubeApi, type KubeObject, pods, type Resource } from '../../../src/kube/index.ts'
import type { TransportRequest } from '../../../src/kube/transport.ts'
import { VirtualClock } from '../../kube/virtual-clock.ts'
import { type Behaviour, ModelNetwork, ModelRuntime } from './model.ts'

/** A kubelet on a virtual clock, with an API server in memory and containers that do what a test says. */
export class KubeletRig {
  readonly clock = new VirtualClock()
  readonly api = new ApiServer({ clock: this.clock })
  readonly kube = createKubeApi(this.api.client('test'))
  readonly network = new ModelNetwork(this.clock)
  readonly runtime: ModelRuntime
  readonly kubelet: Kubelet
  readonly errors: unknown[] = []
  /** Every stored change of every pod. */
  readonly sights: { atMs: number; pod: Pod; gone: boolean }[] = []

  /** Called before each request of the kubelet is carried out. */
  onRequest: (request: TransportRequest) => void = () => {}
  readonly #events: KubeObject[] = []

  constructor(images: Readonly<Record<string, Behaviour>> = { app: { termMs: 0 } }) {
    this.runtime = new ModelRuntime(this.clock, images)
    this.api.onWrite(({ resource, object, verb, changed, removed: gone }) => {
      if (resource.plural === 'events' && verb === 'create') this.#events.push(object)
      if (resource.plural !== 'pods' || !changed) return
      this.sights.push({ atMs: this.clock.monotonicMs(), pod: structuredClone(object) as Pod, gone })
    })
    const client = this.api.client('kubelet')
    this.kubelet = new Kubelet({
      node: 'node-1',
      transport: {
        request: (request) => {
          this.onRequest(request)
          return client.request(request)
        },
      },
      clock: this.clock,
      random: () => 0.5,
      runtime: this.runtime,
      network: this.network,
      serviceEnvironment: () => ({ REDIS_SERVICE_HOST: '10.9.9.9' }),
      onError: (error) => this.errors.push(error),
    })
    onTestFinished(() => this.kubelet.stop())
  }

  async start(): Promise<this> {
    this.kubelet.start()
    await this.clock.advance(0)
    return this
  }

  /** A pod of the node with one container, or as stated; created now. */
  async run(container: Partial<Container> = {}, spec: Partial<PodSpec> = {}, name = 'web'): Promise<void> {
    await this.kube.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name, labels: { app: 'web' } },
      spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'app', ...container }], ...spec },
    } as KubeObject)
    await this.clock.advance(0)
  }

  async create(resource: Resource, name: string, content: object): Promise<void> {
    await this.kube.create(resource, { metadata: { namespace: 'default', name }, ...content })
  }

  pod(name = 'web'): Pod | undefined {
    return this.api.objects(pods).find(({ metadata }) => metadata.name === name) as Pod | undefined
  }

  status(name = 'web'): PodStatus {
    return this.pod(name)?.status ?? {}
  }

  /** `app: running, ready` of each container. */
  containers(name = 'web'): string[] {
    const { initContainerStatuses = [], containerStatuses = [] } = this.status(name)
    return [...initContainerStatuses, ...containerStatuses].map((status) => {
      const { waiting, running, terminated } = status.state
      const state =
        waiting?.reason ?? (running === undefined ? `${terminated?.reason} ${terminated?.exitCode}` : 'running')
      const restarts = status.restartCount === 0 ? '' : `, restarted ${status.restartCount}`
      return `${status.name}: ${state}${status.ready ? ', ready' : ''}${restarts}`
    })
  }

  condition(type: string, name = 'web'): string {
    const found = this.status(name).conditions?.find((condition) => condition.type === type)
    return `${found?.status}${found?.reason === undefined ? '' : ` ${found.reason}`}`
  }

  async delete(gracePeriodSeconds?: number, name = 'web'): Promise<void> {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }
    await this.kube.delete(pods, { namespace: 'default', name }, options)
    await this.clock.advance(0)
  }

  /** `Killing Stopping container app`, in order of creation. */
  events(): string[] {
    return this.#events
      .map((event) => event as KubeObject & { reason?: string; note?: string; message?: string })
      .map(({ reason, note, message }) => `${reason}: ${note ?? message}`)
  }
}
