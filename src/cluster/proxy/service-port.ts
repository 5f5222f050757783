import { createServer, type Server, type Socket } from 'node:net'
import type { Clock, Random, Timer } from '../../kube/index.ts'
import type { PodDialer } from '../network/pod-network.ts'
import { Affinity } from './affinity.ts'
import { breakOff } from './break-off.ts'
import { forward } from './forward.ts'
import { type Endpoint, routable, type Service } from './service-table.ts'

export interface ServicePortOptions {
  /** The node's own address. */
  readonly host: string
  readonly node: string
  readonly clock: Clock
  readonly random: Random
  readonly dialer: PodDialer
  /** What is programmed now. */
  readonly endpoints: () => readonly Endpoint[]
  readonly onError: (error: unknown) => void
}

/** A port that somebody else took meanwhile is tried again after this time. */
const listenAgainMs = 50
const usualAffinitySeconds = 10_800

/**
 * One port of a Service on one node: a listener that gives each new connection to a random endpoint. While there is
 * none it does not listen, so that clients are refused as a real dataplane refuses them; the port stays its own.
 */
export class ServicePort {
  /** Rejects when this machine gives no port. */
  readonly ready: Promise<void>
  readonly #options: ServicePortOptions
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  readonly #affinity = new Affinity()
  #service: Service
  /** Whom new connections go to. */
  #targets: readonly Endpoint[] = []
  #port = 0
  /** From a call of listen until it has come to something. */
  #opening = true
  #again: Timer | undefined
  #stopped = false

  constructor(options: ServicePortOptions, service: Service) {
    this.#options = options
    this.#service = service
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#connect(client))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    this.#server.on('listening', () => {
      const address = this.#server.address()
      if (typeof address === 'object' && address !== null) this.#port = address.port
      this.#opening = false
      resolve()
      this.refresh()
    })
    this.#server.on('error', (error) => {
      this.#opening = false
      reject(error)
      if (this.#port !== 0) this.#failed(error)
    })
    this.#server.listen({ host: options.host, port: 0 })
  }

  /** Undefined until there is one. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#port === 0 ? undefined : { host: this.#options.host, port: this.#port }
  }

  update(service: Service): void {
    this.#service = service
    this.refresh()
  }

  /** The endpoints have changed. Connections that are there stay. */
  refresh(): void {
    this.#targets = this.#stopped ? [] : this.#routable()
    if (this.#port === 0 || this.#opening) return
    const wanted = this.#targets.length > 0
    if (wanted === this.#server.listening) return
    if (wanted) {
      this.#opening = true
      this.#server.listen({ host: this.#options.host, port: this.#port })
    } else {
      this.#server.close()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#again?.cancel()
    this.refresh()
    for (const client of this.#connections) breakOff(client)
  }

  #connect(client: Socket): void {
    const endpoint = this.#choose(client.remoteAddress ?? '')
    if (endpoint === undefined) {
      client.on('error', () => {})
      breakOff(client)
      return
    }
    this.#connections.add(client)
    client.once('close', () => this.#connections.delete(client))
    forward(client, this.#options.dialer.connect(endpoint.address, endpoint.port))
  }

  #choose(client: string): Endpoint | undefined {
    const { sessionAffinity, sessionAffinityConfig } = this.#service.spec ?? {}
    if (sessionAffinity !== 'ClientIP') return this.#any()
    const timeoutMs = (sessionAffinityConfig?.clientIP?.timeoutSeconds ?? usualAffinitySeconds) * 1000
    const nowMs = this.#options.clock.monotonicMs()
    const chosen = this.#affinity.choose(client, this.#targets, timeoutMs, nowMs) ?? this.#any()
    if (chosen !== undefined) this.#affinity.remember(client, chosen, nowMs)
    return chosen
  }

  #any(): Endpoint | undefined {
    return this.#targets[Math.floor(this.#options.random() * this.#targets.length)]
  }

  #routable(): readonly Endpoint[] {
    const { endpoints, node } = this.#options
    const local = this.#service.spec?.internalTrafficPolicy === 'Local'
    return routable(local ? endpoints().filter((endpoint) => endpoint.node === node) : endpoints())
  }

  #failed(error: unknown): void {
    this.#options.onError(error)
    if (this.#stopped) return
    this.#again = this.#options.clock.setTimeout(() => this.refresh(), listenAgainMs)
  }
}
