import {
  type Clock,
  createReflector,
  endpointSlices,
  keyOf,
  type Random,
  type Reflector,
  services,
  type Transport,
} from '../../kube/index.ts'
import type { PodDialer } from '../network/pod-network.ts'
import { lagOf } from './draw-lag.ts'
import type { LagModel } from './lag.ts'
import { ProgrammedSlices } from './programmed-slices.ts'
import type { Programming } from './programming.ts'
import { ServicePort } from './service-port.ts'
import { type EndpointSlice, proxiedPorts, type Service } from './service-table.ts'

export interface ServiceProxyOptions {
  readonly node: string
  /** The node's own address: Services are reached at free ports of it. */
  readonly host: string
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly dialer: PodDialer
  /** What it is at the moment. */
  readonly lag: () => LagModel
  readonly onError?: (error: unknown) => void
}

/** Where a client finds a port of a Service. */
export interface ProxyAddress {
  readonly host: string
  readonly port: number
}

/**
 * The service proxy of one node, as kube-proxy is: it follows Services and EndpointSlices, and new connections follow
 * them a lag later. Established connections are never cut. Unlike in a real dataplane, a client is connected with the
 * proxy before the pod is: a pod that refuses shows as a reset.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions
  readonly #services: Reflector<Service>
  readonly #slices: Reflector<EndpointSlice>
  readonly #programmed: ProgrammedSlices
  /** By `namespace/name`, then by port name. */
  readonly #ports = new Map<string, Map<string, ServicePort>>()
  readonly #waiting = new Set<() => void>()
  readonly #onError: (error: unknown) => void

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    this.#onError = options.onError ?? (() => {})
    const { node, clock, random, transport } = options
    const watching = { transport, clock, random, onError: this.#onError }
    this.#services = createReflector({ ...watching, resource: services, project: (raw) => raw as Service })
    this.#slices = createReflector({ ...watching, resource: endpointSlices, project: (raw) => raw as EndpointSlice })
    this.#programmed = new ProgrammedSlices({
      node,
      clock,
      random,
      lag: () => lagOf(options.lag(), node),
      onProgrammed: (service) => this.#refresh(service),
    })
    this.#services.onEvent(({ type, object }) => this.#take(object, type === 'delete'))
    this.#slices.onEvent(({ type, object, receivedAtMs }) =>
      this.#programmed.see(keyOf(object.metadata), type === 'delete' ? undefined : object, receivedAtMs),
    )
  }

  start(): void {
    this.#services.start()
    this.#slices.start()
  }

  /** Where this node reaches a port of a Service; undefined for a Service or a port that it does not know (yet). */
  addressOf(namespace: string, service: string, port: number): ProxyAddress | undefined {
    const spec = this.#services.cache.get(namespace, service)?.spec
    const name = spec?.ports?.find((candidate) => candidate.port === port)?.name ?? ''
    return this.#ports.get(`${namespace}/${service}`)?.get(name)?.address
  }

  /** The same, as soon as it is known. @throws the signal's reason. */
  async whenKnown(namespace: string, service: string, port: number, signal?: AbortSignal): Promise<ProxyAddress> {
    for (;;) {
      signal?.throwIfAborted()
      const address = this.addressOf(namespace, service, port)
      if (address !== undefined) return address
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => reject(signal?.reason as Error)
        signal?.addEventListener('abort', onAbort, { once: true })
        this.#waiting.add(() => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
      })
    }
  }

  /** Every Service with its ports and where this node reaches them. */
  known(namespace: string): { service: string; port: number; address: ProxyAddress }[] {
    return this.#services.cache.list().flatMap((service) =>
      service.metadata.namespace !== namespace
        ? []
        : proxiedPorts(service).flatMap(({ port }) => {
            const address = this.addressOf(namespace, service.metadata.name, port)
            return address === undefined ? [] : [{ service: service.metadata.name, port, address }]
          }),
    )
  }

  /** What was programmed and when, oldest first. */
  programmings(): readonly Programming[] {
    return this.#programmed.programmings()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#services.stop(), this.#slices.stop()])
    this.#programmed.stop()
    for (const ports of this.#ports.values()) for (const port of ports.values()) port.stop()
    this.#ports.clear()
  }

  #take(service: Service, gone: boolean): void {
    const key = keyOf(service.metadata)
    const ports = this.#ports.get(key) ?? new Map<string, ServicePort>()
    const wanted = new Set(gone ? [] : proxiedPorts(service).map(({ name = '' }) => name))
    for (const [name, port] of ports) {
      if (wanted.has(name)) continue
      port.stop()
      ports.delete(name)
    }
    for (const name of wanted) {
      const present = ports.get(name)
      if (present === undefined) ports.set(name, this.#open(key, name, service))
      else present.update(service)
    }
    if (ports.size > 0) this.#ports.set(key, ports)
    else this.#ports.delete(key)
  }

  #open(key: string, name: string, service: Service): ServicePort {
    const { host, node, clock, random, dialer } = this.#options
    const endpoints = (): ReturnType<ProgrammedSlices['endpoints']> => this.#programmed.endpoints(key, name)
    const onError = this.#onError
    const opened = new ServicePort({ host, node, clock, random, dialer, endpoints, onError }, service)
    opened.ready.then(() => {
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    }, onError)
    return opened
  }

  #refresh(service: string): void {
    for (const port of this.#ports.get(service)?.values() ?? []) port.refresh()
  }
}
