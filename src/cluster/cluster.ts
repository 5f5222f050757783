import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, keyOf, pods, systemClock, type Transport } from '../kube/index.ts'
import { ApiServer, serveHttp } from './api-server/index.ts'
import { startControllers } from './controllers/index.ts'
import { kubeconfigOf } from './kubeconfig.ts'
import { Kubelet } from './kubelet/index.ts'
import { type NetworkMode, openNetwork, type ProcessNetwork } from './network/index.ts'
import { podAccess } from './pod-access.ts'
import { type LagModel, type Programming, type ProxyAddress, ServiceProxy } from './proxy/index.ts'
import { type ProcessImages, ProcessRuntime } from './runtime/index.ts'
import { seededRandom } from './seeded-random.ts'
import { serviceEnvironment } from './service-environment.ts'

export interface ClusterOptions {
  /** How many, or their names. @default 2: node-1 and node-2 */
  readonly nodes?: number | readonly string[]
  /** What pods may run, by the names that they use. */
  readonly images: ProcessImages
  /** Of the service proxies. @default what was measured of kube-proxy on an idle cluster: 50 to 500 ms */
  readonly lag?: LagModel
  /** Of the API server on 127.0.0.1. @default any that is free */
  readonly port?: number
  /** For everything that is chosen at random: names, addresses, endpoints, lags. @default another one each time */
  readonly seed?: number
  /** @default the machine's */
  readonly clock?: Clock
  /** @default what this system can do */
  readonly network?: NetworkMode
  /** How often kubelets look at their containers. @default 1000, as real ones */
  readonly relistMs?: number
  /** What went wrong inside, and is tried again. */
  readonly onError?: (component: string, error: unknown) => void
}

/** A Kubernetes in this process, with pods as processes beside it. */
export interface Cluster {
  /** Of the API server: `http://127.0.0.1:40123`. */
  readonly url: string
  /** The text of a kubeconfig for it. */
  readonly kubeconfig: string
  /** A file with that text, for as long as the cluster runs. */
  readonly kubeconfigPath: string
  readonly server: ApiServer
  readonly nodes: readonly string[]
  /** A way to the API server in this process; the user agent names the default field manager. */
  client(userAgent: string): Transport
  nodeAddress(node: string): string
  /** Where clients on a node reach a port of a Service, as soon as the node's proxy knows it. */
  proxyAddress(
    node: string,
    service: { readonly namespace: string; readonly name: string; readonly port: number },
    signal?: AbortSignal,
  ): Promise<ProxyAddress>
  /** Where a port of a pod is reached, from anywhere on this machine. */
  readonly network: ProcessNetwork
  /** From now on; changes that are on their way keep theirs. */
  setLag(lag: LagModel): void
  /** Everything that the proxies have programmed, in the order of time. */
  programmings(): readonly Programming[]
  /** Ends a container as a crash would. Whether it was running. */
  killContainer(namespace: string, pod: string, container?: string): boolean
  /** The memory of all containers; this process is not among them. */
  memoryBytes(): Promise<number>
  /** Ends every process and connection. May be called twice. */
  stop(): Promise<void>
}

/** Of every proxy, where nothing else is asked for. */
export const usualLag: LagModel = { default: { kind: 'uniform', fromMs: 50, toMs: 500 } }

/** Resolves when the nodes are ready. Whatever ends this process, nothing that was started here outlives it. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { images, port = 0, clock = systemClock, onError = () => {} } = options
  const random = options.seed === undefined ? Math.random : seededRandom(options.seed)
  const nodes = namesOf(options.nodes ?? 2)
  let lag = options.lag ?? usualLag

  const server = new ApiServer({ clock, random })
  const http = await serveHttp(server, { port })
  const kubeconfig = kubeconfigOf(http.url)
  const runtime = new ProcessRuntime({
    images,
    podEnvironment: (podIp) => network.environment(podIp),
    // Stands for the service account's token, which every pod finds in a file.
    environment: () => ({ KUBECONFIG: kubeconfigPath }),
  })
  const kubeconfigPath = join(runtime.folder, 'kubeconfig')
  writeFileSync(kubeconfigPath, kubeconfig)
  const folder = join(runtime.folder, 'ports')
  mkdirSync(folder)
  const network = await openNetwork({
    clock,
    folder,
    ...(options.network === undefined ? {} : { mode: options.network }),
  }).catch(async (error: unknown) => {
    await Promise.all([runtime.close(), http.close()])
    throw error
  })
  const controllers = startControllers({
    transport: (name) => server.client(name),
    clock,
    random,
    onError,
  })
  const proxies = new Map(
    nodes.map((node) => [
      node,
      new ServiceProxy({
        node,
        host: network.nodeAddress(node),
        transport: server.client('kube-proxy'),
        clock,
        random,
        dialer: network,
        lag: () => lag,
        onError: (error) => onError(`kube-proxy ${node}`, error),
      }),
    ]),
  )
  const kubelets = [...proxies].map(
    ([node, proxy]) =>
      new Kubelet({
        node,
        transport: server.client('kubelet'),
        clock,
        random,
        runtime,
        network,
        serviceEnvironment: (namespace) => serviceEnvironment(proxy, namespace),
        ...(options.relistMs === undefined ? {} : { relistMs: options.relistMs }),
        onError: (error) => onError(`kubelet ${node}`, error),
      }),
  )
  server.connectNodes(podAccess({ kubelets, dialer: network, clock }))
  for (const proxy of proxies.values()) proxy.start()
  for (const kubelet of kubelets) kubelet.start()

  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    // First those that would take the others' end for something to be mended.
    await Promise.all(kubelets.map((kubelet) => kubelet.stop()))
    await Promise.all([runtime.close(), controllers.stop(), ...[...proxies.values()].map((proxy) => proxy.stop())])
    await Promise.all([http.close(), network.close()])
  }

  const cluster: Cluster = {
    url: http.url,
    kubeconfig,
    kubeconfigPath,
    server,
    nodes,
    network,
    client: (userAgent) => server.client(userAgent),
    nodeAddress: (node) => network.nodeAddress(node),
    async proxyAddress(node, service, signal) {
      const proxy = proxies.get(node)
      if (proxy === undefined) throw new TypeError(`there is no node ${node}: there are ${nodes.join(', ')}`)
      return proxy.whenKnown(service.namespace, service.name, service.port, signal)
    },
    setLag(next) {
      lag = next
    },
    programmings: () =>
      [...proxies.values()]
        .flatMap((proxy) => proxy.programmings())
        .sort((a, b) => a.programmedAtMs - b.programmedAtMs),
    killContainer(namespace, name, container) {
      const pod = server.objects(pods, namespace).find(({ metadata }) => keyOf(metadata) === `${namespace}/${name}`)
      return kubelets.some((kubelet) => kubelet.killContainer(pod?.metadata.uid ?? '', container))
    },
    memoryBytes: () => runtime.memoryBytes(),
    stop: () => (stopping ??= stop()),
  }
  await Promise.all([controllers.ready, ...kubelets.map((kubelet) => kubelet.registered)])
  return cluster
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  return typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => `node-${index + 1}`) : nodes
}
