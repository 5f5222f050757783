import { AgentClient } from '../src/lab/index.ts'
import { loadClusterConfig } from '../src/kube/client-node.ts'
import {
  type ClosableTransport,
  createKubeApi,
  createUndiciTransport,
  type KubeApi,
  services,
  systemClock,
} from '../src/kube/index.ts'
import type { Cluster, ClusterProvider } from './cluster/provider.ts'
import { type ImageName, programImage } from './images.ts'
import { Kubectl } from './kubectl.ts'
import { agentManifest, agentPort, labNamespace, namespaceManifest, serviceManifest } from './manifests.ts'
import { installOperator, isInstalled, uninstallOperator } from './operator-install.ts'
import { podProxy, Watched } from '../src/lab/stage/index.ts'

export interface Agent {
  node: string
  client: AgentClient
}

/** The workloads' Services; each has its Deployment under the same name. */
export const workloads = ['naive', 'drained'] as const
export type WorkloadName = (typeof workloads)[number]

/** On a cluster that works for somebody, the lab would replace the operator that is there. */
const foreignInstallation =
  'drainkeeper is installed in this cluster already: the lab brings its own. Use another cluster, or take it away with kubectl delete -k config'

export interface TestbedOptions {
  provider: ClusterProvider
  signal: AbortSignal
  progress: (line: string) => void
}

/** A cluster with the operator, an agent on each node and a Service for each workload; everything that a run needs. */
export class Testbed {
  readonly cluster: Cluster
  readonly transport: ClosableTransport
  readonly api: KubeApi
  readonly kubectl: Kubectl
  readonly watched: Watched
  readonly images: Readonly<Record<ImageName, string>>
  readonly signal: AbortSignal
  /** `host:port` of each workload's Service. */
  readonly targets = new Map<string, { host: string; port: number }>()
  agents: Agent[] = []
  #installed = false

  private constructor(
    cluster: Cluster,
    transport: ClosableTransport,
    images: Readonly<Record<ImageName, string>>,
    signal: AbortSignal,
  ) {
    this.cluster = cluster
    this.transport = transport
    this.images = images
    this.signal = signal
    this.api = createKubeApi(transport)
    this.kubectl = new Kubectl(cluster)
    this.watched = new Watched(transport, labNamespace, true)
  }

  /** Brings everything up; ends what was started when anything fails. */
  static async up({ provider, signal, progress }: TestbedOptions): Promise<Testbed> {
    const cluster = await provider.up({ signal, progress })
    let testbed: Testbed | undefined
    try {
      progress('building the images')
      const images = {} as Record<ImageName, string>
      for (const program of ['operator', 'agent', 'naive', 'drained'] as const) {
        images[program] = await cluster.loadImage(await programImage(program))
      }
      const { access } = loadClusterConfig({ clock: systemClock, kubeconfig: cluster.kubeconfigPath })
      testbed = new Testbed(
        cluster,
        createUndiciTransport({ access, clock: systemClock, userAgent: 'drainkeeper-lab' }),
        images,
        signal,
      )
      if (await isInstalled(testbed.kubectl)) throw new Error(foreignInstallation)
      progress('installing the operator')
      testbed.#installed = true
      await installOperator(testbed.kubectl, images.operator)
      progress('starting an agent on each node')
      await testbed.#start()
      return testbed
    } catch (error) {
      if (testbed === undefined) await cluster.down()
      else await testbed.down()
      throw error
    }
  }

  async #start(): Promise<void> {
    await this.kubectl.apply(namespaceManifest)
    await this.kubectl.apply(...workloads.map((name) => serviceManifest(name)))
    for (const name of workloads) {
      const service = await this.api.get<{ metadata: { name: string }; spec: { clusterIP: string } }>(services, {
        namespace: labNamespace,
        name,
      })
      this.targets.set(name, { host: service.spec.clusterIP, port: 80 })
    }
    const allowed = [...this.targets.values()].map(({ host, port }) => `${host}:${port}`)
    await this.watched.start()
    await this.kubectl.apply(...this.cluster.nodes.map((node) => agentManifest(node, this.images.agent, allowed)))
    await this.watched.until(
      'the agents become ready',
      () => this.watched.podsOf('agent').filter(({ ready }) => ready).length === this.cluster.nodes.length,
      120,
      this.signal,
    )
    this.agents = this.cluster.nodes.map((node) => ({ node, client: this.#agentClient(node) }))
  }

  #agentClient(node: string): AgentClient {
    const pod = { namespace: labNamespace, name: `agent-${node}`, ip: '' }
    return new AgentClient(podProxy(this.transport, pod, agentPort, this.signal))
  }

  target(name: string): { host: string; port: number } {
    const target = this.targets.get(name)
    if (target === undefined) throw new Error(`no Service ${name}`)
    return target
  }

  /** Ends what was started: the watches, what was installed, and the cluster where it is ours. */
  async down(): Promise<void> {
    await this.watched.stop().catch(() => undefined)
    if (this.#installed) {
      await this.kubectl.attempt([
        'delete',
        'namespace',
        labNamespace,
        '--wait=false',
        '--ignore-not-found',
        '--request-timeout=20s',
      ])
      await uninstallOperator(this.kubectl)
    }
    await this.transport.close()
    await this.cluster.down()
  }
}
