import {
  type Clock,
  createEventRecorder,
  createKubeApi,
  createReflector,
  isKubeError,
  type KubeApi,
  type KubeObject,
  pods,
  type Random,
  type Reflector,
  type Resource,
  type Transport,
} from '../../kube/index.ts'
import type { PodNetwork } from '../network/pod-network.ts'
import { environmentOf, expand } from './environment.ts'
import { keepNodeAlive } from './node-heartbeat.ts'
import type { Container, Pod } from './pod.ts'
import { PodWorker } from './pod-worker.ts'
import { Relist } from './relist.ts'
import type { ContainerRuntime, ContainerStart } from './runtime.ts'

export interface KubeletOptions {
  readonly node: string
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly runtime: ContainerRuntime
  readonly network: PodNetwork
  /** How often it looks whether containers have started or ended by themselves. @default 1000, as the real one */
  readonly relistMs?: number
  /** Services of a namespace for the environment of its pods: `REDIS_SERVICE_HOST` and the like. @default none */
  readonly serviceEnvironment?: (namespace: string) => Readonly<Record<string, string>>
  /** @default v1.36.3 */
  readonly version?: string
  readonly onError?: (error: unknown) => void
}

const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true }

/** One node: makes itself known, and runs the pods that are bound to it. */
export class Kubelet {
  readonly node: string
  /** Resolves when the API server has the Node, ready; or when it was stopped before. */
  readonly registered: Promise<void>
  readonly #onRegistered: () => void
  readonly #options: KubeletOptions
  readonly #api: KubeApi
  readonly #pods: Reflector<Pod>
  readonly #events
  readonly #relist: Relist
  readonly #workers = new Map<string, PodWorker>()
  readonly #stopped = new AbortController()
  readonly #onError: (error: unknown) => void
  #heartbeat: Promise<void> | undefined

  constructor(options: KubeletOptions) {
    this.node = options.node
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.registered = promise
    this.#onRegistered = resolve
    this.#onError = options.onError ?? (() => {})
    const { transport, clock, random, node } = options
    this.#api = createKubeApi(transport)
    this.#relist = new Relist(clock, options.relistMs ?? 1000)
    this.#events = createEventRecorder({
      api: this.#api,
      clock,
      reportingController: 'kubelet',
      reportingInstance: node,
      onError: this.#onError,
    })
    this.#pods = createReflector({
      transport,
      clock,
      random,
      resource: pods,
      fieldSelector: `spec.nodeName=${node}`,
      project: (raw) => raw as Pod,
      onError: this.#onError,
    })
    this.#pods.onEvent(({ type, uid, object }) => {
      if (type === 'delete') this.#workers.get(uid)?.removed()
      else this.#see(uid, object)
    })
  }

  start(): void {
    this.#pods.start()
    this.#heartbeat = keepNodeAlive({
      node: this.node,
      address: this.#options.network.nodeAddress(this.node),
      api: this.#api,
      clock: this.#options.clock,
      kubeletVersion: this.#options.version ?? 'v1.36.3',
      signal: this.#stopped.signal,
      onAlive: this.#onRegistered,
      onError: this.#onError,
    })
  }

  /** What a container has written; undefined when it does not run here, or has not run yet. */
  logs(podUid: string, container: string | undefined, previous: boolean): string | undefined {
    return this.#workers.get(podUid)?.life(container)?.logs(previous)
  }

  /** Kills a container as a crash would. Whether there was one. */
  killContainer(podUid: string, container: string | undefined): boolean {
    const life = this.#workers.get(podUid)?.life(container)
    life?.kill()
    return life !== undefined
  }

  /** Stops watching and writing at once. What runs is the runtime's to end. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#onRegistered()
    for (const worker of this.#workers.values()) worker.stop()
    await Promise.all([this.#pods.stop(), this.#heartbeat])
  }

  #see(uid: string, pod: Pod): void {
    const worker = this.#workers.get(uid)
    if (worker !== undefined) {
      worker.update(pod)
      return
    }
    // It has ended already, under another kubelet of this node: there is nothing to run again.
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return
    const { clock, network, runtime } = this.#options
    const started = new PodWorker(
      {
        node: this.node,
        api: this.#api,
        clock,
        network,
        runtime,
        describe: (described, container, podIp) => this.#describe(described, container, podIp),
        noticed: (signal) => this.#relist.noticed(signal),
        tell: (about, type, reason, note, container) => this.#tell(about, type, reason, note, container),
        onError: this.#onError,
      },
      pod,
    )
    this.#workers.set(uid, started)
    void started.done.then(() => this.#workers.delete(uid))
  }

  async #describe(
    pod: Pod,
    container: Container,
    podIp: string,
  ): Promise<Pick<ContainerStart, 'command' | 'args' | 'env'>> {
    const { network, serviceEnvironment } = this.#options
    const { namespace = '' } = pod.metadata
    const services = serviceEnvironment?.(namespace) ?? {}
    const env = await environmentOf(container, {
      pod,
      podIp,
      hostIp: network.nodeAddress(this.node),
      services,
      configMap: (name) => this.#data(configMaps, namespace, name, (value) => value),
      secret: (name) => this.#data(secrets, namespace, name, (value) => Buffer.from(value, 'base64').toString('utf8')),
    })
    const expanded = (words: readonly string[]): string[] => words.map((word) => expand(word, env))
    return {
      env,
      ...(container.command === undefined ? {} : { command: expanded(container.command) }),
      ...(container.args === undefined ? {} : { args: expanded(container.args) }),
    }
  }

  async #data(
    resource: Resource,
    namespace: string,
    name: string,
    decode: (value: string) => string,
  ): Promise<Record<string, string> | undefined> {
    try {
      const ref = { namespace, name }
      const { data = {} } = await this.#api.get<KubeObject & { data?: Record<string, string> }>(resource, ref)
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]))
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return undefined
      throw error
    }
  }

  #tell(
    { metadata, spec }: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    note: string,
    container?: Container,
  ): void {
    const { name, namespace, uid } = metadata
    const list = container !== undefined && spec.initContainers?.includes(container) ? 'initContainers' : 'containers'
    this.#events.record({
      type,
      reason,
      note,
      regarding: {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(container === undefined ? {} : { fieldPath: `spec.${list}{${container.name}}` }),
      },
    })
  }
}
