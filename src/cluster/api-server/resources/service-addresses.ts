import type { KubeObject, Random } from '../../../kube/index.ts'
import { invalid, unknownFailure } from '../api-error.ts'

interface Service extends KubeObject {
  spec?: {
    type?: string
    clusterIP?: string
    clusterIPs?: string[]
    ports?: { nodePort?: number }[]
  }
}

const firstNodePort = 30_000
const nodePorts = 2768
const addresses = 256 * 254

function allocated({ metadata }: KubeObject, address: string): Error {
  const why = `failed to allocate IP ${address}: provided IP is already allocated`
  const message = `Invalid value: ["${address}"]: ${why}`
  return invalid({ group: '', kind: 'Service' }, metadata.name, [
    { reason: 'FieldValueInvalid', field: 'spec.clusterIPs', message },
  ])
}

/** Cluster addresses and node ports of services: each is given once, from a range, in an order that `random` decides. */
export class ServiceAddresses {
  readonly #prefix: string
  readonly #random: Random
  readonly #used = new Set<string>()

  /** `prefix` of a /16: `10.96`. */
  constructor(random: Random, prefix = '10.96') {
    this.#random = random
    this.#prefix = prefix
  }

  /**
   * Gives a service what its type needs and it does not have yet. Changes `service`.
   * @throws ApiError 422 for an address that another one has.
   */
  assign(service: KubeObject): void {
    const { spec } = service as Service
    if (spec === undefined) return
    const { type = 'ClusterIP' } = spec
    if (type === 'ExternalName') return
    const stated = spec.clusterIP ?? spec.clusterIPs?.[0]
    if (stated !== undefined && this.#used.has(stated)) throw allocated(service, stated)
    if (spec.clusterIP === undefined || spec.clusterIP === '') {
      spec.clusterIP = spec.clusterIPs?.[0] ?? this.#free(addresses, (index) => this.#address(index))
    }
    spec.clusterIPs ??= [spec.clusterIP]
    if (spec.clusterIP !== 'None') this.#used.add(spec.clusterIP)
    if (type !== 'NodePort' && type !== 'LoadBalancer') return
    for (const port of spec.ports ?? []) {
      if (port.nodePort === undefined || port.nodePort === 0) {
        port.nodePort = Number(this.#free(nodePorts, (index) => String(firstNodePort + index)))
      }
      this.#used.add(String(port.nodePort))
    }
  }

  /** An update that does not state a node port keeps the one that was given. Changes `next`. */
  keepNodePorts(next: KubeObject, before: KubeObject): void {
    const { spec } = next as Service
    if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') return
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const nodePort = (before as Service).spec?.ports?.[index]?.nodePort
      if (nodePort !== undefined) port.nodePort ??= nodePort
    }
  }

  release(service: KubeObject): void {
    const { spec } = service as Service
    if (spec?.clusterIP !== undefined) this.#used.delete(spec.clusterIP)
    for (const { nodePort } of spec?.ports ?? []) this.#used.delete(String(nodePort))
  }

  /** The first free one from a random place on. */
  #free(count: number, nameOf: (index: number) => string): string {
    const start = Math.floor(this.#random() * count)
    for (let offset = 0; offset < count; offset++) {
      const name = nameOf((start + offset) % count)
      if (!this.#used.has(name)) return name
    }
    throw unknownFailure('the range of service addresses is full')
  }

  /** Never the first or last of a block, which many take for network and broadcast. */
  #address(index: number): string {
    return `${this.#prefix}.${Math.floor(index / 254)}.${1 + (index % 254)}`
  }
}
